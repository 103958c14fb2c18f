"""Where the money for one reference is now, since when, and who moves it next."""

from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from market.participants.members import Member
from settlement import fees, obligations, queries
from settlement.fees import Shares
from settlement.models import Obligation, Payout, Refund, StatementLine
from settlement.states import Doubt, LineState, ObligationState, PayoutState


class Place(models.TextChoices):
    """Where money can be."""

    WITH_PAYER = "with_payer", _("not paid yet")
    SUSPENSE = "suspense", _("received, waiting in suspense")
    PAYER_ACCOUNT = "payer_account", _("available to the buyer")
    ESCROW = "escrow", _("in escrow")
    RESERVED = "reserved", _("earned by the supplier, in the reserve period")
    PAYEE_ACCOUNT = "payee_account", _("available to the supplier")
    OPERATOR = "operator", _("platform fee with VAT")
    REFUND_DUE = "refund_due", _("on its way back to the buyer")
    PAID_BACK = "paid_back", _("paid back to the buyer")


class Mover(models.TextChoices):
    """Who takes the next step."""

    PAYER = "payer", _("the buyer")
    PAYER_FINANCE = "payer_finance", _("the buyer's finance")
    PAYEE_FINANCE = "payee_finance", _("the supplier's finance")
    CLERK = "clerk", _("the operator's clerk")
    APPROVER = "approver", _("the operator's approver")
    BANK = "bank", _("the bank")
    TIME = "time", _("nobody: the period ends by itself")
    HOLD = "hold", _("whoever lifts the hold")
    NOBODY = "nobody", _("nobody: it has arrived")


@dataclass(frozen=True, slots=True)
class Pile:
    """One amount in one place, in minor units. until: when the place ends by itself or is due."""

    place: Place
    amount_minor: int
    since: datetime
    mover: Mover
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The money for one reference."""

    payment_reference: str
    currency: str
    amount_minor: int
    state: ObligationState
    piles: list[Pile]
    shares: Shares  # how the whole amount is, or will be, divided by the rule fixed for it


def where_is_money(reference: str, *, for_: Member) -> Whereabouts:
    """Where the money is, for its two sides and the operator's desk. Raises NotFound."""
    obligation = queries.obligation(reference, for_=for_)
    piles = _before(obligation)
    if obligation.has_suspended:  # type: ignore[attr-defined]  # annotated there
        piles += _suspended(obligation)
    piles += _after(obligation)
    if obligation.refunded_minor:
        piles += [_refunded(refund) for refund in obligation.refunds.select_related("payout").order_by("id")]
    return Whereabouts(
        payment_reference=obligation.payment_reference,
        currency=obligation.currency,
        amount_minor=obligation.amount_minor,
        state=ObligationState(obligation.state),
        piles=piles,
        shares=fees.divide(obligation.amount_minor, obligation.fee, obligation.tax_rate_bp),
    )


def _before(obligation: Obligation) -> list[Pile]:
    """What is still to be paid, and what came in parts."""
    if obligation.state != ObligationState.DUE:
        return []
    since, missing = obligation.opened_at, obligation.amount_minor - obligation.received_minor
    piles = []
    if missing > 0:
        piles.append(Pile(Place.WITH_PAYER, missing, since, Mover.PAYER, until=obligations.due_at(obligation)))
    if obligation.received_minor:
        piles.append(Pile(Place.PAYER_ACCOUNT, obligation.received_minor, since, Mover.PAYER))
    return piles


def _suspended(obligation: Obligation) -> list[Pile]:
    """Receipts that name the obligation and wait for a person or for the end of a hold."""
    waiting = StatementLine.objects.filter(obligation=obligation, state=LineState.SUSPENSE, is_incoming=True)
    return [
        Pile(
            Place.SUSPENSE,
            line.amount_minor,
            line.statement.imported_at,
            Mover.HOLD if line.doubt == Doubt.HELD else Mover.CLERK,
        )
        for line in waiting.select_related("statement").order_by("statement__imported_at", "row")
    ]


def _after(obligation: Obligation) -> list[Pile]:
    """Escrow, or its shares once it is released."""
    if obligation.state == ObligationState.FUNDED and obligation.funded_at:
        return [Pile(Place.ESCROW, obligation.in_escrow_minor, obligation.funded_at, Mover.PAYER)]
    if obligation.state != ObligationState.RELEASED:
        return []
    made = obligation.release
    if made.freed_at:
        share = Pile(Place.PAYEE_ACCOUNT, made.payee_minor, made.freed_at, Mover.PAYEE_FINANCE)
    else:
        share = Pile(Place.RESERVED, made.payee_minor, made.released_at, Mover.TIME, until=made.free_at)
    fee = Pile(Place.OPERATOR, made.fee_minor + made.vat_minor, made.released_at, Mover.NOBODY)
    return [pile for pile in (share, fee) if pile.amount_minor]


def _refunded(refund: Refund) -> Pile:
    payout = refund.payout
    if payout is None or payout.state in {PayoutState.CANCELLED, PayoutState.FAILED, PayoutState.RETURNED}:
        since = payout.ended_at if payout and payout.ended_at else refund.refunded_at
        return Pile(Place.PAYER_ACCOUNT, refund.amount_minor, since, Mover.PAYER_FINANCE)
    if payout.state == PayoutState.CONFIRMED and payout.ended_at:
        return Pile(Place.PAID_BACK, refund.amount_minor, payout.ended_at, Mover.NOBODY)
    return Pile(Place.REFUND_DUE, refund.amount_minor, refund.refunded_at, mover_of(payout))


def mover_of(payout: Payout) -> Mover:
    """Who takes the next step of a payout."""
    if payout.state in {PayoutState.REQUESTED, PayoutState.APPROVED}:
        return Mover.APPROVER
    return Mover.BANK if payout.state == PayoutState.INSTRUCTED else Mover.NOBODY
