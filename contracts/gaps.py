"""What blocks signing, said in the reader's language; `clauses.missing` is pure and knows no languages."""

from collections.abc import Sequence
from typing import Final

from django.utils.translation import get_language, gettext_noop, pgettext
from django.utils.translation import gettext as _t

from contracts.clauses import Missing
from contracts.clauses.standard_v1 import CLAUSES

# Every reason of contracts.clauses.completeness; a test compares the two.
REASONS: Final = (
    gettext_noop("This is not filled in"),
    gettext_noop("This must be at least 1"),
    gettext_noop("Supplier and buyer are the same organisation"),
    gettext_noop("The kind of source is not stated"),
    gettext_noop("The fingerprint of the file is not stated"),
    gettext_noop("State which rights the supplier has: hold, use, operate"),
    gettext_noop("Nothing is permitted"),
    gettext_noop("The purpose of use is not stated"),
    gettext_noop("The term of use is not stated"),
    gettext_noop("The territory of use is not stated"),
    gettext_noop("The method of use is not stated"),
    gettext_noop("The price must be zero or more"),
    gettext_noop("The currency is not stated"),
    gettext_noop("The tax rate is not stated"),
    gettext_noop("The policy states another price"),
    gettext_noop("The kinds of personal information are not stated"),
    gettext_noop("Personal information needs a definite purpose"),
    gettext_noop("Nothing is said about deletion at the end"),
    gettext_noop("Neither court nor arbitration is chosen"),
)
_TITLES: Final = {clause.code: (number, clause.title) for number, clause in enumerate(CLAUSES, start=1)}


def sentence(gap: Missing) -> str:
    """One gap with the number and title of its clause."""
    number, title = _TITLES[gap.clause]
    shown = title.zh if (get_language() or "").startswith("zh") else title.en
    return _t("Clause %(number)d, %(title)s: %(reason)s (%(field)s)") % {
        "number": number,
        "title": shown,
        "reason": _t(gap.reason),
        "field": gap.field,
    }


def sentences(gaps: Sequence[Missing]) -> str:
    """All gaps in one text, for the detail of a refusal."""
    return pgettext("between gaps", "; ").join(sentence(gap) for gap in gaps)
