"""A policy in plain words: what the buyer may do, may not do and must do, as codes that pages translate.

Everything said here is read from the policy itself, so that page, agreement and enforcement cannot part.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from market.policy import values
from market.policy.evaluation import covers
from market.policy.language import (
    ANY_LAWFUL,
    Action,
    Condition,
    Constraint,
    Logical,
    Operand,
    Operator,
    Policy,
    Rule,
    Value,
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """One sentence to be said, by its code (see CODES) and what fills it."""

    code: str
    params: Mapping[str, "Param"] = field(default_factory=dict)


Param = str | int | tuple[str, ...] | tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Plain:
    """The three columns 可以, 不可以, 必须."""

    may: tuple[Phrase, ...]
    may_not: tuple[Phrase, ...]
    must: tuple[Phrase, ...]


# Every code that `words` can answer, with its parameters. A test of the pages walks this table.
CODES: Final[Mapping[str, tuple[str, ...]]] = {
    # may
    "use_any_purpose": (),
    "use_for": ("purposes",),
    "read": (), "aggregate": (), "display": (), "derive": (), "distribute": (), "delete": (),
    "action_if": ("action", "limits"),
    # may not
    "no_use": (), "no_read": (), "no_aggregate": (), "no_display": (), "no_derive": (), "no_distribute": (),
    "no_delete": (),
    "no_action_if": ("action", "limits"),
    "not_after_days": ("days",),
    "not_after_period": ("period",),
    "not_after": ("until",),
    "not_before": ("start",),
    "not_more_than": ("count",),
    "not_for": ("purposes",),
    "not_by_others": ("recipients",),
    "not_outside": ("regions",),
    "not_by_other_industries": ("industries",),
    "nothing_else": (),
    # must
    "attribute": (), "attribute_party": ("party",),
    "delete_after_term": (), "delete_within_days": ("days",),
    "report_incidents": (), "report_within_hours": ("hours",),
    "pay": ("amount", "unit"),
    "duty_if": ("action", "limits"),
    # the limits of an action_if
    "limit": ("operand", "operator", "values"),
    "all_of": ("limits",), "any_of": ("limits",), "exactly_one_of": ("limits",),
}  # fmt: skip

_SAID_OF_USE: Final = (Action.DERIVE, Action.DISTRIBUTE)
_DAYS = re.compile(r"P(\d+)D", re.ASCII)
_HOURS = re.compile(r"PT(\d+)H", re.ASCII)


def words(policy: Policy, *, agreed_at: datetime | None = None) -> Plain:
    """The policy in plain words. With `agreed_at` the term ends at a moment (UTC), else after a period."""
    may: list[Phrase] = []
    may_not: list[Phrase] = []
    simple = policy.permissions[0] if len(policy.permissions) == 1 else None
    limits = None if simple is None else _plain_limits(simple, agreed_at)
    if simple is not None and limits is not None:
        may.extend(_plain_permission(simple, policy))
        may_not.extend(limits)
    else:
        may.extend(_if("action_if", rule) for rule in policy.permissions)
    for rule in policy.prohibitions:
        may_not.append(_if("no_action_if", rule) if rule.constraints else Phrase(f"no_{rule.action}"))
    if not any(rule.action is Action.USE for rule in policy.permissions):
        may_not.append(Phrase("nothing_else"))
    duties = [duty for rule in policy.permissions for duty in rule.duties]
    return Plain(tuple(may), tuple(may_not), tuple(_duty(rule) for rule in [*policy.obligations, *duties]))


def _plain_permission(rule: Rule, policy: Policy) -> Sequence[Phrase]:
    prohibited = [found.action for found in policy.prohibitions]
    if rule.action is not Action.USE:
        return [Phrase(rule.action.value)]
    purposes = next((found.texts for found in _atoms(rule) if _allows_purposes(found)), ())
    said = (
        [Phrase("use_any_purpose")]
        if not purposes or ANY_LAWFUL in purposes
        else [Phrase("use_for", {"purposes": purposes})]
    )
    # A prohibition with conditions of its own is said among what may not be done.
    said += [Phrase(part.value) for part in _SAID_OF_USE if not any(covers(action, part) for action in prohibited)]
    return said


def _atoms(rule: Rule) -> Sequence[Constraint]:
    return [part for part in rule.constraints if isinstance(part, Constraint)]


def _allows_purposes(found: Constraint) -> bool:
    positive = {Operator.EQ, Operator.IS_ANY_OF, Operator.IS_A, Operator.IS_PART_OF}
    return found.left is Operand.PURPOSE and found.operator in positive


def _plain_limits(rule: Rule, agreed_at: datetime | None) -> Sequence[Phrase] | None:
    """The limits turned into what may not be done; None if one cannot be said that simply."""
    said: list[Phrase] = []
    seen: set[Operand] = set()
    for part in rule.constraints:
        if not isinstance(part, Constraint) or part.left in seen:
            return None
        seen.add(part.left)
        if _allows_purposes(part):
            if rule.action is not Action.USE:  # only `use` has a phrase that names purposes
                return None
            continue
        phrase = _plain_limit(part, agreed_at)
        if phrase is None:
            return None
        said.append(phrase)
    return said


def _plain_limit(found: Constraint, agreed_at: datetime | None) -> Phrase | None:
    texts = found.texts
    one_of = {Operator.EQ, Operator.IS_ANY_OF, Operator.IS_A, Operator.IS_PART_OF}
    none_of = {Operator.NEQ, Operator.IS_NONE_OF}
    match found.left, found.operator:
        case Operand.ELAPSED_TIME, Operator.LTEQ:
            return _end(texts[0], agreed_at)
        case Operand.DATE_TIME, Operator.LTEQ:
            return Phrase("not_after", {"until": texts[0]})
        case Operand.DATE_TIME, Operator.GTEQ:
            return Phrase("not_before", {"start": texts[0]})
        case Operand.COUNT, Operator.LTEQ:
            return Phrase("not_more_than", {"count": int(texts[0])})
        case Operand.PURPOSE, operator if operator in none_of:
            return Phrase("not_for", {"purposes": texts})
        case Operand.RECIPIENT, operator if operator in one_of:
            return Phrase("not_by_others", {"recipients": texts})
        case Operand.SPATIAL, operator if operator in one_of:
            return Phrase("not_outside", {"regions": texts})
        case Operand.INDUSTRY, operator if operator in one_of:
            return Phrase("not_by_other_industries", {"industries": texts})
    return None


def _end(period: str, agreed_at: datetime | None) -> Phrase:
    duration = values.duration(period)
    if agreed_at is not None and duration is not None:
        until = duration.after(agreed_at).astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        return Phrase("not_after", {"until": until})
    if match := _DAYS.fullmatch(period):
        return Phrase("not_after_days", {"days": int(match[1])})
    return Phrase("not_after_period", {"period": period})


def _duty(rule: Rule) -> Phrase:
    limit = rule.constraints[0] if len(rule.constraints) == 1 else None
    period = limit.texts[0] if isinstance(limit, Constraint) and _is_deadline(limit) else ""
    if rule.action is Action.ATTRIBUTE and not rule.constraints:
        party = rule.attributed_party
        return Phrase("attribute_party", {"party": party}) if party else Phrase("attribute")
    if rule.action is Action.DELETE:
        if not rule.constraints:
            return Phrase("delete_after_term")
        if match := _DAYS.fullmatch(period):
            return Phrase("delete_within_days", {"days": int(match[1])})
    if rule.action is Action.INFORM:
        if not rule.constraints:
            return Phrase("report_incidents")
        if match := _HOURS.fullmatch(period):
            return Phrase("report_within_hours", {"hours": int(match[1])})
    if rule.action is Action.COMPENSATE and isinstance(limit, Constraint):
        return Phrase("pay", {"amount": limit.texts[0], "unit": limit.unit or ""})
    return _if("duty_if", rule)


def _is_deadline(found: Constraint) -> bool:
    return found.left is Operand.ELAPSED_TIME and found.operator is Operator.LTEQ and isinstance(found.right, Value)


def _if(code: str, rule: Rule) -> Phrase:
    return Phrase(code, {"action": rule.action.value, "limits": tuple(_limit(part) for part in rule.constraints)})


def _limit(part: Condition) -> Phrase:
    if isinstance(part, Logical):
        code = {"or": "any_of", "xone": "exactly_one_of"}.get(part.connective.value, "all_of")
        return Phrase(code, {"limits": tuple(_limit(inner) for inner in part.parts)})
    return Phrase("limit", {"operand": part.left.value, "operator": part.operator.value, "values": part.texts})
