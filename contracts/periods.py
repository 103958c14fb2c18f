"""Periods: due → funded → delivering → accepted → settled, one step a function."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _t

from contracts import standstills
from contracts.errors import Disputed
from contracts.models import Dispute, Period, Trade
from contracts.states import PERIOD_FOLLOWS, TRADE_FOLLOWS, DisputeState, PeriodState, TradeState
from market import holds
from market.events import outbox
from market.kernel import clock, rows
from market.kernel.errors import IllegalStep, NotFound
from market.participants.members import Actor
from market.verbs import verb


def locked(**which: Any) -> Period:
    """A period with its trade under both row locks (trade first), holds asked. Raises NotFound, Held."""
    period = rows.lock(Period, "trade", of=("trade", rows.SELF), **which)
    if period is None:
        raise NotFound
    holds.check(*standstills.subjects_of_period(period, None))
    return period


def move(period: Period, to: PeriodState) -> None:
    """Take one step; the caller holds the row lock. Raises IllegalStep."""
    if to not in PERIOD_FOLLOWS[PeriodState(period.state)]:
        raise IllegalStep(
            _t("The period is %(state)s.") % {"state": PeriodState(period.state).label}, state=period.state
        )
    period.state = to


def move_trade(trade: Trade, to: TradeState) -> None:
    """Take one step of the whole trade; the caller holds the row lock. Raises IllegalStep."""
    if to not in TRADE_FOLLOWS[TradeState(trade.state)]:
        raise IllegalStep(_t("The trade is %(state)s.") % {"state": TradeState(trade.state).label}, state=trade.state)
    trade.state = to
    if to not in {TradeState.AGREED, TradeState.RUNNING}:
        trade.ended_at = clock.now()
    rows.save(trade, "state", "ended_at")


def end_trade(trade: Trade, to: TradeState, by: Actor) -> Trade:
    """End a trade before its close, and tell how. Raises IllegalStep."""
    move_trade(trade, to)
    outbox.record(
        "trade.ended",
        subject=trade.urn,
        actor=by.urn,
        thread=trade.urn,
        parties=[trade.supplier_id, trade.buyer_id],
        number=trade.number,
        how=str(to),
    )
    return trade


def refuse_disputed(period: Period) -> None:
    """Raise Disputed while a quarrel over the period is open."""
    if rows.get(Dispute, period_id=period.id, state=DisputeState.OPEN) is not None:
        raise Disputed


def _record(kind: str, period: Period, by: Actor, **fields: Any) -> None:
    trade = period.trade
    outbox.record(
        kind,
        subject=period.urn,
        actor=by.urn,
        thread=trade.urn,
        parties=[trade.supplier_id, trade.buyer_id],
        n=period.n,
        **fields,
    )


@verb("period.funded")
def fund(period: Period, *, by: Actor) -> None:
    """The amount lies in escrow, or nothing is to be paid; from now on the buyer can obtain the whole.

    By the delivery clause that completes the delivery, so the days for objections are set here: a buyer who never
    fetches the last byte must not hold the money for ever.
    """
    move(period, PeriodState.FUNDED)
    period.funded_at = clock.now()
    if period.acceptance_days is not None:
        period.acceptance_due_at = period.funded_at + timedelta(days=period.acceptance_days)
    rows.save(period, "state", "funded_at", "acceptance_due_at")
    _record("period.funded", period, by, amount_minor=period.amount_minor, currency=period.currency)


@verb("period.delivered")
def deliver(period: Period, *, restarts_days: bool, by: Actor) -> None:
    """The buyer has the data, or is taken to have them.

    restarts_days: where the contract has the clause, whoever fetched the whole in time gets all the days to look at
    it; that happens once, because the step does.
    """
    move(period, PeriodState.DELIVERING)
    period.delivered_at = clock.now()
    if restarts_days and period.acceptance_days is not None:
        period.acceptance_due_at = period.delivered_at + timedelta(days=period.acceptance_days)
    rows.save(period, "state", "delivered_at", "acceptance_due_at")
    due = period.acceptance_due_at
    _record("period.delivered", period, by, acceptance_due_at=clock.text(due) if due else "")


@verb("period.accepted")
def accept(period: Period, *, by_silence: bool, by: Actor) -> None:
    """What was delivered is what was agreed. Raises Disputed, IllegalStep."""
    refuse_disputed(period)
    move(period, PeriodState.ACCEPTED)
    period.accepted_at, period.accepted_by_silence = clock.now(), by_silence
    rows.save(period, "state", "accepted_at", "accepted_by_silence")
    _record("period.accepted", period, by, by_silence=by_silence)


@verb("period.settled")
def settle(period: Period, *, by: Actor) -> None:
    """The escrow was divided among supplier, market and tax."""
    move(period, PeriodState.SETTLED)
    period.settled_at = clock.now()
    rows.save(period, "state", "settled_at")
    _record("period.settled", period, by, amount_minor=period.amount_minor, currency=period.currency)


@verb("period.cancelled")
def cancel(period: Period, *, reason: str, by: Actor) -> None:
    """Nothing was paid and nothing will be."""
    move(period, PeriodState.CANCELLED)
    rows.save(period, "state")
    _record("period.cancelled", period, by, reason=reason)


@verb("period.expired")
def expire(period: Period, *, by: Actor) -> None:
    """The day of payment has passed without payment."""
    move(period, PeriodState.EXPIRED)
    rows.save(period, "state")
    _record("period.expired", period, by)


@verb("period.refunded")
def refund(period: Period, *, reason: str, by: Actor) -> None:
    """What lay in escrow goes back to the buyer."""
    move(period, PeriodState.REFUNDED)
    rows.save(period, "state")
    _record(
        "period.refunded",
        period,
        by,
        amount_minor=period.amount_minor,
        currency=period.currency,
        reason=reason,
    )


def set_due(period: Period, due_at: datetime) -> None:
    """By when the period must be paid."""
    period.due_at = due_at
    rows.save(period, "due_at")
