"""The steps of everything in this room that has states."""

from collections.abc import Mapping
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class ObligationState(models.TextChoices):
    """Where the money for one reference stands."""

    DUE = "due", _("to be paid")
    FUNDED = "funded", _("in escrow")
    RELEASED = "released", _("released")
    REFUNDED = "refunded", _("refunded")
    CANCELLED = "cancelled", _("cancelled")
    EXPIRED = "expired", _("expired")


O = ObligationState  # noqa: E741  read as in the table below
OBLIGATION_FOLLOWS: Final[Mapping[ObligationState, frozenset[ObligationState]]] = {
    O.DUE: frozenset({O.FUNDED, O.CANCELLED, O.EXPIRED}),
    O.FUNDED: frozenset({O.RELEASED, O.REFUNDED}),
    O.RELEASED: frozenset(),
    O.REFUNDED: frozenset(),
    O.CANCELLED: frozenset(),
    O.EXPIRED: frozenset(),
}


class LineState(models.TextChoices):
    """What became of one line of a bank statement."""

    MATCHED = "matched", _("matched")
    SUSPENSE = "suspense", _("in suspense")
    RETURNED = "returned", _("returned to the payer")


LINE_FOLLOWS: Final[Mapping[LineState, frozenset[LineState]]] = {
    LineState.SUSPENSE: frozenset({LineState.MATCHED, LineState.RETURNED}),
    LineState.MATCHED: frozenset({LineState.SUSPENSE}),  # what a person had booked was reversed
    LineState.RETURNED: frozenset({LineState.SUSPENSE}),  # the return failed
}


class Doubt(models.TextChoices):
    """Why a line waits in suspense."""

    NO_REFERENCE = "no_reference", _("no payment reference")
    UNKNOWN_REFERENCE = "unknown_reference", _("unknown payment reference")
    SEVERAL_REFERENCES = "several_references", _("more than one payment reference")
    AMOUNT_DIFFERS = "amount_differs", _("the amount differs")
    PAYER_DIFFERS = "payer_differs", _("paid by somebody else than the one who owes it")
    CURRENCY_DIFFERS = "currency_differs", _("the currency differs")
    ALREADY_PAID = "already_paid", _("paid already")
    LATE = "late", _("came after the end of the obligation")
    HELD = "held", _("stopped by a hold")
    NOT_SENT = "not_sent", _("this payout was not sent")
    PAYOUT_RETURNED = "payout_returned", _("came back from the payee")
    REVERSED = "reversed", _("its booking was reversed")


class PayoutState(models.TextChoices):
    """Where money stands that is to leave the custodian's account."""

    REQUESTED = "requested", _("requested")
    APPROVED = "approved", _("approved")
    INSTRUCTED = "instructed", _("sent to the bank")
    CONFIRMED = "confirmed", _("paid out")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")
    RETURNED = "returned", _("returned by the bank")


P = PayoutState
PAYOUT_FOLLOWS: Final[Mapping[PayoutState, frozenset[PayoutState]]] = {
    P.REQUESTED: frozenset({P.APPROVED, P.CANCELLED}),
    P.APPROVED: frozenset({P.INSTRUCTED, P.CANCELLED}),
    P.INSTRUCTED: frozenset({P.CONFIRMED, P.FAILED}),
    P.CONFIRMED: frozenset({P.RETURNED}),
    P.FAILED: frozenset(),
    P.CANCELLED: frozenset(),
    P.RETURNED: frozenset(),
}


class PayoutKind(models.TextChoices):
    """Whose money a payout is, and from which account it is taken."""

    EARNINGS = "earnings", _("earnings")
    REFUND = "refund", _("refund")
    RETURN = "return", _("return of an unmatched receipt")


class TransferKind(models.TextChoices):
    """Business facts that move money, as a line of an account statement names them."""

    PAYMENT_IN = "payment.in", _("payment received")
    LINE_SUSPENDED = "line.suspended", _("movement without a clear owner")
    SUSPENSE_ASSIGNED = "suspense.assigned", _("receipt assigned by a person")
    RECEIPT_RETURNED = "receipt.returned", _("receipt sent back")
    ESCROW_RELEASED = "escrow.released", _("escrow released")
    EARNINGS_FREED = "earnings.freed", _("reserve period over")
    ESCROW_REFUNDED = "escrow.refunded", _("escrow refunded")
    PAYOUT_APPROVED = "payout.approved", _("payout approved")
    PAYOUT_CANCELLED = "payout.cancelled", _("payout cancelled")
    PAYOUT_FAILED = "payout.failed", _("payout failed")
    PAYOUT_OUT = "payout.out", _("paid out by the bank")
    PAYOUT_BACK = "payout.back", _("payout came back")
    RAIL_COST = "rail.cost", _("bank fee")
    PREFUND_IN = "prefund.in", _("operator's money placed for bank fees")
    REVERSED = "entry.reversed", _("reversing entry")


class BookingKind(models.TextChoices):
    """What a person may book by hand; everything else is booked by the verb of its noun."""

    RAIL_COST = "rail_cost", _("bank fee out of the operator's money")
    PREFUND = "prefund", _("operator's money placed for bank fees")
    REVERSAL = "reversal", _("reversing entry")


class BookingState(models.TextChoices):
    """Where a manual booking stands."""

    PROPOSED = "proposed", _("waits for a second person")
    BOOKED = "booked", _("booked")
    REFUSED = "refused", _("refused")


BOOKING_FOLLOWS: Final[Mapping[BookingState, frozenset[BookingState]]] = {
    BookingState.PROPOSED: frozenset({BookingState.BOOKED, BookingState.REFUSED}),
    BookingState.BOOKED: frozenset(),
    BookingState.REFUSED: frozenset(),
}


class PeriodState(models.TextChoices):
    """Whether anything may be booked into an accounting period."""

    CLOSED = "closed", _("closed for entries")
    ASKED = "asked", _("closed, reopening asked for")
    OPEN = "open", _("open again")


PERIOD_FOLLOWS: Final[Mapping[PeriodState, frozenset[PeriodState]]] = {
    PeriodState.CLOSED: frozenset({PeriodState.ASKED}),
    PeriodState.ASKED: frozenset({PeriodState.OPEN}),
    PeriodState.OPEN: frozenset({PeriodState.CLOSED}),
}
