"""Documents in, policies out: what is accepted, what is refused and with which words."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market import policy
from market.kernel import canonical_json
from market.policy import Policy, PolicyInvalid
from tests.market.policy import policies

ODRL = "http://www.w3.org/ns/odrl/2/"
COUNT = {"leftOperand": "count", "operator": "lteq", "rightOperand": "10"}


def an_offer(**members: Any) -> dict[str, Any]:
    return {"@type": "Offer", "@id": "urn:uuid:1", "permission": [{"action": "use"}]} | members


def constrained(**constraint: Any) -> dict[str, Any]:
    return an_offer(permission=[{"action": "use", "constraint": [COUNT | constraint]}])


@given(policies.policies())
def test_what_is_written_is_read_back_as_the_same_policy(found: Policy) -> None:
    written = json.loads(canonical_json.dumps(policy.canonical(found)))

    assert policy.parse(written) == found


@given(policies.policies())
def test_the_written_form_is_stable_under_reading_and_writing(found: Policy) -> None:
    once = canonical_json.dumps(policy.canonical(found))

    assert canonical_json.dumps(policy.canonical(policy.parse(json.loads(once)))) == once


@pytest.mark.parametrize(
    "spelled",
    [
        pytest.param("derive", id="bare"),
        pytest.param("odrl:derive", id="prefixed"),
        pytest.param(f"{ODRL}derive", id="full IRI"),
    ],
)
def test_an_action_is_read_in_three_spellings_and_written_in_one(spelled: str) -> None:
    found = policy.parse(an_offer(permission=[{"action": spelled}]))

    assert policy.canonical(found)["permission"] == [{"action": f"{ODRL}derive"}]


def test_use_is_written_as_the_protocols_own_term() -> None:
    found = policy.parse(an_offer(permission=[{"action": f"{ODRL}use"}]))

    assert policy.canonical(found)["permission"] == [{"action": "use"}]


def test_the_eclipse_validity_date_is_a_date() -> None:
    constraint = {
        "leftOperand": "https://w3id.org/edc/v0.0.1/ns/inForceDate",
        "operator": "lteq",
        "rightOperand": {"@value": "2027-11-23T16:00:00Z", "@type": "http://www.w3.org/2001/XMLSchema#dateTime"},
    }

    found = policy.parse(an_offer(permission=[{"action": "use", "constraint": [constraint]}]))

    assert policy.canonical(found)["permission"] == [
        {
            "action": "use",
            "constraint": [
                {
                    "leftOperand": "dateTime",
                    "operator": "lteq",
                    "rightOperand": {"@value": "2027-11-23T16:00:00Z", "@type": "xsd:dateTime"},
                }
            ],
        }
    ]


def test_a_number_inside_a_typed_value_is_read_as_its_text() -> None:
    found = policy.parse(constrained(rightOperand={"@value": 10, "@type": "xsd:integer"}))

    assert found.permissions[0].atoms[0].texts == ("10",)


REFUSED = [
    ("not an object", [], "policy", "not_an_object"),
    ("no type", {"@id": "urn:uuid:1", "permission": [{"action": "use"}]}, "@type", "unknown_word"),
    ("offer without id", {"@type": "Offer", "permission": [{"action": "use"}]}, "@id", "missing"),
    ("agreement without parties", an_offer(**{"@type": "Agreement", "target": "urn:1"}), "assigner", "missing"),
    ("no rule at all", {"@type": "Offer", "@id": "urn:uuid:1"}, "permission", "no_rule"),
    ("empty permissions", an_offer(permission=[]), "permission", "empty_array"),
    ("empty prohibitions", an_offer(prohibition=[]), "prohibition", "empty_array"),
    ("empty obligations", an_offer(obligation=[]), "obligation", "empty_array"),
    ("one rule without its list", an_offer(permission={"action": "use"}), "permission", "empty_array"),
    ("unknown member", an_offer(inheritFrom="urn:1"), "inheritFrom", "unknown_member"),
    ("permissions win", an_offer(conflict="perm"), "conflict", "unknown_conflict"),
    ("rule with a target", an_offer(permission=[{"action": "use", "target": "urn:1"}]), "permission[0].target",
     "unknown_member"),
    ("unknown action", an_offer(permission=[{"action": "sell"}]), "permission[0].action", "unknown_word"),
    ("action in another vocabulary", an_offer(permission=[{"action": "http://example.org/use"}]),
     "permission[0].action", "unknown_word"),
    ("duty as a permission", an_offer(permission=[{"action": "compensate"}]), "permission[0].action",
     "action_out_of_place"),
    ("use as a duty", an_offer(obligation=[{"action": "use"}]), "obligation[0].action", "action_out_of_place"),
    ("unknown operator", constrained(operator="term-lteq"), "permission[0].constraint[0].operator", "unknown_word"),
    ("unknown operand", constrained(leftOperand="partner"), "permission[0].constraint[0].leftOperand",
     "unknown_word"),
    ("count compared for equality", constrained(operator="eq"), "permission[0].constraint[0].operator",
     "operator_out_of_place"),
    ("bare number", constrained(rightOperand=10), "permission[0].constraint[0].rightOperand", "bare_number"),
    ("bare boolean", constrained(rightOperand=True), "permission[0].constraint[0].rightOperand", "bare_number"),
    ("boolean inside a typed value", constrained(rightOperand={"@value": True, "@type": "xsd:integer"}),
     "permission[0].constraint[0].rightOperand.@value", "not_a_text"),
    ("negative count", constrained(rightOperand="-1"), "permission[0].constraint[0].rightOperand",
     "unreadable_value"),
    ("count in Chinese figures", constrained(rightOperand="１０"), "permission[0].constraint[0].rightOperand",
     "unreadable_value"),
    ("count typed as a date", constrained(rightOperand={"@value": "10", "@type": "xsd:date"}),
     "permission[0].constraint[0].rightOperand", "wrong_datatype"),
    ("list for a single value", constrained(rightOperand=["10"]), "permission[0].constraint[0].rightOperand",
     "list_out_of_place"),
    ("no right side", an_offer(permission=[{"action": "use", "constraint": [{"leftOperand": "count", "operator":
     "lt"}]}]), "permission[0].constraint[0].rightOperand", "not_a_text"),
    ("time without a zone", constrained(leftOperand="dateTime", rightOperand="2027-11-23T16:00:00"),
     "permission[0].constraint[0].rightOperand", "unreadable_value"),
    ("30 February", constrained(leftOperand="dateTime", rightOperand="2027-02-30"),
     "permission[0].constraint[0].rightOperand", "unreadable_value"),
    ("empty duration", constrained(leftOperand="elapsedTime", rightOperand="P"),
     "permission[0].constraint[0].rightOperand", "unreadable_value"),
    ("duration with a dangling T", constrained(leftOperand="elapsedTime", rightOperand="P1DT"),
     "permission[0].constraint[0].rightOperand", "unreadable_value"),
    ("price as a condition of access", constrained(leftOperand="payAmount", operator="eq"),
     "permission[0].constraint[0].leftOperand", "operand_out_of_place"),
    ("unit on a count", constrained(unit="CNY"), "permission[0].constraint[0].unit", "unit_out_of_place"),
    ("empty and", an_offer(permission=[{"action": "use", "constraint": [{"and": []}]}]),
     "permission[0].constraint[0].and", "empty_array"),
    ("two connectives", an_offer(permission=[{"action": "use", "constraint": [{"and": [COUNT], "or": [COUNT]}]}]),
     "permission[0].constraint[0]", "mixed_constraint"),
    ("null constraints", an_offer(permission=[{"action": "use", "constraint": None}]), "permission[0].constraint",
     "empty_array"),
    ("lone surrogate", an_offer(target="\ud800"), "target", "not_a_text"),
    ("timestamp that is a day", an_offer(timestamp="2026-11-23"), "timestamp", "not_a_moment"),
    ("attribution on a deletion", an_offer(obligation=[{"action": "delete", "odrl:attributedParty": "x"}]),
     "obligation[0].odrl:attributedParty", "party_out_of_place"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "path", "code"), [pytest.param(*case[1:], id=case[0]) for case in REFUSED])
def test_what_cannot_be_enforced_is_refused_with_its_place_and_a_way_out(
    document: object, path: str, code: str
) -> None:
    with pytest.raises(PolicyInvalid) as refused:
        policy.parse(document)

    problem = refused.value.problems[0]
    assert (problem.path, problem.code) == (path, code)
    assert problem.reason
    assert problem.fix


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(PolicyInvalid) as refused:
        policy.parse(
            an_offer(permission=[{"action": "sell"}, {"action": "use", "constraint": [COUNT | {"operator": "~"}]}])
        )

    assert [problem.path for problem in refused.value.problems] == [
        "permission[0].action",
        "permission[1].constraint[0].operator",
    ]


def test_a_constraint_nested_too_deep_is_refused() -> None:
    nested: dict[str, Any] = COUNT
    for _ in range(20):
        nested = {"and": [nested]}

    with pytest.raises(PolicyInvalid) as refused:
        policy.parse(an_offer(permission=[{"action": "use", "constraint": [nested]}]))

    assert refused.value.problems[0].code == "too_deep"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
KEYS = ["@type", "@id", "permission", "prohibition", "obligation", "action", "constraint", "and", "or",
        "leftOperand", "operator", "rightOperand", "@value", "duty", "unit", "profile"]  # fmt: skip
NEARLY = st.recursive(
    st.sampled_from(["use", "Offer", "count", "lteq", "10", "dateTime", "P1D", "purpose", "isAnyOf", "compensate"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=25,
)


@given(JSON | NEARLY | st.dictionaries(st.sampled_from(KEYS), JSON | NEARLY))
def test_any_json_is_read_or_refused_and_never_breaks_the_reader(document: object) -> None:
    try:
        found = policy.parse(document)
    except PolicyInvalid:
        return  # the one refusal there is; anything else fails this test

    assert policy.parse(policy.canonical(found)) == found


def _examples() -> list[tuple[str, dict[str, Any]]]:
    folder = os.environ.get("SHARED_VECTORS")
    if not folder:
        return []
    found = []
    for file in sorted((Path(folder) / "dsp-2025-1").glob("*/example/*.json")):
        message = json.loads(file.read_text("utf-8"))
        offers = [message.get("offer"), message.get("agreement"), *message.get("hasPolicy", [])]
        found += [(file.name, offer) for offer in offers if offer]
    return found


def test_the_protocols_own_examples_are_read_where_we_know_their_operands() -> None:
    examples = _examples()
    if not examples:
        pytest.skip("SHARED_VECTORS does not name a folder with the protocol's examples")

    unknown = {"contract-agreement-message-full.json"}  # it invents operands such as `partner`

    for name, offer in examples:
        if name in unknown:
            with pytest.raises(PolicyInvalid):
                policy.parse(offer)
        else:
            assert policy.canonical(policy.parse(offer)) == offer, name
    assert len(examples) >= 6
