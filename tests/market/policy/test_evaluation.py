"""Decisions: the table of what each operand lets pass, and the laws that hold for every policy."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market import policy
from market.policy import Action, Constraint, Operand, Operator, Policy, Request, Rule, RuleKind, UsageTerms, Value
from market.policy.language import Condition
from tests.market.policy import policies
from tests.market.policy.policies import AGREED_AT

USE = Rule(RuleKind.PERMISSION, Action.USE)
BUYER, OTHER = "urn:uuid:buyer", "urn:uuid:other"


def given_policy(**terms: Any) -> Policy:
    silent = {"term_days": None, "territory": (), "delete_within_days": None, "incident_report_hours": None}
    return policy.build(UsageTerms(**(silent | terms)))


def asked(action: str = "use", **facts: Any) -> Request:
    known: dict[str, Any] = {"action": action, "at": AGREED_AT, "agreed_at": AGREED_AT}
    return Request(**(known | facts))


def only(left: Operand, operator: Operator, *texts: str) -> Policy:
    values = tuple(Value(text) for text in texts)
    constraint = Constraint(left, operator, values[0] if len(values) == 1 else values)
    return Policy(permissions=(replace(USE, constraints=(constraint,)),))


DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
NOV_23_ENDS = datetime(2026, 11, 23, 16, tzinfo=UTC)  # midnight in China

TABLE = [
    # a bare date is the whole day in China
    ("dateTime lteq day, last second", only(Operand.DATE_TIME, Operator.LTEQ, "2026-11-23"),
     asked(at=NOV_23_ENDS - SECOND), "allowed", {}),
    ("dateTime lteq day, next day", only(Operand.DATE_TIME, Operator.LTEQ, "2026-11-23"),
     asked(at=NOV_23_ENDS), "term_ended", {"until": "2026-11-23"}),
    ("dateTime lt day, that day", only(Operand.DATE_TIME, Operator.LT, "2026-11-23"),
     asked(at=NOV_23_ENDS - DAY), "term_ended", {"until": "2026-11-23"}),
    ("dateTime gteq day, first moment", only(Operand.DATE_TIME, Operator.GTEQ, "2026-11-24"),
     asked(at=NOV_23_ENDS), "allowed", {}),
    ("dateTime gteq day, before", only(Operand.DATE_TIME, Operator.GTEQ, "2026-11-24"),
     asked(at=NOV_23_ENDS - SECOND), "term_not_started", {"from": "2026-11-24"}),
    ("dateTime gt day, still that day", only(Operand.DATE_TIME, Operator.GT, "2026-11-23"),
     asked(at=NOV_23_ENDS - SECOND), "term_not_started", {"from": "2026-11-23"}),
    ("dateTime eq day", only(Operand.DATE_TIME, Operator.EQ, "2026-11-23"), asked(), "allowed", {}),
    ("dateTime neq day", only(Operand.DATE_TIME, Operator.NEQ, "2026-11-23"), asked(), "time_excluded",
     {"at": "2026-11-23"}),
    ("dateTime lteq moment, exactly", only(Operand.DATE_TIME, Operator.LTEQ, "2026-11-23T02:14Z"), asked(),
     "allowed", {}),
    ("dateTime lt moment, exactly", only(Operand.DATE_TIME, Operator.LT, "2026-11-23T10:14:00+08:00"), asked(),
     "term_ended", {"until": "2026-11-23T10:14:00+08:00"}),
    # time since the agreement
    ("elapsedTime, last moment", only(Operand.ELAPSED_TIME, Operator.LTEQ, "P30D"),
     asked(at=AGREED_AT + 30 * DAY), "allowed", {}),
    ("elapsedTime, a second later", only(Operand.ELAPSED_TIME, Operator.LTEQ, "P30D"),
     asked(at=AGREED_AT + 30 * DAY + SECOND), "term_ended", {"until": "2026-12-23T02:14:00Z"}),
    ("elapsedTime in months clamps to the month's end", only(Operand.ELAPSED_TIME, Operator.LTEQ, "P3M"),
     asked(at=datetime(2027, 2, 28, 3, tzinfo=UTC), agreed_at=datetime(2026, 11, 30, 2, tzinfo=UTC)),
     "term_ended", {"until": "2027-02-28T02:00:00Z"}),
    ("elapsedTime gteq: a waiting time", only(Operand.ELAPSED_TIME, Operator.GTEQ, "P1D"), asked(),
     "term_not_started", {"from": "2026-11-24T02:14:00Z"}),
    ("elapsedTime without an agreement", only(Operand.ELAPSED_TIME, Operator.LTEQ, "P30D"),
     asked(agreed_at=None), "fact_unknown", {"operand": "elapsedTime"}),
    # the use that is asked for counts
    ("count: the third of three", only(Operand.COUNT, Operator.LTEQ, "3"), asked(use_count=2), "allowed", {}),
    ("count: the fourth of three", only(Operand.COUNT, Operator.LTEQ, "3"), asked(use_count=3),
     "count_exhausted", {"limit": 3, "used": 3}),
    ("count lt 3: the third", only(Operand.COUNT, Operator.LT, "3"), asked(use_count=2), "count_exhausted",
     {"limit": 2, "used": 2}),
    ("count lteq 0", only(Operand.COUNT, Operator.LTEQ, "0"), asked(use_count=0), "count_exhausted",
     {"limit": 0, "used": 0}),
    ("count gteq 2: the first", only(Operand.COUNT, Operator.GTEQ, "2"), asked(use_count=0), "count_not_reached",
     {"first": 2, "used": 0}),
    ("count unknown", only(Operand.COUNT, Operator.LTEQ, "3"), asked(), "fact_unknown", {"operand": "count"}),
    # purpose
    ("purpose on the list", only(Operand.PURPOSE, Operator.IS_ANY_OF, "研究", "建模"), asked(purpose="建模"),
     "allowed", {}),
    ("purpose off the list", only(Operand.PURPOSE, Operator.IS_ANY_OF, "研究", "建模"), asked(purpose="营销"),
     "purpose_not_allowed", {"declared": "营销", "allowed": ("研究", "建模")}),
    ("purpose not declared", only(Operand.PURPOSE, Operator.IS_ANY_OF, "研究", "建模"), asked(),
     "purpose_not_declared", {"allowed": ("研究", "建模")}),
    ("any lawful purpose, declared", only(Operand.PURPOSE, Operator.IS_ANY_OF, policy.ANY_LAWFUL),
     asked(purpose="营销"), "allowed", {}),
    ("any lawful purpose, not declared", only(Operand.PURPOSE, Operator.IS_ANY_OF, policy.ANY_LAWFUL), asked(),
     "purpose_not_declared", {"allowed": (policy.ANY_LAWFUL,)}),
    ("purpose excluded", only(Operand.PURPOSE, Operator.NEQ, "营销"), asked(purpose="营销"),
     "purpose_not_allowed", {"declared": "营销", "excluded": ("营销",)}),
    ("purpose isNoneOf, another", only(Operand.PURPOSE, Operator.IS_NONE_OF, "营销", "研究"),
     asked(purpose="建模"), "allowed", {}),
    ("one purpose is not all of two", only(Operand.PURPOSE, Operator.IS_ALL_OF, "研究", "建模"),
     asked(purpose="研究"), "purpose_not_allowed", {"declared": "研究", "allowed": ("研究", "建模")}),
    # recipient
    ("recipient is the one", only(Operand.RECIPIENT, Operator.EQ, BUYER), asked(recipient=BUYER), "allowed", {}),
    ("recipient is another", only(Operand.RECIPIENT, Operator.EQ, BUYER), asked(recipient=OTHER),
     "recipient_not_allowed", {"recipient": OTHER, "allowed": (BUYER,)}),
    ("recipient unknown", only(Operand.RECIPIENT, Operator.EQ, BUYER), asked(), "fact_unknown",
     {"operand": "recipient"}),
    # regions nest by code
    ("district inside the country", only(Operand.SPATIAL, Operator.IS_PART_OF, "CN"), asked(region="CN-140105"),
     "allowed", {}),
    ("district inside its city", only(Operand.SPATIAL, Operator.IS_PART_OF, "CN-140100"),
     asked(region="CN-140105"), "allowed", {}),
    ("district of another city", only(Operand.SPATIAL, Operator.IS_PART_OF, "CN-140100"),
     asked(region="CN-140201"), "region_not_allowed", {"region": "CN-140201", "allowed": ("CN-140100",)}),
    ("country is not inside its city", only(Operand.SPATIAL, Operator.IS_PART_OF, "CN-140100"), asked(region="CN"),
     "region_not_allowed", {"region": "CN", "allowed": ("CN-140100",)}),
    ("a code of zeros holds nothing", only(Operand.SPATIAL, Operator.IS_PART_OF, "CN-000000"),
     asked(region="CN-140105"), "region_not_allowed", {"region": "CN-140105", "allowed": ("CN-000000",)}),
    ("the world", only(Operand.SPATIAL, Operator.IS_PART_OF, policy.WORLD), asked(region="US"), "allowed", {}),
    ("eq does not nest", only(Operand.SPATIAL, Operator.EQ, "CN"), asked(region="CN-140105"),
     "region_not_allowed", {"region": "CN-140105", "allowed": ("CN",)}),
    ("hasPart: the region holds the place", only(Operand.SPATIAL, Operator.HAS_PART, "CN-140105"),
     asked(region="CN-140000"), "allowed", {}),
    ("one of two countries", only(Operand.SPATIAL, Operator.IS_PART_OF, "CN", "US"), asked(region="US"),
     "allowed", {}),
    # industries nest by code
    ("industry inside its section", only(Operand.INDUSTRY, Operator.IS_PART_OF, "I"),
     asked(claims={"industry": "I651"}), "allowed", {}),
    ("industry of another section", only(Operand.INDUSTRY, Operator.IS_A, "I"), asked(claims={"industry": "C"}),
     "industry_not_allowed", {"industry": "C", "allowed": ("I",)}),
    ("industry not attested", only(Operand.INDUSTRY, Operator.IS_A, "I"), asked(), "fact_unknown",
     {"operand": "industry"}),
    # actions
    ("use permits reading", Policy(permissions=(USE,)), asked("read"), "allowed", {}),
    ("use permits no duty", Policy(permissions=(USE,)), asked("compensate"), "no_permission",
     {"action": "compensate"}),
    ("reading permits no use", Policy(permissions=(replace(USE, action=Action.READ),)), asked("use"),
     "no_permission", {"action": "use"}),
    ("an action nobody knows", Policy(permissions=(USE,)), asked("teleport"), "no_permission",
     {"action": "teleport"}),
    ("nothing is permitted", Policy(prohibitions=(Rule(RuleKind.PROHIBITION, Action.DERIVE),)), asked(),
     "no_permission", {"action": "use"}),
    ("a prohibition wins", given_policy(may_redistribute=False), asked("distribute"), "prohibited",
     {"action": "distribute"}),
    ("a prohibition of a part stops no other part", given_policy(may_redistribute=False), asked("read"),
     "allowed", {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("found", "request_", "code", "params"), [pytest.param(*case[1:], id=case[0]) for case in TABLE]
)
def test_the_decision_table(found: Policy, request_: Request, code: str, params: dict[str, object]) -> None:
    decision = policy.evaluate(found, request_)

    assert (decision.code, dict(decision.params)) == (code, params)
    assert decision.allowed is (code == "allowed")


YES = Constraint(Operand.COUNT, Operator.LTEQ, Value("9"))
NO = Constraint(Operand.COUNT, Operator.LTEQ, Value("0"))
UNKNOWN = Constraint(Operand.RECIPIENT, Operator.EQ, Value(BUYER))


@pytest.mark.parametrize(
    ("connective", "parts", "holds"),
    [
        ("and", (YES, YES), True),
        ("and", (YES, NO), False),
        ("and", (YES, UNKNOWN), None),
        ("and", (NO, UNKNOWN), False),
        ("andSequence", (YES, YES), True),
        ("andSequence", (YES, NO), False),
        ("or", (NO, YES), True),
        ("or", (UNKNOWN, YES), True),
        ("or", (NO, NO), False),
        ("or", (NO, UNKNOWN), None),
        ("xone", (YES, NO), True),
        ("xone", (YES, YES), False),
        ("xone", (NO, NO), False),
        ("xone", (YES, UNKNOWN), None),
        ("xone", (YES, YES, UNKNOWN), False),
    ],
)
def test_joined_conditions_follow_three_valued_logic(
    connective: str, parts: tuple[Condition, ...], holds: bool | None
) -> None:
    joined = (policy.Logical(policy.language.Connective(connective), parts),)
    permitted = Policy(permissions=(replace(USE, constraints=joined),))
    prohibited = Policy(permissions=(USE,), prohibitions=(Rule(RuleKind.PROHIBITION, Action.USE, joined),))
    request = asked(use_count=0)

    assert policy.evaluate(permitted, request).allowed is (holds is True)
    # What is not known to be false keeps a prohibition standing.
    assert policy.evaluate(prohibited, request).allowed is (holds is False)


def test_a_refusal_names_the_clause_and_a_permission_its_rule() -> None:
    found = given_policy(term_days=30, uses_max=1)

    refused = policy.evaluate(found, asked(use_count=1))
    allowed = policy.evaluate(found, asked(use_count=0))

    assert (refused.clause, refused.rule) == ("permission[0].constraint[1]", None)
    assert (allowed.clause, allowed.rule) == ("permission[0]", found.permissions[0])


def test_of_two_failing_permissions_the_nearer_one_gives_the_reason() -> None:
    ended = Constraint(Operand.DATE_TIME, Operator.LTEQ, Value("2020-01-01"))
    purposes = [Constraint(Operand.PURPOSE, Operator.EQ, Value(text)) for text in ("研究", "建模")]
    found = Policy(permissions=tuple(replace(USE, constraints=(each, ended)) for each in purposes))

    decision = policy.evaluate(found, asked(purpose="建模"))

    assert (decision.code, decision.clause) == ("term_ended", "permission[1].constraint[1]")


def test_of_two_permissions_that_fail_alike_the_first_gives_the_reason() -> None:
    limits = [Constraint(Operand.COUNT, Operator.LTEQ, Value(text)) for text in ("0", "1")]
    found = Policy(permissions=tuple(replace(USE, constraints=(each,)) for each in limits))

    assert policy.evaluate(found, asked(use_count=5)).clause == "permission[0].constraint[0]"


def test_a_second_permission_lets_pass_what_the_first_does_not() -> None:
    found = Policy(permissions=(replace(USE, constraints=(NO,)), replace(USE, constraints=(YES,))))

    assert policy.evaluate(found, asked(use_count=0)).clause == "permission[1]"


def test_a_request_without_a_zone_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="zone"):
        asked(at=datetime(2026, 11, 23))  # noqa: DTZ001  the mistake under test


@given(policies.policies(), policies.requests)
def test_evaluation_always_answers_and_a_refusal_always_says_why(found: Policy, request: Request) -> None:
    decision = policy.evaluate(found, request)

    assert decision.allowed is (decision.code == "allowed")
    assert decision.code
    assert decision.allowed or decision.params


@given(policies.policies(), policies.requests, policies.rules(RuleKind.PROHIBITION))
def test_a_further_prohibition_never_allows_more(found: Policy, request: Request, added: Rule) -> None:
    stricter = replace(found, prohibitions=(*found.prohibitions, added))

    if policy.evaluate(stricter, request).allowed:
        assert policy.evaluate(found, request).allowed


@given(policies.policies(), policies.requests, policies.conditions, st.data())
def test_a_further_condition_on_a_permission_never_allows_more(
    found: Policy, request: Request, added: Condition, data: st.DataObject
) -> None:
    if not found.permissions:
        return
    index = data.draw(st.integers(0, len(found.permissions) - 1))
    narrowed = list(found.permissions)
    narrowed[index] = replace(narrowed[index], constraints=(*narrowed[index].constraints, added))

    if policy.evaluate(replace(found, permissions=tuple(narrowed)), request).allowed:
        assert policy.evaluate(found, request).allowed


@given(policies.policies(), policies.requests, st.data())
def test_a_permission_less_never_allows_more(found: Policy, request: Request, data: st.DataObject) -> None:
    kept = tuple(rule for rule in found.permissions if data.draw(st.booleans()))

    if policy.evaluate(replace(found, permissions=kept), request).allowed:
        assert policy.evaluate(found, request).allowed


@given(st.integers(1, 50), st.integers(1, 50), policies.requests)
def test_a_lower_count_never_allows_more(one: int, other: int, request: Request) -> None:
    low, high = sorted((one, other))

    if policy.evaluate(given_policy(uses_max=low), request).allowed:
        assert policy.evaluate(given_policy(uses_max=high), request).allowed


@given(policies.policies(), policies.requests)
def test_a_fact_less_never_allows_more(found: Policy, request: Request) -> None:
    blind = replace(request, agreed_at=None, use_count=None, purpose=None, recipient=None, region=None, claims={})

    if policy.evaluate(found, blind).allowed:
        assert policy.evaluate(found, request).allowed
