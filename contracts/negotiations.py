"""Negotiations: the buyer asks, both sides may counter, they agree. One machine, whoever is at the door."""

import hashlib
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _t

from contracts import periods, signatures, standstills, terms
from contracts.errors import NegotiationOpen, NotYourTurn, OwnOffer
from contracts.models import Agreement, Negotiation, Period, Side, Signature, Trade, Turn
from contracts.states import NEGOTIATION_ENDED, NEGOTIATION_FOLLOWS, NegotiationState, TradeState
from listings.errors import OfferClosed
from listings.models import Offer
from listings.states import VersionState
from market import holds
from market.events import outbox
from market.kernel import canonical_json, clock, ids, rows
from market.kernel.errors import Conflict, IllegalStep, Invalid, NotFound
from market.participants.admissions import next_number
from market.participants.members import Actor, Member, Role
from market.participants.models import Organisation
from market.verbs import verb

TURNS_MAX = 50


def move(negotiation: Negotiation, to: NegotiationState) -> None:
    """Take one step; the caller holds the row lock. Raises IllegalStep."""
    if to not in NEGOTIATION_FOLLOWS[NegotiationState(negotiation.state)]:
        raise IllegalStep(
            _t("The negotiation is %(state)s.") % {"state": NegotiationState(negotiation.state).label},
            state=negotiation.state,
        )
    negotiation.state = to


@verb("negotiation.requested")
def request(
    offer_id: UUID,
    *,
    purpose: str = "",
    price_minor: int | None = None,
    policy: dict[str, Any] | None = None,
    acceptance_days: int | None = None,
    silence_accepts: bool | None = None,
    consumer_pid: str = "",
    note: str = "",
    by: Member,
) -> Negotiation:
    """Ask for an offer, on its terms or on others as `terms.Changes` names them (then it must be negotiable).

    consumer_pid: the buyer's own name for the negotiation; the same again answers the same one, however far it came.
    Raises NotFound, OfferClosed, OwnOffer, NegotiationOpen, Invalid, Held, NotAllowed.
    """
    by.require_trading(Role.TRADER, Role.SIGNATORY)
    offer = rows.lock(Offer, "version__product__supplier", "version__resource", id=offer_id)
    if offer is None or (offer.buyer_id and offer.buyer_id != by.organisation_id):
        raise NotFound
    supplier = offer.version.product.supplier
    if supplier.id == by.organisation_id:
        raise OwnOffer
    changes = terms.Changes(price_minor, policy, acceptance_days, silence_accepts)
    # The offer's lock makes a request that is sent twice at once wait for its twin.
    asked = Negotiation.objects.filter(offer=offer, buyer_id=by.organisation_id)
    if consumer_pid and (earlier := asked.filter(consumer_pid=consumer_pid).first()):
        _require_same(earlier, purpose, changes)
        outbox.unchanged()
        return earlier
    if open_one := asked.exclude(state__in=NEGOTIATION_ENDED).first():
        raise NegotiationOpen(negotiation=open_one.urn)
    holds.check(by.organisation_urn, supplier.urn, offer.version.urn, offer.version.product.urn)
    if offer.withdrawn_at is not None or offer.version.state != VersionState.LISTED:
        raise OfferClosed
    buyer = rows.get(Organisation, id=by.organisation_id)
    if buyer is None:
        raise NotFound
    table = terms.from_offer(offer, buyer)
    changed = terms.change(table, changes)
    if changed and not offer.is_negotiable:
        raise Conflict(_t("This offer is not negotiable."))
    now = clock.now()
    negotiation = Negotiation(
        consumer_pid=consumer_pid or ids.urn(ids.new_id()),
        offer=offer,
        supplier=supplier,
        buyer=buyer,
        terms=table,
        price_minor=table["price_minor"],
        currency=table["currency"],
        purpose=purpose.strip()[:200],
        requested_by_id=by.person_id,
        requested_at=now,
        changed_at=now,
        expires_at=terms.negotiation_deadline(),
    )
    rows.create(negotiation)
    _write_turn(negotiation, Side.BUYER, note, by)
    outbox.record(
        "negotiation.requested",
        subject=negotiation.urn,
        actor=by.urn,
        thread=negotiation.thread_urn,
        parties=[negotiation.supplier_id, negotiation.buyer_id],
        offer=offer.urn,
        version=offer.version.urn,
        price_minor=negotiation.price_minor,
        currency=negotiation.currency,
        policy_sha256=_policy_sha256(negotiation),
        turn=1,
    )
    return negotiation


@verb("negotiation.offered")
def offer(
    negotiation_id: UUID,
    *,
    price_minor: int | None = None,
    policy: dict[str, Any] | None = None,
    acceptance_days: int | None = None,
    silence_accepts: bool | None = None,
    note: str = "",
    by: Member,
) -> Negotiation:
    """The supplier's counter-offer. Raises NotYourTurn, Invalid, IllegalStep, Held."""
    changes = terms.Changes(price_minor, policy, acceptance_days, silence_accepts)
    return _counter(negotiation_id, Side.SUPPLIER, changes, note, by)


