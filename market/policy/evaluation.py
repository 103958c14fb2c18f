"""May this be done? The one place that answers: default deny, a prohibition wins, unknown is no."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from market.policy import values
from market.policy.language import (
    ANY_LAWFUL,
    USES,
    WORLD,
    Action,
    Condition,
    Connective,
    Constraint,
    Decision,
    Logical,
    Operand,
    Operator,
    Parameter,
    Policy,
    Request,
    Rule,
)

# ODRL 2.2 vocabulary: every action here is included in `use`, so `use` permits and forbids them all.
_UMBRELLA: Final = Action.USE


@dataclass(frozen=True, slots=True)
class _Finding:
    """What one condition says: yes, no, or None where a fact is unknown; and why it does not hold."""

    holds: bool | None
    code: str = ""
    params: Mapping[str, Parameter] | None = None
    clause: str = ""


def evaluate(policy: Policy, request: Request) -> Decision:
    """Decide one request. Never raises for a policy that `parse` or `build` made.

    A prohibition stops the request unless its condition is known to be false. A permission lets it pass
    only if every condition is known to be true. Of several permissions that fail, the one that came nearest
    gives the reason. Duties (payment, naming, deletion) are other rooms' business. Who the assignee is,
    the grant says. Ask for the narrowest action: `use` asks for access as such.
    """
    for index, rule in enumerate(policy.prohibitions):
        clause = f"prohibition[{index}]"
        if covers(rule.action, request.action) and _all(rule.constraints, request, clause).holds is not False:
            return Decision(False, "prohibited", {"action": str(request.action)}, rule, clause)
    nearest: tuple[int, _Finding] | None = None
    for index, rule in enumerate(policy.permissions):
        if not covers(rule.action, request.action):
            continue
        clause = f"permission[{index}]"
        finding = _all(rule.constraints, request, clause)
        if finding.holds:
            return Decision(True, "allowed", {}, rule, clause)
        met = _met(rule, request)
        if nearest is None or met > nearest[0]:
            nearest = (met, finding)
    if nearest is None:
        return Decision(False, "no_permission", {"action": str(request.action)})
    finding = nearest[1]
    return Decision(False, finding.code, finding.params or {}, None, finding.clause)


def covers(stated: Action, asked: Action | str) -> bool:
    """Does a rule about `stated` speak of `asked`?"""
    return asked == stated or (stated is _UMBRELLA and asked in USES)


def _met(rule: Rule, request: Request) -> int:
    return sum(1 for part in rule.constraints if _check(part, request, "").holds)


def _all(parts: Sequence[Condition], request: Request, clause: str) -> _Finding:
    findings = [_check(part, request, f"{clause}.constraint[{index}]") for index, part in enumerate(parts)]
    return _conjunction(findings)


def _conjunction(findings: Sequence[_Finding]) -> _Finding:
    failed = [finding for finding in findings if finding.holds is False]
    unknown = [finding for finding in findings if finding.holds is None]
    return (failed + unknown + [_Finding(True)])[0]


def _check(part: Condition, request: Request, clause: str) -> _Finding:
    if isinstance(part, Constraint):
        return _CHECKS[part.left](part, request, clause)
    findings = [
        _check(inner, request, f"{clause}.{part.connective}[{index}]") for index, inner in enumerate(part.parts)
    ]
    if part.connective in (Connective.AND, Connective.AND_SEQUENCE):
        return _conjunction(findings)
    return _alternatives(part, findings, clause)


def _alternatives(part: Logical, findings: Sequence[_Finding], clause: str) -> _Finding:
    true = sum(1 for finding in findings if finding.holds)
    unknown = [finding for finding in findings if finding.holds is None]
    if part.connective is Connective.XONE and true > 1:
        return _Finding(False, "more_than_one_holds", {"count": true}, clause)
    if part.connective is Connective.OR and true:
        return _Finding(True)
    if unknown:  # one more true could still change the answer
        return unknown[0]
    return _Finding(True) if true else findings[0]


# --- the facts ---


def _unknown(found: Constraint, clause: str) -> _Finding:
    return _Finding(None, "fact_unknown", {"operand": found.left.value}, clause)


def _date_time(found: Constraint, request: Request, clause: str) -> _Finding:
    moment = values.moment(found.texts[0])
    if moment is None:
        return _unknown(found, clause)
    return _in_time(found, moment, request.at, found.texts[0], clause)


def _elapsed_time(found: Constraint, request: Request, clause: str) -> _Finding:
    duration = values.duration(found.texts[0])
    if request.agreed_at is None or duration is None:
        return _unknown(found, clause)
    limit = duration.after(request.agreed_at)
    return _in_time(found, values.Moment(limit), request.at, _written(limit), clause)


def _in_time(found: Constraint, moment: values.Moment, at: datetime, limit: str, clause: str) -> _Finding:
    before, over = moment.is_after(at), moment.is_over(at)
    holds = {
        Operator.LT: before,
        Operator.LTEQ: not over,
        Operator.GT: over,
        Operator.GTEQ: not before,
        Operator.EQ: not before and not over,
        Operator.NEQ: before or over,
    }.get(found.operator)
    if holds is None:
        return _unknown(found, clause)
    if holds:
        return _Finding(True)
    if found.operator in (Operator.LT, Operator.LTEQ) or (found.operator is Operator.EQ and over):
        return _Finding(False, "term_ended", {"until": limit}, clause)
    if found.operator is Operator.NEQ:
        return _Finding(False, "time_excluded", {"at": limit}, clause)
    return _Finding(False, "term_not_started", {"from": limit}, clause)


def _count(found: Constraint, request: Request, clause: str) -> _Finding:
    limit = values.count(found.texts[0])
    if request.use_count is None or limit is None:
        return _unknown(found, clause)
    ordinal = request.use_count + 1  # the use asked for is counted with those taken
    if found.operator in (Operator.LT, Operator.LTEQ):
        last = limit if found.operator is Operator.LTEQ else limit - 1
        params: Mapping[str, Parameter] = {"limit": max(last, 0), "used": request.use_count}
        return _Finding(ordinal <= last, "count_exhausted", params, clause)
    first = limit if found.operator is Operator.GTEQ else limit + 1
    return _Finding(ordinal >= first, "count_not_reached", {"first": first, "used": request.use_count}, clause)


def _purpose(found: Constraint, request: Request, clause: str) -> _Finding:
    if not request.purpose:
        allowed = found.texts if _is_positive(found) else ()
        return _Finding(None, "purpose_not_declared", {"allowed": allowed}, clause)
    return _term(found, request.purpose, "purpose_not_allowed", "declared", clause)


def _spatial(found: Constraint, request: Request, clause: str) -> _Finding:
    return _term(found, request.region, "region_not_allowed", "region", clause)


def _recipient(found: Constraint, request: Request, clause: str) -> _Finding:
    return _term(found, request.recipient, "recipient_not_allowed", "recipient", clause)


def _industry(found: Constraint, request: Request, clause: str) -> _Finding:
    return _term(found, request.claims.get("industry"), "industry_not_allowed", "industry", clause)


def _pay_amount(found: Constraint, request: Request, clause: str) -> _Finding:
    return _unknown(found, clause)  # a price is not a fact of access; parse keeps it to compensate duties


_CHECKS: Final[Mapping[Operand, Callable[[Constraint, Request, str], _Finding]]] = {
    Operand.DATE_TIME: _date_time,
    Operand.ELAPSED_TIME: _elapsed_time,
    Operand.COUNT: _count,
    Operand.PURPOSE: _purpose,
    Operand.SPATIAL: _spatial,
    Operand.RECIPIENT: _recipient,
    Operand.INDUSTRY: _industry,
    Operand.PAY_AMOUNT: _pay_amount,
}


def _term(found: Constraint, fact: str | None, code: str, name: str, clause: str) -> _Finding:
    if not fact:
        return _unknown(found, clause)
    same = [_is_same(found.left, fact, text) for text in found.texts]
    within = [_is_within(found.left, fact, text) for text in found.texts]
    holds = {
        Operator.EQ: all(same),
        Operator.NEQ: not any(same),
        Operator.IS_ANY_OF: any(same),
        Operator.IS_NONE_OF: not any(same),
        Operator.IS_ALL_OF: all(same),
        Operator.IS_A: any(within),
        Operator.IS_PART_OF: any(within),
        Operator.HAS_PART: all(_is_within(found.left, text, fact) for text in found.texts),
    }.get(found.operator)
    if holds is None:
        return _unknown(found, clause)
    params: Mapping[str, Parameter] = {
        name: fact,
        "allowed" if _is_positive(found) else "excluded": found.texts,
    }
    return _Finding(holds, code, params, clause)


def _is_positive(found: Constraint) -> bool:
    return found.operator not in (Operator.NEQ, Operator.IS_NONE_OF)


def _is_same(operand: Operand, fact: str, stated: str) -> bool:
    return fact == stated or (operand is Operand.PURPOSE and stated == ANY_LAWFUL)


def _is_within(operand: Operand, inner: str, outer: str) -> bool:
    """Is `inner` the same as, or a part of, `outer`? Regions and industries nest by their codes."""
    if _is_same(operand, inner, outer):
        return True
    if operand is Operand.INDUSTRY:  # GB/T 4754: I, I65, I651, I6510
        return inner.startswith(outer)
    if operand is Operand.SPATIAL:
        return outer == WORLD or _is_division_of(inner, outer)
    return False


def _is_division_of(inner: str, outer: str) -> bool:
    inner_country, _, inner_code = inner.partition("-")
    outer_country, _, outer_code = outer.partition("-")
    if inner_country != outer_country:
        return False
    if not outer_code:
        return True
    if len(inner_code) == len(outer_code) == 6 and outer_code.isdigit():
        while outer_code.endswith("00"):  # GB/T 2260: 140000 holds 140100 holds 140105
            outer_code = outer_code[:-2]
        return bool(outer_code) and inner_code.startswith(outer_code)
    return False


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
