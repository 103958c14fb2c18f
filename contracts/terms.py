"""What lies on the table in a negotiation, and the draft that follows from it."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _t

from contracts import clauses
from contracts.errors import TermsIncomplete
from contracts.models import Negotiation
from listings.models import Offer, ProductVersion, SourceType
from market import rules
from market.kernel import canonical_json, clock, ids
from market.kernel.errors import Invalid
from market.kernel.money import MINOR_MAX
from market.participants.models import Organisation
from market.policy import PolicyInvalid, as_agreement, canonical, parse

_SOURCES = {
    SourceType.ORIGINAL: "original",
    SourceType.COLLECTED: "collected",
    SourceType.TRADED: "traded",
    SourceType.OTHER: "other",
}
RULES = ("fee.platform", "tax.vat", "trade.payment_due_days", "trade.acceptance_days")


@dataclass(frozen=True, slots=True)
class Changes:
    """What one side wants otherwise than it lies on the table; None leaves it as it stands.

    price_minor: in the currency's minor unit. silence_accepts: False takes acceptance by silence out of the
    contract, and then no days are named; True keeps it or, with days, puts it back.
    """

    price_minor: int | None = None
    policy: dict[str, Any] | None = None
    acceptance_days: int | None = None
    silence_accepts: bool | None = None


def from_offer(offer: Offer, buyer: Organisation) -> dict[str, Any]:
    """The terms of an offer as it stands, frozen with the versions of the rules in force."""
    version, product = offer.version, offer.version.product
    return {
        "supplier": _party(product.supplier),
        "buyer": _party(buyer),
        "product": {
            "urn": version.urn,
            "title": version.title,
            "version": version.n,
            "data_description": version.abstract,
            "source_type": _SOURCES[SourceType(version.source_type)],
            "source_statement": version.source_statement,
            "scale": scale(version),
            "format": file_format(version),
        },
        "file_sha256": version.resource.file_sha256,
        "file_bytes": version.resource.file_bytes,
        "price_minor": offer.price_minor,
        "currency": offer.currency,
        "policy": offer.policy,
        "acceptance_days": offer.acceptance_days,
        "rights_basis": version.rights_basis,
        "rights_held": [version.rights_type],
        "personal": _personal(version),
        "tax_rate_bp": int(rules.current("tax.vat").value["rate_bp"]),
        "payment_due_days": int(rules.current("trade.payment_due_days").value["days"]),
        "rules": {name: rules.current(name).version for name in RULES},
        "custodian": settings.CUSTODIAN or None,
    }


def _party(organisation: Organisation) -> dict[str, str]:
    return {
        "urn": organisation.urn,
        "name": organisation.name,
        "uscc": organisation.uscc,
        "kind": organisation.kind,
    }


def _personal(version: ProductVersion) -> dict[str, Any] | None:
    if not version.contains_pi:
        return None
    kinds = sorted({str(each["kind"]) for each in version.resource.findings})
    return {"kinds": kinds or [_t("as described")], "consent_evidence": version.rights_basis}


def scale(version: ProductVersion) -> str:
    """How much it is, as the contract says it."""
    resource = version.resource
    if resource.is_table:
        return f"{resource.row_count:,}行×{resource.column_count:,}列，{resource.file_bytes:,}字节"
    return f"{resource.file_bytes:,}字节"


def file_format(version: ProductVersion) -> str:
    """The file's format by its name."""
    suffix = version.resource.filename.rpartition(".")[2]
    return suffix.upper() if suffix and suffix != version.resource.filename else "BIN"


def draft(negotiation: Negotiation) -> bytes:
    """The agreement's exact canonical bytes: a pure function of the negotiation row.

    Raises TermsIncomplete naming each empty mandatory clause (regulation.md §2.8).
    """
    return _drawn(
        ids.urn(negotiation.agreement_id),
        negotiation.thread_urn,
        negotiation.requested_at,
        negotiation.changed_at,
        json.dumps(negotiation.terms, sort_keys=True),
    )


