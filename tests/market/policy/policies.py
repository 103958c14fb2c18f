"""Policies and requests out of a small vocabulary, so that drawn facts often meet drawn limits."""

from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import strategies as st

from market.policy import Constraint, Logical, Operand, Operator, Policy, PolicyType, Request, Rule, RuleKind, Value
from market.policy.language import DUTIES, OPERATORS, TAKES_LIST, USES, Action, Condition, Connective

AGREED_AT: Final = datetime(2026, 11, 23, 2, 14, tzinfo=UTC)
WORDS: Final = {
    Operand.PURPOSE: ("research", "建模", "any-lawful"),
    Operand.SPATIAL: ("CN", "CN-140000", "CN-140105", "US", "001"),
    Operand.RECIPIENT: ("urn:uuid:1", "urn:uuid:2"),
    Operand.INDUSTRY: ("I", "I65", "I651", "A"),
}
TEXTS: Final = {
    Operand.DATE_TIME: ("2026-11-23", "2026-11-24T02:14:00Z", "2027-11-23T16:00+08:00", "1900-01-01", "8999-12-31"),
    Operand.ELAPSED_TIME: ("PT0S", "P1D", "P1M", "P1Y", "P9999Y", "PT99999999S"),
    Operand.COUNT: ("0", "1", "3", "999999999999"),
    **WORDS,
}
DATATYPES: Final = {
    Operand.DATE_TIME: "xsd:dateTime",
    Operand.ELAPSED_TIME: "xsd:duration",
    Operand.COUNT: "xsd:integer",
}


@st.composite
def constraints(draw: st.DrawFn) -> Constraint:
    left = draw(st.sampled_from(sorted(TEXTS)))
    operator = draw(st.sampled_from(sorted(OPERATORS[left])))
    datatype = st.sampled_from([None, DATATYPES.get(left, "xsd:string")])
    value = st.builds(Value, st.sampled_from(TEXTS[left]), datatype)
    many = st.lists(value, min_size=1, max_size=3).map(tuple)
    return Constraint(left, operator, draw(value | many if operator in TAKES_LIST else value))


conditions: st.SearchStrategy[Condition] = st.recursive(
    constraints(),
    lambda inner: st.builds(Logical, st.sampled_from(Connective), st.lists(inner, min_size=1, max_size=3).map(tuple)),
    max_leaves=5,
)
payments = st.builds(
    Constraint,
    st.just(Operand.PAY_AMOUNT),
    st.just(Operator.EQ),
    st.just(Value("480.00")),
    st.sampled_from([None, "CNY"]),
)


@st.composite
def duties(draw: st.DrawFn) -> Rule:
    action = draw(st.sampled_from(sorted(DUTIES)))
    limits = payments if action is Action.COMPENSATE else conditions
    party = draw(st.none() | st.just("中国环境监测总站")) if action is Action.ATTRIBUTE else None
    found = tuple(draw(st.lists(limits, max_size=2)))
    return Rule(RuleKind.OBLIGATION, action, found, attributed_party=party)


def rules(kind: RuleKind) -> st.SearchStrategy[Rule]:
    own_duties = st.lists(duties(), max_size=1).map(tuple) if kind is RuleKind.PERMISSION else st.just(())
    found = st.lists(conditions, max_size=3).map(tuple)
    return st.builds(Rule, st.just(kind), st.sampled_from(sorted(USES)), found, own_duties)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    permissions = tuple(draw(st.lists(rules(RuleKind.PERMISSION), max_size=3)))
    prohibitions = tuple(draw(st.lists(rules(RuleKind.PROHIBITION), min_size=not permissions, max_size=2)))
    uri = st.sampled_from(["urn:uuid:a", "urn:uuid:b"])
    return Policy(
        type=draw(st.sampled_from(PolicyType)),
        id=draw(uri),
        target=draw(uri),
        assigner=draw(uri),
        assignee=draw(uri),
        timestamp=draw(st.none() | st.just("2026-11-23T02:14:00Z")),
        permissions=permissions,
        prohibitions=prohibitions,
        obligations=tuple(draw(st.lists(duties(), max_size=2))),
    )


def _fact(operand: Operand) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from([*WORDS[operand], "elsewhere"])


requests: st.SearchStrategy[Request] = st.builds(
    Request,
    action=st.sampled_from(sorted(USES)) | st.just("teleport"),
    at=st.sampled_from([timedelta(0), timedelta(days=1), timedelta(days=20), timedelta(days=400)]).map(
        lambda after: AGREED_AT + after
    )
    | st.datetimes(timezones=st.just(UTC)),
    agreed_at=st.none() | st.just(AGREED_AT) | st.datetimes(timezones=st.just(UTC)),
    use_count=st.none() | st.integers(0, 4),
    purpose=_fact(Operand.PURPOSE),
    recipient=_fact(Operand.RECIPIENT),
    region=_fact(Operand.SPATIAL),
    claims=st.sampled_from([{}, {"industry": "I"}, {"industry": "I651"}, {"industry": "C"}]),
)