@verb("negotiation.requested")
def counter(
    negotiation_id: UUID,
    *,
    price_minor: int | None = None,
    policy: dict[str, Any] | None = None,
    acceptance_days: int | None = None,
    silence_accepts: bool | None = None,
    note: str = "",
    by: Member,
) -> Negotiation:
    """The buyer's counter-request. Raises NotYourTurn, Invalid, IllegalStep, Held."""
    changes = terms.Changes(price_minor, policy, acceptance_days, silence_accepts)
    return _counter(negotiation_id, Side.BUYER, changes, note, by)


def _counter(
    negotiation_id: UUID,
    side: Side,
    changes: terms.Changes,
    note: str,
    by: Member,
) -> Negotiation:
    by.require_trading(Role.TRADER, Role.SIGNATORY)
    negotiation = locked(negotiation_id, by, side)
    move(negotiation, NegotiationState.OFFERED if side == Side.SUPPLIER else NegotiationState.REQUESTED)
    if negotiation.turns >= TURNS_MAX:
        raise Conflict(_t("After %(n)d turns the negotiation must end.") % {"n": TURNS_MAX})
    if not terms.change(negotiation.terms, changes):
        raise Invalid.field("price_minor", _t("changes nothing"), _t("change the price or the licence, or accept"))
    negotiation.price_minor = negotiation.terms["price_minor"]
    negotiation.turns += 1
    negotiation.changed_at = clock.now()
    rows.save(negotiation, "state", "terms", "price_minor", "turns", "changed_at")
    _write_turn(negotiation, side, note, by)
    told: dict[str, Any] = {
        "price_minor": negotiation.price_minor,
        "currency": negotiation.currency,
        "policy_sha256": _policy_sha256(negotiation),
        "turn": negotiation.turns,
    }
    if side == Side.BUYER:
        told |= {"offer": ids.urn(negotiation.offer_id), "version": negotiation.terms["product"]["urn"]}
    outbox.record(
        "negotiation.offered" if side == Side.SUPPLIER else "negotiation.requested",
        subject=negotiation.urn,
        actor=by.urn,
        thread=negotiation.thread_urn,
        parties=[negotiation.supplier_id, negotiation.buyer_id],
        **told,
    )
    return negotiation


@verb("negotiation.accepted")
def accept(negotiation_id: UUID, *, by: Member) -> Negotiation:
    """The buyer accepts the supplier's counter-offer. Raises NotYourTurn, IllegalStep, Held."""
    by.require_trading(Role.TRADER, Role.SIGNATORY)
    negotiation = locked(negotiation_id, by, Side.BUYER)
    move(negotiation, NegotiationState.ACCEPTED)
    rows.save(negotiation, "state")
    outbox.record(
        "negotiation.accepted",
        subject=negotiation.urn,
        actor=by.urn,
        thread=negotiation.thread_urn,
        parties=[negotiation.supplier_id, negotiation.buyer_id],
        price_minor=negotiation.price_minor,
        currency=negotiation.currency,
        turn=negotiation.turns,
    )
    return negotiation


@verb("negotiation.agreed")
def agree(negotiation_id: UUID, *, provider: signatures.SignatureProvider, by: Member) -> Agreement:
    """The supplier's signatory signs the draft: the agreement, its trade and its first period come to be.

    Raises WrongSignature, UnknownKey, TermsIncomplete, NotYourTurn, IllegalStep, Held.
    """
    by.require_trading(Role.SIGNATORY)
    negotiation = locked(negotiation_id, by, Side.SUPPLIER)
    move(negotiation, NegotiationState.AGREED)
    document = terms.draft(negotiation)
    digest = signatures.digest_of(document)
    signed = provider.sign(digest, by=by)
    rows.save(negotiation, "state")
    now = clock.now()
    agreement = rows.create(
        Agreement(
            id=negotiation.agreement_id,
            number=next_number("contracts_agreement_number", "C"),
            negotiation=negotiation,
            document=document,
            sha256=digest.hex(),
            agreed_at=now,
        )
    )
    write_signature(agreement, Side.SUPPLIER, signed, by)
    version = negotiation.offer.version
    trade = rows.create(
        Trade(
            id=negotiation.thread,
            number=next_number("contracts_trade_number", "T"),
            agreement=agreement,
            supplier_id=negotiation.supplier_id,
            buyer_id=negotiation.buyer_id,
            title=version.title,
            version_id=version.id,
            product_id=version.product_id,
            district=version.district,
            sector=version.sector,
            created_at=now,
        )
    )
    rows.create(
        Period(
            trade=trade,
            n=1,
            amount_minor=negotiation.price_minor,
            currency=negotiation.currency,
            acceptance_days=negotiation.terms["acceptance_days"],
        )
    )
    outbox.record(
        "negotiation.agreed",
        subject=negotiation.urn,
        actor=by.urn,
        thread=negotiation.thread_urn,
        parties=[negotiation.supplier_id, negotiation.buyer_id],
        agreement=agreement.urn,
        agreement_sha256=agreement.sha256,
        price_minor=negotiation.price_minor,
        currency=negotiation.currency,
        supplier=ids.urn(negotiation.supplier_id),
        buyer=ids.urn(negotiation.buyer_id),
        signature=signed.signature.hex(),
        public_key=bytes(signed.key.public_key).hex(),
    )
    return agreement


