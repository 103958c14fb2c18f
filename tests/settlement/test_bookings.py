"""Bookings by hand: two people, a reason and a document, or nothing. After a reversal the line waits again."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from market.events.models import Event
from market.kernel import clock, ids
from market.kernel.errors import Conflict, IllegalStep, Invalid, NotAllowed, NotFound
from settlement import accounts, bookings, books, escrow, ledger, suspense
from settlement.accounts import Code
from settlement.errors import AlreadyPosted, NeedsSecondPerson, NotCovered, NotReversible
from settlement.ledger import Entry
from settlement.models import Booking, StatementLine, Transfer
from settlement.states import BookingKind, BookingState, Doubt, LineState, TransferKind
from tests.settlement.builders import Market, refused
from tests.settlement.test_races import together

DOCUMENT = "回单 2026-11-0042"


def balance(code: Code) -> int:
    return ledger.balance(accounts.common(code, "CNY"))


def waiting() -> StatementLine:
    return StatementLine.objects.get(state=LineState.SUSPENSE)


def proposed(market: Market, kind: BookingKind, subject: Any, **more: Any) -> Booking:
    return bookings.propose(kind, subject, reason="银行手续费", document=DOCUMENT, by=market.clerk, **more)


def booked(market: Market, kind: BookingKind, subject: Any) -> Booking:
    return bookings.approve(proposed(market, kind, subject).id, by=market.approver)


def made_by(booking: Booking) -> Transfer:
    assert booking.made is not None
    return booking.made


def given_assigned(market: Market) -> Transfer:
    """A receipt of 10.00 yuan that the clerk gave to the wrong obligation, which is not paid by it."""
    wrong = market.opened(2_000)
    market.imported(("10.00", "?"))
    suspense.assign(waiting().id, payment_reference=wrong.payment_reference, reason="x", by=market.clerk)
    return Transfer.objects.get(kind=TransferKind.SUSPENSE_ASSIGNED)


def test_a_bank_fee_is_the_operators_cost_and_no_clients(market: Market) -> None:
    market.imported(("500.00", "存入"))
    booked(market, BookingKind.PREFUND, waiting().id)
    market.imported(("-5.00", "手续费"))

    made = booked(market, BookingKind.RAIL_COST, waiting().id)

    assert [(str(e.debit.code), str(e.credit.code), e.amount_minor) for e in ledger.entries_of(made_by(made).id)] == [
        ("operator_fund", "suspense", 500),
        ("rail_cost", "prefund", 500),
    ]
    codes = (Code.OPERATOR_FUND, Code.PREFUND, Code.RAIL_COST, Code.OWN_BANK, Code.SUSPENSE)
    assert [balance(code) for code in codes] == [49_500, 49_500, 500, -50_000, 0]
    assert books.check() == []


def test_a_fee_beyond_the_operators_money_is_named_as_a_shortfall(market: Market) -> None:
    market.imported(("-5.00", "手续费"))

    booked(market, BookingKind.RAIL_COST, waiting().id)

    assert [(each.name, each.subject, each.found_minor) for each in books.check()] == [
        ("shortfall", "operator_fund", -500)
    ]


def test_the_one_who_proposed_does_not_book(market: Market) -> None:
    market.imported(("-5.00", "手续费"))
    booking = bookings.propose(BookingKind.RAIL_COST, waiting().id, reason="x", document=DOCUMENT, by=market.approver)

    with refused(NeedsSecondPerson):
        bookings.approve(booking.id, by=market.approver)
    with refused(NeedsSecondPerson):
        bookings.refuse(booking.id, reason="x", by=market.approver)

    assert Booking.objects.get().state == BookingState.PROPOSED
    assert not Transfer.objects.filter(kind=TransferKind.RAIL_COST).exists()


def test_the_database_refuses_a_booking_by_one_person(market: Market) -> None:
    market.imported(("-5.00", "手续费"))
    booking = proposed(market, BookingKind.RAIL_COST, waiting().id)

    with pytest.raises(IntegrityError, match="booking_takes_two_people"), transaction.atomic():
        Booking.objects.filter(id=booking.id).update(
            state="refused", decided_by=booking.proposed_by, decided_at=clock.now()
        )


@pytest.mark.parametrize("missing", ["reason", "document"])
def test_a_booking_says_why_and_where_its_paper_is(market: Market, missing: str) -> None:
    market.imported(("-5.00", "手续费"))

    with refused(Invalid) as info:
        bookings.propose(
            BookingKind.RAIL_COST,
            waiting().id,
            reason=" " if missing == "reason" else "x",
            document=" " if missing == "document" else "y",
            by=market.clerk,
        )

    assert [each["field"] for each in info.value.extra["fields"]] == [missing]
    assert not Booking.objects.exists()


def test_who_reads_the_books_does_not_write_them(market: Market) -> None:
    market.imported(("-5.00", "手续费"))

    with refused(NotAllowed):
        bookings.propose(BookingKind.RAIL_COST, waiting().id, reason="x", document="y", by=market.auditor)
    booking = proposed(market, BookingKind.RAIL_COST, waiting().id)
    with refused(NotAllowed):
        bookings.approve(booking.id, by=market.clerk)

    assert waiting().state == LineState.SUSPENSE


def test_money_that_came_in_is_no_fee_and_a_matched_line_is_booked_already(market: Market) -> None:
    obligation = market.opened(1_000)
    market.imported(("5.00", "?"), ("10.00", obligation.payment_reference))
    matched = StatementLine.objects.get(state=LineState.MATCHED)

    for kind, line in ((BookingKind.RAIL_COST, waiting()), (BookingKind.PREFUND, matched)):
        with refused(Conflict):
            proposed(market, kind, line.id)

    assert not Booking.objects.exists()


def test_a_wrong_assignment_is_reversed_and_the_receipt_waits_again(market: Market) -> None:
    wrong = given_assigned(market)
    line = StatementLine.objects.get()

    made = booked(market, BookingKind.REVERSAL, wrong.id)

    reversal = made_by(made)
    line.refresh_from_db()
    assert (reversal.reverses_id, reversal.reason) == (wrong.id, "银行手续费")
    assert (line.state, line.doubt, line.obligation_id) == (LineState.SUSPENSE, Doubt.REVERSED, None)
    assert ledger.balance(accounts.org(market.buyer.id, "CNY")) == 0
    assert balance(Code.SUSPENSE) == 1_000
    assert books.check() == []


def test_after_a_reversal_the_right_entry_is_made_by_the_ordinary_verb(market: Market) -> None:
    booked(market, BookingKind.REVERSAL, given_assigned(market).id)
    right = market.opened(1_000)

    line = suspense.assign(waiting().id, payment_reference=right.payment_reference, reason="y", by=market.clerk)

    right.refresh_from_db()
    assert (line.state, right.state) == (LineState.MATCHED, "funded")
    assert books.check() == []


def test_what_was_reversed_is_not_reversed_again(market: Market) -> None:
    wrong = given_assigned(market)
    booked(market, BookingKind.REVERSAL, wrong.id)

    with refused(NotReversible):
        proposed(market, BookingKind.REVERSAL, wrong.id)


def test_money_that_the_payer_no_longer_has_is_not_taken_back(market: Market) -> None:
    wrong = given_assigned(market)
    with transaction.atomic():
        ledger.post(
            TransferKind.PAYOUT_APPROVED,
            source=("test", ids.new_id()),
            entries=[Entry(accounts.org(market.buyer.id, "CNY"), accounts.payout_out(market.buyer.id, "CNY"), 1)],
            actor="urn:test",
        )
    booking = proposed(market, BookingKind.REVERSAL, wrong.id)

    with refused(NotCovered):
        bookings.approve(booking.id, by=market.approver)

    booking.refresh_from_db()
    assert (booking.state, StatementLine.objects.get().state) == (BookingState.PROPOSED, LineState.MATCHED)


def test_a_step_with_a_way_back_of_its_own_is_not_reversed_by_hand(market: Market) -> None:
    obligation = market.funded(48_000)
    escrow.release(reference=obligation.reference_urn, thread=obligation.thread_urn, by=market.trader)

    for kind in (TransferKind.PAYMENT_IN, TransferKind.ESCROW_RELEASED):
        with refused(NotReversible):
            proposed(market, BookingKind.REVERSAL, Transfer.objects.get(kind=kind).id)
    with refused(NotFound):
        proposed(market, BookingKind.REVERSAL, ids.new_id())


def test_an_assignment_that_paid_a_trade_goes_back_by_a_refund_only(market: Market) -> None:
    due = market.opened(1_000)
    market.imported(("10.00", "?"))
    suspense.assign(waiting().id, payment_reference=due.payment_reference, reason="x", by=market.clerk)
    booking = proposed(market, BookingKind.REVERSAL, Transfer.objects.get(kind=TransferKind.SUSPENSE_ASSIGNED).id)

    with refused(NotReversible):
        bookings.approve(booking.id, by=market.approver)

    due.refresh_from_db()
    assert due.state == "funded"


def test_a_refused_proposal_books_nothing_and_frees_its_line(market: Market) -> None:
    market.imported(("-5.00", "手续费"))
    first = proposed(market, BookingKind.RAIL_COST, waiting().id)
    with refused(Conflict):
        proposed(market, BookingKind.RAIL_COST, waiting().id)

    bookings.refuse(first.id, reason="不是手续费", by=market.approver)

    with refused(IllegalStep):
        bookings.approve(first.id, by=market.approver)
    assert proposed(market, BookingKind.RAIL_COST, waiting().id).state == BookingState.PROPOSED
    assert Event.objects.filter(kind="booking.refused").count() == 1


def test_a_fee_booked_by_mistake_is_reversed_and_may_be_booked_again(market: Market) -> None:
    market.imported(("-5.00", "手续费"))
    fee = booked(market, BookingKind.RAIL_COST, waiting().id)

    booked(market, BookingKind.REVERSAL, fee.made_id)
    again = booked(market, BookingKind.RAIL_COST, waiting().id)

    assert made_by(again).part == 1
    assert balance(Code.RAIL_COST) == 500


def test_eight_approvals_at_once_are_one_entry(lasting_market: Market) -> None:
    market = lasting_market
    market.imported(("-5.00", "手续费"))
    booking = proposed(market, BookingKind.RAIL_COST, waiting().id)

    found = together(*[lambda: bookings.approve(booking.id, by=market.approver)] * 8)

    assert {each.made_id for each in found} == {Transfer.objects.get(kind=TransferKind.RAIL_COST).id}
    assert balance(Code.RAIL_COST) == 500


def test_a_fee_and_a_decision_of_the_clerk_do_not_both_take_the_line(lasting_market: Market) -> None:
    market = lasting_market
    market.imported(("5.00", "?"))
    line, due = waiting(), market.opened(500)
    booking = proposed(market, BookingKind.PREFUND, line.id)

    found = together(
        lambda: bookings.approve(booking.id, by=market.approver),
        lambda: suspense.assign(line.id, payment_reference=due.payment_reference, reason="x", by=market.clerk),
    )

    assert sum(isinstance(each, Conflict | IllegalStep | AlreadyPosted) for each in found) == 1
    assert balance(Code.SUSPENSE) == 0
    assert books.check() == []


def test_a_day_that_has_not_come_is_no_day_to_book_on(market: Market) -> None:
    market.imported(("-5.00", "手续费"))
    tomorrow = (clock.now() + timedelta(days=2)).date()

    with refused(Invalid):
        proposed(market, BookingKind.RAIL_COST, waiting().id, booked_on=tomorrow)
