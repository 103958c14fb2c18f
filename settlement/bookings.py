"""Booking by hand: one person proposes with reason and document, another one books. Reversals, bank fees, own money."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _t

from market.events import outbox
from market.kernel import clock, ids
from market.kernel.errors import Conflict, IllegalStep, Invalid, NotFound
from market.participants.members import Member, Role
from market.verbs import verb
from settlement import accounts, ledger, obligations, payments, payouts, suspense
from settlement.accounts import Code
from settlement.errors import NeedsSecondPerson, NotReversible
from settlement.ledger import Entry
from settlement.models import Booking, Obligation, StatementLine, Transfer
from settlement.states import (
    BOOKING_FOLLOWS,
    BookingKind,
    BookingState,
    Doubt,
    LineState,
    ObligationState,
    TransferKind,
)

SOURCE: Final = "booking"
# What a person had booked from a line; every other transfer follows from a step that has its own way back.
REVERSIBLE: Final = frozenset({TransferKind.SUSPENSE_ASSIGNED, TransferKind.RAIL_COST, TransferKind.PREFUND_IN})


@verb("booking.proposed")
def propose(
    kind: BookingKind, subject_id: UUID, *, reason: str, document: str, booked_on: date | None = None, by: Member
) -> Booking:
    """Ask for an entry by hand. subject_id: the line in suspense, or for a reversal the transfer.

    document: where the paper lies. booked_on: an earlier day of an open period; None is the day of approval.
    Raises Invalid, NotFound, NotReversible, Conflict while another proposal is open, NotAllowed.
    """
    by.require(Role.CLERK, Role.APPROVER)
    for name, value, most in (("reason", reason, 200), ("document", document, 120)):
        if not value.strip() or len(value) > most:
            fix = _t("say it in 1 to %(n)d characters") % {"n": most}
            raise Invalid.field(name, _t("is empty or too long"), fix)
    if booked_on is not None and booked_on > clock.now().astimezone(ledger.ZONE).date():
        raise Invalid.field("booked_on", _t("lies in the future"), _t("give a past day, or none"))
    booking = Booking(
        kind=kind, reason=reason.strip(), document=document.strip(), booked_on=booked_on, proposed_by=by.urn
    )
    if kind == BookingKind.REVERSAL:
        booking.reverses = _reversible(subject_id)
        entries = [each for each in ledger.entries_of(subject_id) if each.debit.purpose.book == "C"]
        booking.amount_minor, booking.currency = entries[0].amount_minor, entries[0].debit.currency
    else:
        booking.line = _fitting(kind, payments.lock_line(subject_id))
        booking.amount_minor, booking.currency = booking.line.amount_minor, booking.line.currency
    about = {"reverses": booking.reverses} if booking.reverses else {"line": booking.line}
    if Booking.objects.filter(state=BookingState.PROPOSED, **about).exists():
        raise Conflict(_t("A proposal about this waits for its second person."))
    booking.save(force_insert=True)
    _tell("booking.proposed", booking, by, booked_on=booking.booked_on.isoformat() if booking.booked_on else "")
    return booking


def by_hand(line: StatementLine) -> tuple[BookingKind, UUID] | None:
    """What may be proposed about a line: booked as fee or own money, or what a person had booked from it reversed.

    None where nothing may, or a proposal waits.
    """
    if line.bookings.filter(state=BookingState.PROPOSED).exists():
        return None
    if line.state == LineState.SUSPENSE:
        return (BookingKind.PREFUND if line.is_incoming else BookingKind.RAIL_COST), line.id
    made = Transfer.objects.filter(source_kind=payments.SOURCE, source_id=line.id, kind__in=REVERSIBLE)
    standing = made.filter(reversed_by__isnull=True).first()
    if standing is None or line.payout_id is not None:
        return None
    if standing.reversals.filter(state=BookingState.PROPOSED).exists():
        return None
    if line.obligation is not None and line.obligation.state == ObligationState.FUNDED:
        return None
    return BookingKind.REVERSAL, standing.id


@verb("booking.booked")
def approve(booking_id: UUID, *, by: Member) -> Booking:
    """Book what another person proposed. Raises NeedsSecondPerson, NotCovered, PeriodClosed, NotReversible,
    IllegalStep, Conflict, NotFound, Held, NotAllowed.
    """
    by.require(Role.APPROVER)
    booking = _lock(booking_id)
    if booking.proposed_by == by.urn:
        raise NeedsSecondPerson
    if booking.state == BookingState.BOOKED and booking.decided_by == by.urn:
        outbox.unchanged()
        return booking
    _move(booking, BookingState.BOOKED, by)
    made = booking.made_id = _BOOK[BookingKind(booking.kind)](booking, by)
    booking.save(update_fields=["state", "decided_by", "decided_at", "made"])
    _tell("booking.booked", booking, by, transfer=ids.urn(made))
    return booking


@verb("booking.refused")
def refuse(booking_id: UUID, *, reason: str, by: Member) -> Booking:
    """Turn down what another person proposed. Raises NeedsSecondPerson, Invalid, IllegalStep, NotFound, NotAllowed."""
    by.require(Role.APPROVER)
    payouts.need_reason(reason)
    booking = _lock(booking_id)
    if booking.proposed_by == by.urn:
        raise NeedsSecondPerson
    _move(booking, BookingState.REFUSED, by)
    booking.decision = reason[:200]
    booking.save(update_fields=["state", "decided_by", "decided_at", "decision"])
    _tell("booking.refused", booking, by, decision=reason)
    return booking


def _move(booking: Booking, to: BookingState, by: Member) -> None:
    if to not in BOOKING_FOLLOWS[BookingState(booking.state)]:
        label = BookingState(booking.state).label
        raise IllegalStep(_t("The booking is %(state)s.") % {"state": label}, state=booking.state)
    booking.state, booking.decided_by, booking.decided_at = to, by.urn, clock.now()


def _lock(booking_id: UUID) -> Booking:
    found = Booking.objects.select_for_update(no_key=True, of=("self",)).filter(id=booking_id).first()
    if found is None:
        raise NotFound
    return found


def _fitting(kind: BookingKind, line: StatementLine) -> StatementLine:
    """A bank fee went out, own money came in; either still waits in suspense."""
    if line.state != LineState.SUSPENSE or line.is_incoming is not (kind == BookingKind.PREFUND):
        raise Conflict(_t("Only a line in suspense can be booked so: a fee that went out, or own money that came in."))
    return line


def _reversible(transfer_id: UUID) -> Transfer:
    found = Transfer.objects.filter(id=transfer_id).first()
    if found is None:
        raise NotFound
    if found.kind not in REVERSIBLE or Transfer.objects.filter(reverses=found).exists():
        raise NotReversible(_t("A refund, a payout or the end of a hold is its way back, or it was reversed already."))
    return found


def _book_line(booking: Booking, by: Member) -> UUID:
    """ledgers.md A2: rail fee operator_fund → bank | rail_cost → prefund; own money the other way round."""
    line = _fitting(BookingKind(booking.kind), payments.lock_line(booking.line_id or booking.id))
    waits, fund = (accounts.common(code, line.currency) for code in (Code.SUSPENSE, Code.OPERATOR_FUND))
    cost, prefund, own = (accounts.common(c, line.currency) for c in (Code.RAIL_COST, Code.PREFUND, Code.OWN_BANK))
    if booking.kind == BookingKind.RAIL_COST:
        kind, sides = TransferKind.RAIL_COST, [(fund, waits), (cost, prefund)]
    else:
        kind, sides = TransferKind.PREFUND_IN, [(waits, fund), (prefund, own)]
    suspense.decide(line, LineState.MATCHED, booking.reason, by)
    line.save(update_fields=["state", "doubt", "decided_by", "decided_at", "decision"])
    source = (payments.SOURCE, line.id)
    return ledger.post(
        kind,
        source=source,
        part=ledger.reversed_parts(kind, source),
        entries=[Entry(debit, credit, line.amount_minor) for debit, credit in sides],
        actor=by.urn,
        reason=booking.reason,
        booked_on=booking.booked_on,
    )


def _reverse(booking: Booking, by: Member) -> UUID:
    """The same postings with their sides swapped; the line that they came from waits in suspense again."""
    wrong = _reversible(booking.reverses_id or booking.id)
    named = StatementLine.objects.values_list("obligation_id", flat=True).get(id=wrong.source_id)
    obligation = Obligation.objects.select_for_update(no_key=True).get(id=named) if named else None
    line = payments.lock_line(wrong.source_id)
    if line.payout_id is not None or line.obligation_id != named:
        raise NotReversible(_t("The bank has made this payout: what left does not come back by an entry."))
    if obligation is not None:
        if obligation.state == ObligationState.FUNDED:
            raise NotReversible(_t("The money lies in escrow for a trade: a refund is its way back."))
        obligations.check_holds(obligation)
        if obligation.state == ObligationState.DUE:
            obligation.received_minor -= line.amount_minor
            obligation.save(update_fields=["received_minor"])
    line.state, line.doubt, line.obligation = LineState.SUSPENSE, Doubt.REVERSED, None
    line.decided_by, line.decided_at, line.decision = by.urn, clock.now(), booking.reason
    line.save(update_fields=["state", "doubt", "obligation", "decided_by", "decided_at", "decision"])
    return ledger.post(
        TransferKind.REVERSED,
        source=(SOURCE, booking.id),
        entries=[Entry(each.credit, each.debit, each.amount_minor) for each in ledger.entries_of(wrong.id)],
        actor=by.urn,
        reference=wrong.reference,
        thread=wrong.thread,
        reason=booking.reason,
        reverses=wrong.id,
        booked_on=booking.booked_on,
    )


_BOOK: Final[dict[BookingKind, Callable[[Booking, Member], UUID]]] = {
    BookingKind.RAIL_COST: _book_line,
    BookingKind.PREFUND: _book_line,
    BookingKind.REVERSAL: _reverse,
}


def _tell(kind: str, booking: Booking, by: Member, **more: Any) -> None:
    outbox.record(
        kind,
        subject=booking.urn,
        actor=by.urn,
        booking_kind=str(booking.kind),
        amount_minor=booking.amount_minor,
        currency=booking.currency,
        reason=booking.reason,
        document=booking.document,
        **more,
    )