# Read by each side, then signed: the same row is drawn up three times within minutes, 10 ms each.
@lru_cache(maxsize=128)
def _drawn(agreement: str, thread: str, requested_at: datetime, terms_at: datetime, table: str) -> bytes:
    terms = _terms(agreement, thread, requested_at, terms_at, json.loads(table))
    empty = clauses.missing(terms)
    if empty:
        named = "; ".join(f"{code}: {reason}" for code, _field, reason in empty)
        raise TermsIncomplete(named, clauses=[code for code, _field, _reason in empty])
    return canonical_json.dumps(clauses.compose(terms))


def of(negotiation: Negotiation) -> clauses.Terms:
    """The row's terms as the clauses want them."""
    return _terms(
        ids.urn(negotiation.agreement_id),
        negotiation.thread_urn,
        negotiation.requested_at,
        negotiation.changed_at,
        dict(negotiation.terms),
    )


def _terms(
    agreement: str, thread: str, requested_at: datetime, terms_at: datetime, raw: dict[str, Any]
) -> clauses.Terms:
    policy = as_agreement(
        parse(raw.pop("policy")),
        id=agreement,
        target=raw["product"]["urn"],
        assigner=raw["supplier"]["urn"],
        assignee=raw["buyer"]["urn"],
        at=None,
    )
    personal = raw.pop("personal")
    raw["rights_held"] = tuple(raw["rights_held"])
    return clauses.Terms(
        agreement_id=agreement,
        thread=thread,
        requested_at=requested_at,
        terms_at=terms_at,
        supplier=clauses.Party(**raw.pop("supplier")),
        buyer=clauses.Party(**raw.pop("buyer")),
        product=clauses.Product(**raw.pop("product")),
        personal=clauses.PersonalData(kinds=tuple(personal["kinds"]), consent_evidence=personal["consent_evidence"])
        if personal
        else None,
        policy=policy,
        **raw,
    )


def change(table: dict[str, Any], asked: Changes) -> bool:
    """Change what lies on the table; tells whether anything differs now. Raises Invalid."""
    wanted: dict[str, Any] = {"acceptance_days": _acceptance_days(table, asked)}
    if asked.price_minor is not None:
        if not 0 <= asked.price_minor <= MINOR_MAX:
            raise Invalid.field("price_minor", _t("is out of range"), _t("0 for free"))
        wanted["price_minor"] = asked.price_minor
    if asked.policy is not None:
        try:
            wanted["policy"] = canonical_policy(asked.policy)
        except PolicyInvalid as error:
            raise Invalid.field("policy", str(error), _t("send a policy of the supported subset")) from error
    differs = any(table[name] != value for name, value in wanted.items())
    table.update(wanted)
    return differs


def _acceptance_days(table: dict[str, Any], asked: Changes) -> int | None:
    """The days after which silence is to accept; None where it accepts nothing. Raises Invalid."""
    days = asked.acceptance_days
    if days is not None and asked.silence_accepts is False:
        raise Invalid.field(
            "acceptance_days",
            _t("contradicts that silence accepts nothing"),
            _t("leave the days out, or let silence accept"),
        )
    if days is not None and not 1 <= days <= 90:
        raise Invalid.field("acceptance_days", _t("is out of range"), _t("1 to 90 days"))
    if days is not None or asked.silence_accepts is False:
        return days
    standing: int | None = table["acceptance_days"]
    if asked.silence_accepts and standing is None:
        raise Invalid.field("acceptance_days", _t("is empty"), _t("say after how many days silence accepts: 1 to 90"))
    return standing


def canonical_policy(policy: dict[str, Any]) -> dict[str, Any]:
    """A policy in its one form. Raises PolicyInvalid."""
    return dict(canonical(parse(policy)))


def negotiation_deadline() -> Any:
    """When an open negotiation lapses."""
    return clock.now() + timedelta(days=int(rules.current("trade.negotiation_days").value["days"]))
