"""What proves a trade: its certificate, and the bundle that its parties take away."""

from uuid import UUID

from contracts.models import Signature, Trade
from market.events.dispatch import News
from market.kernel import ids
from market.participants.members import Actor, Member, system
from provenance import bundles, certificates
from provenance.models import Certificate


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
