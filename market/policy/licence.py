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

DAYS_MAX: Final = 36_500
USES_MAX: Final = 1_000_000_000
ITEMS_MAX: Final = 100
TEXT_MAX: Final = 500

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
        limits.append(_constraint(Operand.ELAPSED_TIME, Operator.LTEQ, Value(f"P{terms.term_days}D", "xsd:duration")))
    if terms.uses_max is not None:
        limits.append(_constraint(Operand.COUNT, Operator.LTEQ, Value(str(terms.uses_max), "xsd:integer")))
    for operand, operator, texts in (
        (Operand.PURPOSE, Operator.IS_ANY_OF, terms.purposes),
        (Operand.RECIPIENT, Operator.IS_ANY_OF, terms.recipients),
        (Operand.SPATIAL, Operator.IS_PART_OF, terms.territory),
    ):
        if texts:
            limits.append(_constraint(operand, operator, tuple(Value(text) for text in texts)))
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
    limit = _constraint(Operand.ELAPSED_TIME, Operator.LTEQ, Value(period, "xsd:duration"))
    return Rule(RuleKind.OBLIGATION, action, (limit,))


def _constraint(left: Operand, operator: Operator, right: Value | tuple[Value, ...]) -> Constraint:
    return Constraint(left, operator, right)


def _period(duty: Rule | None) -> tuple[str, ...] | None:
    limits = duty.constraints if duty else ()
    return limits[0].texts if len(limits) == 1 and isinstance(limits[0], Constraint) else None


def _number(pattern: re.Pattern[str], texts: tuple[str, ...] | None) -> int | None:
    match = pattern.fullmatch(texts[0]) if texts is not None and len(texts) == 1 else None
    return int(match[1]) if match else None


def _check(terms: UsageTerms) -> None:
    problems: list[Problem] = []
    for name, number, most in (
        ("term_days", terms.term_days, DAYS_MAX),
        ("uses_max", terms.uses_max, USES_MAX),
        ("delete_within_days", terms.delete_within_days, DAYS_MAX),
        ("incident_report_hours", terms.incident_report_hours, 8_760),
    ):
        if number is not None and not 1 <= number <= most:
            problems.append(
                Problem(name, "out_of_range", f"{number} is not between 1 and {most}", f"Write 1 to {most}")
            )
    for name, texts in (
        ("purposes", terms.purposes),
        ("recipients", terms.recipients),
        ("territory", terms.territory),
    ):
        if len(texts) > ITEMS_MAX or len(set(texts)) != len(texts) or not all(_is_text(text) for text in texts):
            problems.append(
                Problem(
                    name,
                    "bad_list",
                    f"{name} has an empty, repeated or too long entry",
                    f"Write at most {ITEMS_MAX} different entries of at most {TEXT_MAX} characters",
                )
            )
    for code in terms.territory:
        if not _TERRITORY.fullmatch(code):
            problems.append(
                Problem(
                    "territory",
                    "unknown_territory",
                    f"{code} is no territory code",
                    f"Write CN, CN-140100 or {WORLD} for the world",
                )
            )
    if terms.attribution and not _is_text(terms.attribution):
        problems.append(
            Problem(
                "attribution",
                "bad_text",
                "The name to attribute is too long or not readable",
                f"Write at most {TEXT_MAX} characters",
            )
        )
    if problems:
        raise PolicyInvalid(problems)


def _is_text(text: str) -> bool:
    return 0 < len(text) <= TEXT_MAX and text == text.strip() and text.isprintable()
