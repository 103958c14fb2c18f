"""What blocks signing: each gap is named by clause and field."""

from dataclasses import replace
from typing import Any

import pytest

from contracts import clauses
from contracts.clauses import PersonalData
from market import policy
from tests.contracts.clauses.given import BUYER, SUPPLIER, TERMS, given_terms


def a_priced_policy(amount: str) -> policy.Policy:
    price = {"leftOperand": "payAmount", "operator": "eq", "rightOperand": amount}
    document = policy.canonical(TERMS.policy)
    document["obligation"] = [
        *document["obligation"],  # type: ignore[misc]  # a list of rules
        {"action": "http://www.w3.org/ns/odrl/2/compensate", "constraint": [price]},
    ]
    return policy.parse(document)


def test_complete_terms_miss_nothing() -> None:
    assert clauses.missing(TERMS) == []
    assert clauses.missing(given_terms(policy=a_priced_policy("480.00"))) == []
    assert clauses.missing(given_terms(acceptance_days=None, price_minor=0, payment_due_days=0)) == []
    assert clauses.missing(given_terms(buyer=replace(BUYER, uscc="", kind="individual"))) == []


@pytest.mark.parametrize(
    ("changed", "clause", "field"),
    [
        ({"supplier": replace(SUPPLIER, name=" ")}, "parties", "supplier.name"),
        ({"supplier": replace(SUPPLIER, uscc="")}, "parties", "supplier.uscc"),
        ({"buyer": replace(BUYER, uscc="")}, "parties", "buyer.uscc"),
        ({"buyer": replace(BUYER, urn="")}, "parties", "buyer.urn"),
        ({"buyer": SUPPLIER}, "parties", "buyer.urn"),
        ({"product": {"title": ""}}, "data", "product.title"),
        ({"product": {"data_description": "\n"}}, "data", "product.data_description"),
        ({"product": {"scale": ""}}, "data", "product.scale"),
        ({"product": {"format": ""}}, "data", "product.format"),
        ({"product": {"source_type": "found"}}, "data", "product.source_type"),
        ({"product": {"source_statement": ""}}, "data", "product.source_statement"),
        ({"file_sha256": "2A" * 32}, "data", "file_sha256"),
        ({"file_bytes": 0}, "data", "file_bytes"),
        ({"rights_held": ()}, "rights", "rights_held"),
        ({"rights_held": ("own",)}, "rights", "rights_held"),
        ({"rights_basis": ""}, "rights", "rights_basis"),
        ({"usage": {"purposes": ()}}, "use", "policy.purpose"),
        ({"usage": {"term_days": None}}, "use", "policy.term"),
        ({"usage": {"territory": ()}}, "use", "policy.territory"),
        ({"delivery_modes": ()}, "use", "delivery_modes"),
        ({"delivery_due_days": 0}, "delivery", "delivery_due_days"),
        ({"price_minor": -1}, "price", "price_minor"),
        ({"currency": ""}, "price", "currency"),
        ({"tax_rate_bp": -1}, "price", "tax_rate_bp"),
        ({"policy": a_priced_policy("481.00")}, "price", "policy.compensate"),
        ({"payment_due_days": 0}, "payment", "payment_due_days"),
        ({"custodian": " "}, "payment", "custodian"),
        ({"acceptance_days": 0}, "acceptance", "acceptance_days"),
        ({"confidentiality_years": 0}, "security", "confidentiality_years"),
        ({"personal": PersonalData(kinds=(), consent_evidence="x")}, "personal", "personal.kinds"),
        ({"personal": PersonalData(kinds=("姓名",), consent_evidence="")}, "personal", "personal.consent_evidence"),
        ({"personal": PersonalData(kinds=("姓名",), consent_evidence="x"), "usage": {"purposes": (policy.ANY_LAWFUL,)}},
         "personal", "policy.purpose"),
        ({"usage": {"delete_within_days": None}}, "deletion", "policy.delete"),
        ({"dispute_forum": "duel"}, "dispute", "dispute_forum"),
        ({"dispute_forum": "arbitration"}, "dispute", "dispute_body"),
    ],
)  # fmt: skip
def test_each_gap_is_named_alone(changed: dict[str, Any], clause: str, field: str) -> None:
    gaps = clauses.missing(given_terms(**changed))

    assert [(gap.clause, gap.field) for gap in gaps] == [(clause, field)]
    assert gaps[0].reason


def test_a_bare_permission_to_use_is_no_contract() -> None:
    bare = policy.parse({"@type": "Set", "permission": [{"action": "use"}]})

    gaps = clauses.missing(given_terms(policy=bare))

    assert [gap.field for gap in gaps] == ["policy.purpose", "policy.term", "policy.territory", "policy.delete"]


def test_a_policy_that_permits_nothing_is_no_contract() -> None:
    barred = policy.parse({"@type": "Set", "prohibition": [{"action": "use"}]})

    assert clauses.missing(given_terms(policy=barred))[0].field == "policy.permission"
