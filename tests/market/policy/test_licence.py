"""The supplier's form, its plain words, and what a counter-offer changes."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market import policy
from market.policy import Action, Phrase, Policy, PolicyInvalid, PolicyType, UsageTerms
from market.policy.licence import as_agreement, as_offer
from tests.market.policy import policies
from tests.market.policy.policies import AGREED_AT

FULL = UsageTerms(
    term_days=365,
    uses_max=10,
    purposes=("碳排放与空气质量关联分析",),
    recipients=("urn:uuid:1",),
    territory=("CN",),
    may_derive=False,
    may_redistribute=False,
    attribution="中国环境监测总站",
    delete_within_days=30,
    incident_report_hours=24,
)
names = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=6)
usage_terms: st.SearchStrategy[UsageTerms] = st.builds(
    UsageTerms,
    term_days=st.none() | st.integers(1, 36_500),
    uses_max=st.none() | st.integers(1, 1_000_000_000),
    purposes=st.lists(names, unique=True, max_size=3).map(tuple),
    recipients=st.lists(names, unique=True, max_size=3).map(tuple),
    territory=st.lists(st.sampled_from(["CN", "US", "CN-140100", "001"]), unique=True, max_size=3).map(tuple),
    may_derive=st.booleans(),
    may_redistribute=st.booleans(),
    attribution=st.just("") | names,
    delete_within_days=st.none() | st.integers(1, 36_500),
    incident_report_hours=st.none() | st.integers(1, 8_760),
)


@given(usage_terms)
def test_the_form_becomes_a_policy_that_reads_back_as_the_form(terms: UsageTerms) -> None:
    built = policy.build(terms)

    assert policy.parse(policy.canonical(built)) == built
    assert policy.terms_of(built) == terms


@given(policies.policies())
def test_a_policy_beyond_the_form_is_never_taken_for_another(found: Policy) -> None:
    terms = policy.terms_of(found)

    assert terms is None or policy.build(terms).rules == found.rules


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("term_days", 0),
        ("term_days", "30"),
        ("term_days", True),
        ("term_days", 1.5),
        ("uses_max", -1),
        ("delete_within_days", 36_501),
        ("incident_report_hours", 0),
        ("purposes", "研究"),
        ("purposes", ("",)),
        ("purposes", ("研究", "研究")),
        ("purposes", ("研究\n建模",)),
        ("purposes", (["研究"],)),
        ("recipients", (None,)),
        ("territory", ("China",)),
        ("territory", ("CN-14",)),
        ("may_derive", "no"),
        ("attribution", "x" * 501),
        ("attribution", None),
    ],
)
def test_a_field_out_of_range_is_named(field: str, value: Any) -> None:
    with pytest.raises(PolicyInvalid) as refused:
        policy.build(replace(UsageTerms(), **{field: value}))

    assert [problem.path for problem in refused.value.problems] == [field]


def test_an_offer_and_an_agreement_carry_the_same_rules() -> None:
    built = policy.build(FULL)

    offer = as_offer(built, id="urn:uuid:o")
    agreement = as_agreement(
        built, id="urn:uuid:a", target="urn:uuid:t", assigner="urn:uuid:s", assignee="urn:uuid:b", at=AGREED_AT
    )

    assert (offer.type, offer.rules, offer.target) == (PolicyType.OFFER, built.rules, None)
    assert (agreement.type, agreement.rules) == (PolicyType.AGREEMENT, built.rules)
    assert agreement.timestamp == "2026-11-23T02:14:00Z"
    assert policy.parse(policy.canonical(agreement)) == agreement


def test_the_whole_form_in_plain_words() -> None:
    plain = policy.words(policy.build(FULL))

    assert plain.may == (Phrase("use_for", {"purposes": ("碳排放与空气质量关联分析",)}),)
    assert plain.may_not == (
        Phrase("not_after_days", {"days": 365}),
        Phrase("not_more_than", {"count": 10}),
        Phrase("not_by_others", {"recipients": ("urn:uuid:1",)}),
        Phrase("not_outside", {"regions": ("CN",)}),
        Phrase("no_distribute"),
        Phrase("no_derive"),
    )
    assert plain.must == (
        Phrase("attribute_party", {"party": "中国环境监测总站"}),
        Phrase("delete_within_days", {"days": 30}),
        Phrase("report_within_hours", {"hours": 24}),
    )


def test_with_the_moment_of_agreement_the_term_ends_at_a_moment() -> None:
    plain = policy.words(policy.build(FULL), agreed_at=AGREED_AT)

    assert plain.may_not[0] == Phrase("not_after", {"until": "2027-11-23T02:14:00Z"})


def test_an_open_licence_says_all_that_use_covers() -> None:
    open_terms = UsageTerms(
        term_days=None, territory=(), may_redistribute=True, delete_within_days=None, incident_report_hours=None
    )

    plain = policy.words(policy.build(open_terms))

    assert plain == policy.Plain(
        may=(Phrase("use_any_purpose"), Phrase("derive"), Phrase("distribute")), may_not=(), must=()
    )


def test_a_policy_with_alternatives_says_its_conditions_and_hides_none() -> None:
    count = {"leftOperand": "count", "operator": "lteq", "rightOperand": "3"}
    day = {"leftOperand": "dateTime", "operator": "lt", "rightOperand": "2027-01-01"}
    found = policy.parse({"@type": "Set", "permission": [{"action": "use", "constraint": [{"or": [count, day]}]}]})

    plain = policy.words(found)

    limits = (
        Phrase("limit", {"operand": "count", "operator": "lteq", "values": ("3",)}),
        Phrase("limit", {"operand": "dateTime", "operator": "lt", "values": ("2027-01-01",)}),
    )
    assert plain.may == (Phrase("action_if", {"action": "use", "limits": (Phrase("any_of", {"limits": limits}),)}),)


def test_a_permission_short_of_use_says_that_nothing_else_is_allowed() -> None:
    found = policy.parse({"@type": "Set", "permission": [{"action": "read"}]})

    assert policy.words(found) == policy.Plain(may=(Phrase("read"),), may_not=(Phrase("nothing_else"),), must=())


@given(policies.policies())
def test_every_phrase_is_in_the_table_that_pages_translate(found: Policy) -> None:
    plain = policy.words(found)
    said = [*plain.may, *plain.may_not, *plain.must]

    while said:
        phrase = said.pop()
        assert sorted(phrase.params) == sorted(policy.CODES[phrase.code])
        limits = phrase.params.get("limits", ())
        said += [part for part in limits if isinstance(part, Phrase)] if isinstance(limits, tuple) else []


@given(policies.policies())
def test_every_rule_leaves_its_words(found: Policy) -> None:
    plain = policy.words(found)

    assert len(plain.may) >= len(found.permissions)
    assert len(plain.may_not) >= len(found.prohibitions)
    assert len(plain.must) == len(found.obligations) + sum(len(rule.duties) for rule in found.permissions)


def test_a_counter_offer_shows_the_changed_constraint_alone() -> None:
    old = policy.build(FULL)
    new = policy.build(replace(FULL, uses_max=20))

    [difference] = policy.differences(old, new)

    assert (difference.place, difference.change) == ("permission use count", "changed")
    assert (difference.before, difference.after) == (
        old.permissions[0].constraints[1],
        new.permissions[0].constraints[1],
    )


def test_added_and_removed_rules_are_told_apart() -> None:
    old = policy.build(FULL)
    new = policy.build(replace(FULL, may_derive=True, attribution="", uses_max=None))

    told = [(difference.place, difference.change) for difference in policy.differences(old, new)]

    assert told == [
        ("permission use count", "removed"),
        ("prohibition derive", "removed"),
        ("obligation attribute", "removed"),
    ]
    assert [each.change for each in policy.differences(new, old)] == ["added"] * 3


@given(policies.policies(), policies.policies())
def test_policies_differ_exactly_where_their_rules_do(one: Policy, other: Policy) -> None:
    turned = replace(one, permissions=one.permissions[::-1], prohibitions=one.prohibitions[::-1])
    is_same = sorted(map(repr, one.rules)) == sorted(map(repr, other.rules))

    assert policy.differences(one, turned) == ()
    assert (policy.differences(one, other) == ()) is is_same


def test_use_covers_every_action_but_the_duties() -> None:
    assert {Action.USE, Action.DELETE} <= policy.language.USES
    assert not {Action.COMPENSATE, Action.ATTRIBUTE, Action.INFORM} & policy.language.USES
