"""Agreements: the buyer's signature, by which the contract is whole."""

from django.utils.translation import gettext as _t

from contracts import negotiations, signatures
from contracts.models import Agreement, Negotiation, Side
from contracts.states import NegotiationState
from market.events import outbox
from market.kernel import rows
from market.kernel.errors import Conflict, NotFound
from market.participants.members import Member, Role
from market.verbs import verb


@verb("agreement.verified")
def verify(negotiation: Negotiation, *, provider: signatures.SignatureProvider, by: Member) -> Agreement:
    """The buyer's signatory signs the same bytes. The caller holds the negotiation's lock.

    Raises WrongSignature, UnknownKey, IllegalStep, NotAllowed.
    """
    by.require_trading(Role.SIGNATORY)
    negotiations.move(negotiation, NegotiationState.VERIFIED)
    agreement = rows.get(Agreement, negotiation_id=negotiation.id)
    if agreement is None:
        raise NotFound
    digest = signatures.digest_of(bytes(agreement.document))
    if digest.hex() != agreement.sha256:
        raise Conflict(_t("The stored agreement differs from its fingerprint; the operator must look at it."))
    signed = provider.sign(digest, by=by)
    rows.save(negotiation, "state")
    negotiations.write_signature(agreement, Side.BUYER, signed, by)
    outbox.record(
        "agreement.verified",
        subject=agreement.urn,
        actor=by.urn,
        thread=negotiation.thread_urn,
        parties=[negotiation.supplier_id, negotiation.buyer_id],
        agreement=agreement.urn,
        agreement_sha256=agreement.sha256,
        signature=signed.signature.hex(),
        public_key=bytes(signed.key.public_key).hex(),
    )
    return agreement
