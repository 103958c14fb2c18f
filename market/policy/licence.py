"""The simple form that a supplier fills in, and the policy it stands for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from market.policy.errors import PolicyInvalid, Problem
from market.policy.language import (
    WORLD,
    Action,
    Condition,
    Constraint,
    Operand,
    Operator,
    Policy,
    PolicyType,
    Rule,
    RuleKind,
    Value,
)
from market.policy.reading import shown

DAYS_MAX: Final = 36_500
USES_MAX: Final = 1_000_000_000
HOURS_MAX: Final = 8_760
ITEMS_MAX: Final = 100
TEXT_MAX: Final = 500

_NUMBERS: Final = {
    "term_days": DAYS_MAX,
    "uses_max": USES_MAX,
    "delete_within_days": DAYS_MAX,
    "incident_report_hours": HOURS_MAX,
}
_TERRITORY = re.compile(rf"{WORLD}|[A-Z]{{2}}(-\d{{6}})?", re.ASCII)
_DAYS = re.compile(r"P(\d{1,6})D", re.ASCII)
_HOURS = re.compile(r"PT(\d{1,6})H", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageTerms:
    """What a supplier allows and asks for. None or empty means that the policy does not speak of it."""

    term_days: int | None = 365  # days of 24 hours from the moment of agreement
    uses_max: int | None = None
    purposes: tuple[str, ...] = ()  # each request declares one of them; ANY_LAWFUL for all
    recipients: tuple[str, ...] = ()  # urns of the organisations that may hold the data
    territory: tuple[str, ...] = ("CN",)  # ISO 3166-1, or with a GB/T 2260 code (CN-140100), or WORLD
    may_derive: bool = True
    may_redistribute: bool = False
    attribution: str = ""  # whom to name when results are shown
    delete_within_days: int | None = 30  # after the term ends
    incident_report_hours: int | None = 24  # after a leak or other incident is found


def build(terms: UsageTerms) -> Policy:
    """The policy for these terms: a template without id or parties (`as_offer` and `as_agreement` add them).

    Raises PolicyInvalid naming each field that is out of range.
    """
    _check(terms)
    prohibited = [
        action
        for action, is_allowed in (
            (Action.DISTRIBUTE, terms.may_redistribute),
            (Action.DERIVE, terms.may_derive),
        )
        if not is_allowed
    ]
    return Policy(
        permissions=(Rule(RuleKind.PERMISSION, Action.USE, tuple(_limits(terms))),),
        prohibitions=tuple(Rule(RuleKind.PROHIBITION, action) for action in prohibited),
        obligations=tuple(_duties(terms)),
    )


def terms_of(policy: Policy) -> UsageTerms | None:
    """The simple terms that `build` to exactly these rules; None for a policy beyond the form."""
    if len(policy.permissions) != 1:
        return None
    found: dict[Operand, tuple[str, ...]] = {
        part.left: part.texts for part in policy.permissions[0].constraints if isinstance(part, Constraint)
    }
    duties = {rule.action: rule for rule in policy.obligations}
    prohibited = {rule.action for rule in policy.prohibitions}
    attribute = duties.get(Action.ATTRIBUTE)
    terms = UsageTerms(
        term_days=_number(_DAYS, found.get(Operand.ELAPSED_TIME)),
        uses_max=_number(re.compile(r"(\d{1,12})", re.ASCII), found.get(Operand.COUNT)),
        purposes=found.get(Operand.PURPOSE, ()),
        recipients=found.get(Operand.RECIPIENT, ()),
        territory=found.get(Operand.SPATIAL, ()),
        may_derive=Action.DERIVE not in prohibited,
        may_redistribute=Action.DISTRIBUTE not in prohibited,
        attribution=(attribute.attributed_party or "") if attribute else "",
        delete_within_days=_number(_DAYS, _period(duties.get(Action.DELETE))),
        incident_report_hours=_number(_HOURS, _period(duties.get(Action.INFORM))),
    )
    try:
        rebuilt = build(terms)
    except PolicyInvalid:
        return None
    return terms if rebuilt.rules == policy.rules else None


def as_offer(policy: Policy, *, id: str, target: str | None = None) -> Policy:
    """The policy as an offer. In a catalogue it has no target; in a message it must have one (DSP 2025-1)."""
    return replace(policy, type=PolicyType.OFFER, id=id, target=target, assigner=None, assignee=None, timestamp=None)


def as_agreement(policy: Policy, *, id: str, target: str, assigner: str, assignee: str, at: datetime | None) -> Policy:
    """The policy as two parties agreed it; `at` is left out while the moment of agreement is not known."""
    timestamp = None if at is None else at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return replace(
        policy,
        type=PolicyType.AGREEMENT,
        id=id,
        target=target,
        assigner=assigner,
        assignee=assignee,
        timestamp=timestamp,
    )


def _limits(terms: UsageTerms) -> Sequence[Condition]:
    limits: list[Condition] = []
    if terms.term_days is not None:
        limits.append(Constraint(Operand.ELAPSED_TIME, Operator.LTEQ, Value(f"P{terms.term_days}D", "xsd:duration")))
    if terms.uses_max is not None:
        limits.append(Constraint(Operand.COUNT, Operator.LTEQ, Value(str(terms.uses_max), "xsd:integer")))
    for operand, operator, texts in (
        (Operand.PURPOSE, Operator.IS_ANY_OF, terms.purposes),
        (Operand.RECIPIENT, Operator.IS_ANY_OF, terms.recipients),
        (Operand.SPATIAL, Operator.IS_PART_OF, terms.territory),
    ):
        if texts:
            limits.append(Constraint(operand, operator, tuple(Value(text) for text in texts)))
    return limits


def _duties(terms: UsageTerms) -> Sequence[Rule]:
    duties: list[Rule] = []
    if terms.attribution:
        duties.append(Rule(RuleKind.OBLIGATION, Action.ATTRIBUTE, attributed_party=terms.attribution))
    if terms.delete_within_days is not None:
        duties.append(_within(Action.DELETE, f"P{terms.delete_within_days}D"))
    if terms.incident_report_hours is not None:
        duties.append(_within(Action.INFORM, f"PT{terms.incident_report_hours}H"))
    return duties


def _within(action: Action, period: str) -> Rule:
    # In a duty the elapsed time runs from what calls for it: the end of the term, or the incident.
    limit = Constraint(Operand.ELAPSED_TIME, Operator.LTEQ, Value(period, "xsd:duration"))
    return Rule(RuleKind.OBLIGATION, action, (limit,))


def _period(duty: Rule | None) -> tuple[str, ...] | None:
    limits = duty.constraints if duty else ()
    return limits[0].texts if len(limits) == 1 and isinstance(limits[0], Constraint) else None


def _number(pattern: re.Pattern[str], texts: tuple[str, ...] | None) -> int | None:
    match = pattern.fullmatch(texts[0]) if texts is not None and len(texts) == 1 else None
    return int(match[1]) if match else None


def _check(terms: UsageTerms) -> None:
    # The form arrives from outside as JSON: every field may hold anything.
    problems = [
        *(_number_problem(name, getattr(terms, name), most) for name, most in _NUMBERS.items()),
        *(_list_problem(name, getattr(terms, name)) for name in ("purposes", "recipients", "territory")),
        *(_flag_problem(name, getattr(terms, name)) for name in ("may_derive", "may_redistribute")),
        None if terms.attribution == "" else _text_problem("attribution", terms.attribution),
    ]
    found = [problem for problem in problems if problem is not None]
    if not found:
        found = [_territory_problem(code) for code in terms.territory if not _TERRITORY.fullmatch(code)]
    if found:
        raise PolicyInvalid(found)


def _number_problem(name: str, found: object, most: int) -> Problem | None:
    if found is None or (type(found) is int and 1 <= found <= most):
        return None
    reason = f"{shown(found)} is not a whole number from 1 to {most}"
    return Problem(name, "out_of_range", reason, f"Write 1 to {most}", {"most": most})


def _list_problem(name: str, found: object) -> Problem | None:
    if isinstance(found, tuple) and len(found) <= ITEMS_MAX and all(_is_text(each) for each in found):
        if len(set(found)) == len(found):
            return None
        return Problem(name, "repeated", "An entry stands twice", "Leave the second one out")
    return Problem(
        name,
        "bad_list",
        f"This is not a list of at most {ITEMS_MAX} short texts",
        f"Write texts of at most {TEXT_MAX} characters, without line breaks",
        {"items": ITEMS_MAX, "length": TEXT_MAX},
    )


def _flag_problem(name: str, found: object) -> Problem | None:
    if type(found) is bool:
        return None
    return Problem(name, "not_a_flag", "This is neither yes nor no", "Write true or false")


def _text_problem(name: str, found: object) -> Problem | None:
    if _is_text(found):
        return None
    fix = f"Write at most {TEXT_MAX} characters, without line breaks"
    return Problem(name, "bad_text", "This is not a short readable text", fix, {"length": TEXT_MAX})


def _territory_problem(code: str) -> Problem:
    fix = f"Write CN, CN-140100 or {WORLD} for the world"
    return Problem("territory", "unknown_territory", f"{shown(code)} is no territory code", fix, {"code": code})


def _is_text(found: object) -> bool:
    return isinstance(found, str) and 0 < len(found) <= TEXT_MAX and found == found.strip() and found.isprintable()
