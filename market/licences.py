"""A usage policy for readers: its plain words and the faults of the supplier's form, in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from market.kernel.errors import FieldProblem, Text
from market.policy import ANY_LAWFUL, WORLD, Phrase, Plain, PolicyInvalid, Problem, values

# Every code of policy.CODES that is a line of its own; a test compares the two. The columns say may, may not and
# must, so that the sentences do not.
SENTENCES: Final[Mapping[str, Text]] = {
    "use_any_purpose": _("Use for any lawful purpose"),
    "use_for": _("Use for %(purposes)s"),
    "read": _("Read the data"),
    "aggregate": _("Compute aggregates"),
    "display": _("Display the data"),
    "derive": _("Make derivatives"),
    "distribute": _("Provide the data to others"),
    "delete": _("Delete the data"),
    "action_if": _("%(action)s, provided that %(limits)s"),
    "no_use": _("Use the data"),
    "no_read": _("Read the data"),
    "no_aggregate": _("Compute aggregates"),
    "no_display": _("Display the data"),
    "no_derive": _("Make derivatives"),
    "no_distribute": _("Resell or publish the original data"),
    "no_delete": _("Delete the data"),
    "no_action_if": _("%(action)s if %(limits)s"),
    "not_after_days": _("Use later than %(days)s days after conclusion"),
    "not_after_period": _("Use later than %(period)s after conclusion"),
    "not_after": _("Use after %(until)s"),
    "not_before": _("Use before %(start)s"),
    "not_more_than": _("Use more than %(count)s times"),
    "not_for": _("Use for %(purposes)s"),
    "not_by_others": _("Use by others than %(recipients)s"),
    "not_outside": _("Use outside %(regions)s"),
    "not_by_other_industries": _("Use by industries other than %(industries)s"),
    "nothing_else": _("Anything that is not listed"),
    "attribute": _("Name the source"),
    "attribute_party": _("Name the source %(party)s"),
    "delete_after_term": _("Delete when the term ends and file a receipt"),
    "delete_within_days": _("Delete within %(days)s days after the term and file a receipt"),
    "report_incidents": _("Report a leak to the market at once"),
    "report_within_hours": _("Report a leak to the market within %(hours)s hours"),
    "pay": _("Pay %(amount)s %(unit)s"),
    "duty_if": _("%(action)s if %(limits)s"),
    "limit": _("%(operand)s %(operator)s %(values)s"),
    "all_of": _("all of (%(limits)s)"),
    "any_of": _("at least one of (%(limits)s)"),
    "exactly_one_of": _("exactly one of (%(limits)s)"),
}
ACTIONS: Final[Mapping[str, Text]] = {
    "use": _("Use the data"),
    "read": _("Read the data"),
    "aggregate": _("Compute aggregates"),
    "derive": _("Make derivatives"),
    "distribute": _("Provide the data to others"),
    "display": _("Display the data"),
    "delete": _("Delete the data"),
    "compensate": _("Pay"),
    "attribute": _("Name the source"),
    "inform": _("Report to the market"),
}
_OPERANDS: Final[Mapping[str, Text]] = {
    "dateTime": _("the time"),
    "elapsedTime": _("the time since conclusion"),
    "count": _("the number of uses"),
    "purpose": _("the declared purpose"),
    "spatial": _("the region"),
    "recipient": _("the recipient"),
    "industry": _("the industry"),
    "payAmount": _("the amount"),
}
_OPERATORS: Final[Mapping[str, Text]] = {
    "eq": _("is"),
    "neq": _("is not"),
    "lt": _("is less than"),
    "lteq": _("is at most"),
    "gt": _("is more than"),
    "gteq": _("is at least"),
    "isAnyOf": _("is one of"),
    "isNoneOf": _("is none of"),
    "isAllOf": _("is all of"),
    "isPartOf": _("lies in"),
    "hasPart": _("includes"),
    "isA": _("is a"),
}
# Of the form alone; a policy document comes from a program and is refused in the language of the protocol.
_FAULTS: Final[Mapping[str, tuple[Text, Text]]] = {
    "out_of_range": (_("is not a whole number from 1 to %(most)s"), _("write 1 to %(most)s, or leave it empty")),
    "repeated": (_("has an entry twice"), _("leave the second one out")),
    "bad_list": (_("is not a list of short texts"), _("at most %(items)s entries of %(length)s characters")),
    "not_a_flag": (_("is neither yes nor no"), _("choose one")),
    "bad_text": (_("is not a short readable text"), _("at most %(length)s characters, without line breaks")),
    "unknown_territory": (_("%(code)s is no territory code"), _("for example CN, CN-140100, or 001 for the world")),
}


@dataclass(frozen=True, slots=True)
class Sentences:
    """The three columns of a licence in plain words."""

    may: Sequence[str]
    may_not: Sequence[str]
    must: Sequence[str]


def sentences(plain: Plain) -> Sentences:
    """What `policy.words` answered, said in the reader's language."""
    return Sentences(*([sentence(phrase) for phrase in part] for part in (plain.may, plain.may_not, plain.must)))


def sentence(phrase: Phrase) -> str:
    """One line of a column."""
    return str(SENTENCES[phrase.code]) % {name: _shown(name, found) for name, found in phrase.params.items()}


def fields(error: PolicyInvalid, prefix: str = "") -> list[FieldProblem]:
    """The problems of a refused form or document, for `Invalid`; `prefix` stands before each path (`usage.`)."""
    return [_field(problem, prefix) for problem in error.problems]


def _field(problem: Problem, prefix: str) -> FieldProblem:
    reason, fix = _FAULTS.get(problem.code, (problem.reason, problem.fix))
    if problem.code in _FAULTS:
        reason, fix = str(reason) % problem.params, str(fix) % problem.params
    return FieldProblem(field=f"{prefix}{problem.path}", reason=str(reason), fix=str(fix))


def _shown(name: str, found: object) -> str:
    if name == "action":
        return str(ACTIONS[str(found)])
    if name in ("operand", "operator"):
        return str((_OPERANDS if name == "operand" else _OPERATORS)[str(found)])
    if name in ("until", "start"):
        return _day_or_time(str(found))
    if not isinstance(found, tuple):
        return str(found)
    if name == "limits":
        return _joined([sentence(part) for part in found if isinstance(part, Phrase)], pgettext("between limits", "; "))
    naming = {"regions": _region, "purposes": _purpose}.get(name, str)
    return _joined([naming(each) for each in found])


def _joined(texts: Sequence[str], between: str | None = None) -> str:
    return (pgettext("between names", ", ") if between is None else between).join(texts)


def _day_or_time(text: str) -> str:
    moment = values.moment(text)
    if moment is None or moment.end is not None:
        return text
    return moment.start.astimezone(values.CHINA).strftime("%Y-%m-%d %H:%M")


def _purpose(text: str) -> str:
    return _t("any lawful purpose") if text == ANY_LAWFUL else text


def _region(code: str) -> str:
    if code == WORLD:
        return _t("the world")
    if code == "CN":
        return _t("China")
    return _t("the region %(code)s") % {"code": code}