@verb("agreement.finalized")
def finalize(negotiation: Negotiation, agreement: Agreement, *, by: Actor) -> None:
    """Both signatures verify: the agreement is in force. The caller holds the negotiation's lock."""
    move(negotiation, NegotiationState.FINALIZED)
    rows.save(negotiation, "state")
    outbox.record(
        "agreement.finalized",
        subject=agreement.urn,
        actor=by.urn,
        thread=negotiation.thread_urn,
        parties=[negotiation.supplier_id, negotiation.buyer_id],
        agreement=agreement.urn,
        agreement_sha256=agreement.sha256,
    )


@verb("negotiation.terminated")
def terminate(negotiation_id: UUID, *, reason: str, by: Member) -> Negotiation:
    """Either side ends the negotiation. An agreement signed by one side only never comes into force.

    Raises Invalid, IllegalStep, Held.
    """
    by.require_trading(Role.TRADER, Role.SIGNATORY)
    if not reason.strip():
        raise Invalid.field("reason", _t("is empty"), _t("tell the other side why"))
    negotiation = locked(negotiation_id, by, None)
    end(negotiation, reason.strip(), by)
    return negotiation


def end(negotiation: Negotiation, reason: str, by: Actor) -> None:
    """Terminate under the caller's lock and tell of it; a trade that only one side signed ends with it."""
    was_signed = negotiation.state == NegotiationState.AGREED
    move(negotiation, NegotiationState.TERMINATED)
    negotiation.end_reason, negotiation.changed_at = reason, clock.now()
    rows.save(negotiation, "state", "end_reason", "changed_at")
    outbox.record(
        "negotiation.terminated",
        subject=negotiation.urn,
        actor=by.urn,
        thread=negotiation.thread_urn,
        parties=[negotiation.supplier_id, negotiation.buyer_id],
        reason=reason,
    )
    if was_signed:
        period = periods.locked(trade_id=negotiation.thread, n=1)
        periods.cancel(period, reason=reason, by=by)
        periods.end_trade(period.trade, TradeState.CANCELLED, by)


def side_of(negotiation: Negotiation, by: Member) -> Side:
    """On which side the caller's organisation stands. Raises NotFound for strangers."""
    if by.organisation_id == negotiation.supplier_id:
        return Side.SUPPLIER
    if by.organisation_id == negotiation.buyer_id:
        return Side.BUYER
    raise NotFound


def locked(negotiation_id: UUID, by: Member, side: Side | None) -> Negotiation:
    """The negotiation under its lock, for one of its sides, holds asked. Raises NotFound, NotYourTurn, Held."""
    negotiation = rows.lock(Negotiation, "offer__version", id=negotiation_id)
    if negotiation is None:
        raise NotFound
    if side is not None and side_of(negotiation, by) != side:
        raise NotYourTurn
    side_of(negotiation, by)
    holds.check(*standstills.subjects_of_negotiation(negotiation))
    return negotiation


def write_signature(agreement: Agreement, side: Side, signed: signatures.Signed, by: Member) -> None:
    """Keep one side's signature; a second one for the same side is refused by the database."""
    rows.create(
        Signature(
            agreement=agreement,
            side=side,
            key=signed.key,
            person_id=by.person_id,
            algorithm=signed.key.algorithm,
            provider=signed.key.provider,
            signature=signed.signature,
        )
    )


def _require_same(earlier: Negotiation, purpose: str, asked: terms.Changes) -> None:
    """Refuse a name that comes again with another request. Raises Conflict naming the negotiation, Invalid."""
    first = Turn.objects.get(negotiation=earlier, n=1)
    table = {"price_minor": first.price_minor, "policy": first.policy, "acceptance_days": first.acceptance_days}
    if terms.change(table, asked) or earlier.purpose != purpose.strip()[:200]:
        raise Conflict(_t("This key names another request."), negotiation=earlier.urn)


def _write_turn(negotiation: Negotiation, side: Side, note: str, by: Member) -> None:
    rows.create(
        Turn(
            negotiation=negotiation,
            n=negotiation.turns,
            side=side,
            price_minor=negotiation.price_minor,
            policy=negotiation.terms["policy"],
            acceptance_days=negotiation.terms["acceptance_days"],
            note=note.strip()[:2000],
            made_by_id=by.person_id,
            made_at=negotiation.changed_at,
        )
    )


def _policy_sha256(negotiation: Negotiation) -> str:
    return hashlib.sha256(canonical_json.dumps(negotiation.terms["policy"])).hexdigest()
