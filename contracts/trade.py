"""The story of a trade from top to bottom, and the only place that composes verbs of other rooms.

    negotiations.request → … → negotiations.agree    the supplier signed; agreement, trade and period exist
    sign                                             the buyer signed; the obligation to pay is open
    hear_payment → fund                              the money is in escrow; the grant is open
    delivery.uses.open … close                       the buyer downloads under the signed policy
    hear_delivery → deliver                          the days for objections begin
    accept, or accept_by_silence                     escrow is divided; the trade is closed

A hold stops every step, an open dispute every step towards settlement; neither is a state, so both can end and
the story goes on where it stood. settlement and delivery know the trade as a reference only.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _t

from contracts import agreements, negotiations, periods, signatures, standstills
from contracts.models import Agreement, Period, Side, Trade
from contracts.states import PeriodState, TradeState
from delivery import grants
from delivery import queries as delivery
from listings.models import ProductVersion
from market import holds
from market.events import outbox
from market.events.dispatch import News
from market.kernel import canonical_json, clock, ids, rows
from market.kernel.errors import Conflict, IllegalStep, Invalid, NotAllowed
from market.participants.members import Actor, Member, Role, system
from market.verbs import verb
from settlement import escrow, fees, obligations
from settlement import queries as money


@verb("agreement.finalized", composes=True, durable=True)
def sign(negotiation_id: UUID, *, provider: signatures.SignatureProvider, by: Member) -> Trade:
    """The buyer signs: the contract is in force and payment is due, or the data are free and open at once.

    Raises WrongSignature, UnknownKey, NotYourTurn, IllegalStep, Held, NotAllowed.
    """
    negotiation = negotiations.locked(negotiation_id, by, Side.BUYER)
    agreement = agreements.verify(negotiation, provider=provider, by=by)
    negotiations.finalize(negotiation, agreement, by=by)
    period = periods.locked(trade_id=negotiation.thread, n=1)
    trade = period.trade
    trade.agreement = agreement
    periods.move_trade(trade, TradeState.RUNNING)
    days = int(negotiation.terms["payment_due_days"])
    periods.set_due(period, clock.now() + timedelta(days=days))
    if period.amount_minor > 0:
        _open_obligation(period, negotiation.terms, by)
    else:
        _fund(period, by)
    return trade


def _open_obligation(period: Period, terms: dict[str, Any], by: Actor) -> None:
    """Tell settlement what is to be paid, by whom, to whom, by when, and how it will be divided.

    Fee and tax are those that the signed terms name, whatever has changed since they were frozen.
    """
    trade = period.trade
    if period.due_at is None:
        raise RuntimeError(f"{period} has no day of payment")
    obligations.open(
        reference=period.urn,
        thread=trade.urn,
        payer_id=trade.buyer_id,
        payee_id=trade.supplier_id,
        amount_minor=period.amount_minor,
        currency=period.currency,
        due_at=period.due_at,
        tax_rate_bp=int(terms["tax_rate_bp"]),
        fee=fees.fixed(trade.supplier_id, version=int(terms["rules"][fees.RULE])),
        holds_on=[ids.urn(trade.version_id)],
        by=by,
    )


def hear_payment(news: News) -> None:
    """Settlement told that a reference was paid into escrow. Heard twice, it changes nothing."""
    fund(ids.from_urn(news.subject), by=system("settlement"))


@verb("period.funded", composes=True, durable=True)
def fund(period_id: UUID, *, by: Actor) -> Period:
    """The period is paid: open access under the signed policy. Raises Held; a replay changes nothing."""
    period = periods.locked(id=period_id)
    if period.state != PeriodState.DUE:
        outbox.unchanged()
        return period
    if period.amount_minor > 0 and not money.is_funded(period.urn):
        raise Conflict(_t("The payment is not in escrow."))
    _fund(period, by)
    return period


def _fund(period: Period, by: Actor) -> None:
    trade = period.trade
    agreement = rows.get(Agreement, id=trade.agreement_id)
    version = rows.get(ProductVersion, "resource", id=trade.version_id)
    if agreement is None or version is None:
        raise RuntimeError(f"{trade} has lost its agreement or its version")
    document, resource = canonical_json.loads(bytes(agreement.document)), version.resource
    if resource.file_sha256 != document["file_sha256"]:
        raise Conflict(_t("The file differs from the one in the contract."))
    periods.fund(period, by=by)
    grants.open(
        reference=period.urn,
        thread=trade.urn,
        supplier_id=trade.supplier_id,
        buyer_id=trade.buyer_id,
        version=ids.urn(trade.version_id),
        agreement=agreement.urn,
        agreement_sha256=agreement.sha256,
        storage_key=resource.storage_key,
        filename=resource.filename,
        media_type=resource.media_type,
        file_bytes=resource.file_bytes,
        file_sha256=resource.file_sha256,
        policy=document["policy"],
        agreed_at=agreement.agreed_at,
        by=by,
    )


def hear_delivery(news: News) -> None:
    """Delivery told that a use was closed; a whole file under it is the delivery of the period."""
    period_id = ids.from_urn(news.fields["reference"])
    # Told by each complete use and by each end of one. A period never comes back to FUNDED, so this needs no lock.
    if news.fields["complete"] and Period.objects.filter(id=period_id, state=PeriodState.FUNDED).exists():
        deliver(period_id, by=system("delivery"))


@verb("period.delivered", composes=True, durable=True)
def deliver(period_id: UUID, *, by: Actor) -> Period:
    """The buyer has the whole file. Later downloads change nothing."""
    period = periods.locked(id=period_id)
    if period.state != PeriodState.FUNDED:
        outbox.unchanged()
        return period
    periods.deliver(period, restarts_days=True, by=by)
    return period


@verb("period.settled", composes=True, durable=True)
def accept(period_id: UUID, *, by: Member) -> Trade:
    """The buyer accepts: escrow is divided and the trade is closed.

    Who accepts before the whole file was seen to arrive declares its receipt by that.
    Raises NotAllowed, IllegalStep (also when it was accepted already), Disputed, Held.
    """
    by.require_trading(Role.TRADER, Role.SIGNATORY)
    period = periods.locked(id=period_id)
    _require_buyer(period, by)
    _refuse_held_delivery(period)
    if period.state == PeriodState.FUNDED:
        periods.refuse_disputed(period)
        periods.deliver(period, restarts_days=False, by=by)
    return _settle(period, by_silence=False, by=by)


@verb("period.settled", composes=True, durable=True)
def accept_by_silence(period_id: UUID, *, by: Actor) -> Trade:
    """The days for objections have passed in silence and the contract has that clause. A replay changes nothing.

    They also pass for a buyer who could obtain the data and did not; they stand still while a hold stops the trade or
    the download. Raises Disputed, Held, Conflict before the day.
    """
    period = periods.locked(id=period_id)
    if period.state not in {PeriodState.FUNDED, PeriodState.DELIVERING}:
        outbox.unchanged()
        return period.trade
    _refuse_held_delivery(period)
    due_at = standstills.acceptance_due_at(period)
    if due_at is None or clock.now() < due_at:
        raise Conflict(_t("The days for objections have not passed."))
    periods.refuse_disputed(period)
    if period.state == PeriodState.FUNDED:
        periods.deliver(period, restarts_days=False, by=by)
    return _settle(period, by_silence=True, by=by)


def _refuse_held_delivery(period: Period) -> None:
    """A buyer who is kept from fetching must not be taken to accept, nor silence to speak for it. Raises Held."""
    holds.check(delivery.grant_id_of(period.urn))


def _settle(period: Period, *, by_silence: bool, by: Actor) -> Trade:
    """Accept, divide the escrow, settle, close: one transaction, or nothing of it."""
    trade = period.trade
    periods.accept(period, by_silence=by_silence, by=by)
    if period.amount_minor > 0:
        escrow.release(reference=period.urn, thread=trade.urn, holds_on=[ids.urn(trade.version_id)], by=by)
    periods.settle(period, by=by)
    periods.move_trade(trade, TradeState.CLOSED)
    outbox.record(
        "trade.closed",
        subject=trade.urn,
        actor=by.urn,
        thread=trade.urn,
        parties=[trade.supplier_id, trade.buyer_id],
        number=trade.number,
    )
    return trade


@verb("trade.ended", composes=True, durable=True)
def cancel(trade_id: UUID, *, reason: str, by: Member) -> Trade:
    """A party gives an unpaid trade up. Raises Invalid, Held, IllegalStep before both have signed and once paid."""
    by.require_trading(Role.TRADER, Role.SIGNATORY)
    if not reason.strip():
        raise Invalid.field("reason", _t("is empty"), _t("tell the other side why"))
    period = periods.locked(trade_id=trade_id, n=1)
    _require_party(period, by)
    if period.trade.state == TradeState.AGREED:
        raise IllegalStep(_t("Only one side has signed: end the negotiation instead."), state=period.trade.state)
    periods.cancel(period, reason=reason.strip(), by=by)
    obligations.cancel(period.urn, by=by)
    return periods.end_trade(period.trade, TradeState.CANCELLED, by)


@verb("trade.ended", composes=True, durable=True)
def expire(period_id: UUID, *, by: Actor) -> Trade:
    """The day of payment has passed. Money that comes later goes to the buyer's account. A replay changes nothing."""
    period = periods.locked(id=period_id)
    if period.state != PeriodState.DUE:
        outbox.unchanged()
        return period.trade
    due_at = standstills.payment_due_at(period)
    if due_at is None or clock.now() < due_at:
        raise Conflict(_t("Payment is not overdue."))
    periods.expire(period, by=by)
    obligations.expire(period.urn, by=by)
    return periods.end_trade(period.trade, TradeState.EXPIRED, by)


@verb("trade.ended", composes=True)
def refund(period: Period, *, reason: str, by: Member) -> Trade:
    """Give the escrow back and close access; disputes call this when the supplier concedes."""
    periods.refund(period, reason=reason, by=by)
    if period.amount_minor > 0:
        escrow.refund(reference=period.urn, thread=period.trade.urn, reason=reason, by=by)
    grants.close(period.urn, reason=reason, by=by)
    return periods.end_trade(period.trade, TradeState.REFUNDED, by)


def _require_buyer(period: Period, by: Member) -> None:
    if by.organisation_id != period.trade.buyer_id:
        raise NotAllowed(_t("Only the buyer may do this."))


def _require_party(period: Period, by: Member) -> None:
    if by.organisation_id not in {period.trade.buyer_id, period.trade.supplier_id}:
        raise NotAllowed(_t("Only a party of the trade may do this."))
