"""What is still missing before anybody may sign: the mandatory content of each clause."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from contracts.clauses.filling import DELIVERY_MODES, RIGHTS, SOURCE_TYPES
from contracts.clauses.terms import Party, Terms
from market.kernel.money import MINOR_MAX
from market.policy import ANY_LAWFUL, Action, Operand, Policy

MANDATORY: Final = (
    "parties", "data", "rights", "use", "resale", "delivery", "price", "payment", "acceptance", "security",
    "personal", "supervision", "deletion", "breach", "dispute", "force_majeure", "evidence", "signatures",
    "effect", "language",
)  # fmt: skip
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


class Missing(NamedTuple):
    """One gap: the clause, the field of Terms or of its policy, the reason in English for translation."""

    clause: str
    field: str
    reason: str


def missing(terms: Terms) -> list[Missing]:
    """Everything that blocks signing, in the order of the clauses; empty when the agreement is complete.

    Sources: the contract templates of the National Data Administration (2025), 网络数据安全管理条例 12,
    个人信息保护法 23, 数据安全法 33.
    """
    gaps = [
        *_parties(terms),
        *_data(terms),
        *_rights(terms),
        *_use(terms),
        *_delivery(terms),
        *_price(terms),
        *_payment(terms),
        *_acceptance(terms),
        *_security(terms),
        *_personal(terms),
        *_deletion(terms),
        *_dispute(terms),
    ]
    return [Missing(*gap) for gap in gaps]


Gap = tuple[str, str, str]


def _blank(clause: str, *fields: tuple[str, str]) -> Iterator[Gap]:
    for name, text in fields:
        if not text.strip():
            yield clause, name, "This is not filled in"


def _positive(clause: str, name: str, value: int) -> Iterator[Gap]:
    if value < 1:
        yield clause, name, "This must be at least 1"


def _parties(terms: Terms) -> Iterator[Gap]:
    for side, party in (("supplier", terms.supplier), ("buyer", terms.buyer)):
        yield from _blank("parties", (f"{side}.urn", party.urn), (f"{side}.name", party.name))
        if party.kind != "individual":
            yield from _blank("parties", (f"{side}.uscc", party.uscc))
    if _same(terms.supplier, terms.buyer):
        yield "parties", "buyer.urn", "Supplier and buyer are the same organisation"


def _same(one: Party, other: Party) -> bool:
    return bool(one.urn) and one.urn == other.urn


def _data(terms: Terms) -> Iterator[Gap]:
    product = terms.product
    yield from _blank(
        "data",
        ("product.title", product.title),
        ("product.data_description", product.data_description),
        ("product.scale", product.scale),
        ("product.format", product.format),
        ("product.source_statement", product.source_statement),
    )
    if product.source_type not in SOURCE_TYPES:
        yield "data", "product.source_type", "The kind of source is not stated"
    if not _SHA256.fullmatch(terms.file_sha256):
        yield "data", "file_sha256", "The fingerprint of the file is not stated"
    yield from _positive("data", "file_bytes", terms.file_bytes)


def _rights(terms: Terms) -> Iterator[Gap]:
    if not terms.rights_held or not set(terms.rights_held) <= set(RIGHTS):
        yield "rights", "rights_held", "State which rights the supplier has: hold, use, operate"
    yield from _blank("rights", ("rights_basis", terms.rights_basis))


def _use(terms: Terms) -> Iterator[Gap]:
    found = terms.policy
    if not found.permissions:
        yield "use", "policy.permission", "Nothing is permitted"
    for name, operands, reason in (
        ("policy.purpose", {Operand.PURPOSE}, "The purpose of use is not stated"),
        ("policy.term", {Operand.ELAPSED_TIME, Operand.DATE_TIME}, "The term of use is not stated"),
        ("policy.territory", {Operand.SPATIAL}, "The territory of use is not stated"),
    ):
        if not all(rule.speaks_of(*operands) for rule in found.permissions):
            yield "use", name, reason
    if not terms.delivery_modes or not set(terms.delivery_modes) <= set(DELIVERY_MODES):
        yield "use", "delivery_modes", "The method of use is not stated"


def _delivery(terms: Terms) -> Iterator[Gap]:
    yield from _positive("delivery", "delivery_due_days", terms.delivery_due_days)


def _price(terms: Terms) -> Iterator[Gap]:
    if not 0 <= terms.price_minor <= MINOR_MAX:
        yield "price", "price_minor", "The price must be zero or more"
    if not _CURRENCY.fullmatch(terms.currency):
        yield "price", "currency", "The currency is not stated"
    if not 0 <= terms.tax_rate_bp < 10_000:
        yield "price", "tax_rate_bp", "The tax rate is not stated"
    if any(amount != terms.price_minor for amount in _stated_prices(terms.policy)):
        yield "price", "policy.compensate", "The policy states another price"


def _stated_prices(found: Policy) -> Iterator[int]:
    duties = [*found.obligations, *(duty for rule in found.permissions for duty in rule.duties)]
    for duty in duties:
        for part in duty.atoms if duty.action is Action.COMPENSATE else ():
            whole, _, cents = part.texts[0].partition(".")
            yield int(whole) * 100 + int(cents[:2].ljust(2, "0"))


def _payment(terms: Terms) -> Iterator[Gap]:
    if terms.price_minor:
        yield from _positive("payment", "payment_due_days", terms.payment_due_days)
    if terms.custodian is not None:
        yield from _blank("payment", ("custodian", terms.custodian))


def _acceptance(terms: Terms) -> Iterator[Gap]:
    if terms.acceptance_days is not None:
        yield from _positive("acceptance", "acceptance_days", terms.acceptance_days)


def _security(terms: Terms) -> Iterator[Gap]:
    yield from _positive("security", "confidentiality_years", terms.confidentiality_years)


def _personal(terms: Terms) -> Iterator[Gap]:
    if terms.personal is None:
        return
    if not any(kind.strip() for kind in terms.personal.kinds):
        yield "personal", "personal.kinds", "The kinds of personal information are not stated"
    yield from _blank("personal", ("personal.consent_evidence", terms.personal.consent_evidence))
    purposes = {
        text
        for rule in terms.policy.permissions
        for part in rule.atoms
        if part.left is Operand.PURPOSE
        for text in part.texts
    }
    if ANY_LAWFUL in purposes:
        yield "personal", "policy.purpose", "Personal information needs a definite purpose"


def _deletion(terms: Terms) -> Iterator[Gap]:
    if not any(duty.action is Action.DELETE for duty in terms.policy.obligations):
        yield "deletion", "policy.delete", "Nothing is said about deletion at the end"


def _dispute(terms: Terms) -> Iterator[Gap]:
    if terms.dispute_forum not in ("court", "arbitration"):
        yield "dispute", "dispute_forum", "Neither court nor arbitration is chosen"
    if terms.dispute_forum == "arbitration":
        yield from _blank("dispute", ("dispute_body", terms.dispute_body))
