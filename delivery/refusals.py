"""Why the policy said no, as a sentence for people."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from market.kernel.errors import Text
from market.policy import Decision

# Every code that `policy.evaluate` can refuse with; a test compares this table with its source.
SENTENCES: Final[Mapping[str, Text]] = {
    "prohibited": _("The agreement prohibits this action: %(action)s."),
    "no_permission": _("The agreement has no permission for this action: %(action)s."),
    "fact_unknown": _("The agreement asks for a fact that is not known here: %(operand)s."),
    "more_than_one_holds": _("The agreement allows only one of several conditions to hold, and %(count)s do."),
    "term_ended": _("The term of the agreement ended at %(until)s."),
    "term_not_started": _("The term of the agreement begins at %(from)s."),
    "time_excluded": _("The agreement excludes this moment: %(at)s."),
    "count_exhausted": _("The agreement allows %(limit)s uses, and %(used)s are taken."),
    "count_not_reached": _("This clause begins with use number %(first)s; %(used)s are taken."),
    "purpose_not_declared": _("Declare a purpose. Allowed: %(allowed)s."),
    "purpose_not_allowed": _("The purpose %(declared)s is not allowed. Allowed: %(allowed)s."),
    "recipient_not_allowed": _("The recipient %(recipient)s is not allowed. Allowed: %(allowed)s."),
    "region_not_allowed": _("The region %(region)s is not allowed. Allowed: %(allowed)s."),
    "industry_not_allowed": _("The industry %(industry)s is not allowed. Allowed: %(allowed)s."),
}


def sentence(decision: Decision) -> str:
    """The refusal in the reader's language, with the place of the clause in the signed policy."""
    none = _t("not stated")
    shown = {name: ", ".join(value) if isinstance(value, tuple) else value for name, value in decision.params.items()}
    if "excluded" in shown:
        shown["allowed"] = _t("any but %(excluded)s") % {"excluded": shown["excluded"]}
    shown["allowed"] = shown.get("allowed") or none
    said = str(SENTENCES[decision.code]) % shown
    return f"{said} ({decision.clause})" if decision.clause else said
