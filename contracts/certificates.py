"""What proves a trade: its certificate, and the bundle that its parties take away."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from contracts.models import Signature, Trade
from contracts.states import PeriodState, TradeState
from market import holds
from market.events.dispatch import News
from market.kernel import canonical_json, ids
from market.kernel.errors import NotFound
from market.participants.members import Actor, Member, system
from provenance import bundles, certificates, evidence
from provenance.checkpoints import Published
from provenance.evidence import Evidence
from provenance.models import Certificate

# What the certificate stands on, the strongest first; a trade that still runs stands on its newest entry.
FINAL: Final = ("trade.ended", "trade.closed", "period.settled")
# Which entry of the trade recorded what the holders' copy shows.
RECORDED: Final = ("negotiation.agreed", "agreement.verified", "grant.opened", "period.settled", "trade.closed")


class Standing(models.TextChoices):
    """How a certified trade stands at the moment of looking."""

    PENDING = "pending", _("not on the ledger yet")
    VALID = "valid", _("valid")
    HELD = "held", _("valid, on hold")
    REFUNDED = "refunded", _("refunded")
    ENDED = "ended", _("ended without settlement")
    SUPERSEDED = "superseded", _("superseded")
    REVOKED = "revoked", _("revoked")
    ERASED = "erased", _("valid, values erased")


@dataclass(frozen=True, slots=True)
class Holding:
    """What only the parties of a trade see on its certificate. price_minor: in minor units."""

    trade_id: UUID
    number: str
    title: str
    version: int
    supplier: tuple[str, str]  # name, code
    buyer: tuple[str, str]
    price_minor: int
    currency: str
    file_sha256: str
    agreement_sha256: str
    signed_at: datetime
    accepted_at: datetime | None
    period_state: PeriodState


@dataclass(frozen=True, slots=True)
class Sheet:
    """A trade's certificate as one reader may see it."""

    id: UUID
    issued_at: datetime
    standing: Standing
    state: TradeState
    entry: Evidence | None  # what the certificate stands on; None while nothing has a signed place
    entries: list[Evidence]  # all that this reader's browser is to check, `entry` first
    events: list[Evidence]  # the whole trade in log order, for the list of steps
    holding: Holding | None  # None: the public copy
    life: certificates.Standing  # of the paper itself: revoked, superseded, what was erased behind it


def of(trade: Trade, *, by: Actor) -> Certificate:
    """The trade's certificate, made at the first asking."""
    return certificates.issue(
        Certificate.Kind.TRADE, subject=trade.id, parties=[trade.supplier_id, trade.buyer_id], by=by
    )


def hear(news: News) -> None:
    """A trade was closed: it gets its certificate. Heard twice, it changes nothing."""
    of(Trade.objects.get(id=ids.from_urn(news.subject)), by=system("certificates"))


def bundle(trade: Trade, by: Member) -> bytes:
    """One file that proves the trade offline, opened as far as the caller may see.

    Raises NotAllowed, NotYetLogged (503) while an event of the trade has no signed place in the log.
    """
    agreement = trade.agreement
    signatures: list[bundles.Signature] = []
    for signature in Signature.objects.select_related("key").filter(agreement=agreement):
        key_event: UUID | None = signature.key.event_id
        if key_event is None:
            raise RuntimeError(f"key {signature.key_id} has no registration event")
        signatures.append(
            bundles.Signature(
                party=signature.side,
                provider=signature.provider,
                public_key=bytes(signature.key.public_key),
                signature=bytes(signature.signature),
                document="agreement.json",
                key_event=key_event,
            )
        )
    document = bundles.Document(
        name="agreement.json",
        media_type="application/json",
        content=bytes(agreement.document),
        bound_by="agreement_sha256",
    )
    return bundles.of([trade.id], [document], signatures, reader=by)


def sheet(certificate_id: UUID, *, reader: Member | None, published: Published) -> Sheet:
    """The certificate of a trade as it stands now under a published checkpoint. Raises NotFound, LogUnreadable."""
    certificate = certificates.find(certificate_id)
    if certificate.kind != Certificate.Kind.TRADE:
        raise NotFound
    trade = Trade.objects.select_related("agreement", "supplier", "buyer").get(id=certificate.subject)
    events = [
        each
        for each in evidence.of([trade.id], reader=reader, published=published)
        if each.row.kind not in certificates.ISSUED
    ]
    signed = [each for each in events if each.row.is_signed]
    is_party = reader is not None and reader.organisation_id in certificate.parties
    entry = next((each for kind in FINAL for each in signed if each.row.kind == kind), signed[-1] if signed else None)
    recorded = [each for each in signed if each is not entry and each.row.kind in RECORDED] if is_party else []
    life = certificates.standing(certificate, events)
    return Sheet(
        id=certificate.id,
        issued_at=certificate.issued_at,
        standing=_standing(trade, life, is_logged=len(signed) == len(events)),
        state=TradeState(trade.state),
        entry=entry,
        entries=[] if entry is None else [entry, *recorded],
        events=events,
        holding=_holding(trade) if is_party else None,
        life=life,
    )


def _standing(trade: Trade, life: certificates.Standing, *, is_logged: bool) -> Standing:
    if life.status in {certificates.Status.REVOKED, certificates.Status.SUPERSEDED}:
        return Standing(life.status.value)
    if not is_logged:
        return Standing.PENDING
    if trade.state == TradeState.REFUNDED:
        return Standing.REFUNDED
    if trade.state in {TradeState.CANCELLED, TradeState.EXPIRED}:
        return Standing.ENDED
    if holds.active([trade.id]):
        return Standing.HELD
    return Standing.ERASED if life.gone else Standing.VALID


def _holding(trade: Trade) -> Holding:
    agreement = trade.agreement
    document = canonical_json.loads(bytes(agreement.document))
    period = trade.periods.get(n=1)
    return Holding(
        trade_id=trade.id,
        number=trade.number,
        title=trade.title,
        version=int(document["product"]["version"]),
        supplier=(trade.supplier.name, trade.supplier.uscc),
        buyer=(trade.buyer.name, trade.buyer.uscc),
        price_minor=int(document["price_minor"]),
        currency=str(document["currency"]),
        file_sha256=str(document["file_sha256"]),
        agreement_sha256=agreement.sha256,
        signed_at=agreement.agreed_at,
        accepted_at=period.accepted_at,
        period_state=PeriodState(period.state),
    )
