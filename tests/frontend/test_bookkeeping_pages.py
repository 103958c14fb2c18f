"""Booking by hand and closing months through the pages: two people, and what a refusal leaves alone."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse

from market.kernel import clock
from settlement import accounts, ledger, suspense
from settlement.accounts import Code
from settlement.models import AccountingPeriod, Booking, StatementLine
from settlement.states import BookingState, LineState, PeriodState
from tests.frontend.clients import client_of, text
from tests.frontend.moneydesk import market as market
from tests.frontend.moneydesk import the_line
from tests.settlement.builders import Market

pytestmark = pytest.mark.django_db
PAPER = {"reason": "银行手续费", "document": "回单 42"}


def last_month() -> date:
    return (clock.now().astimezone(ledger.ZONE).date().replace(day=1) - timedelta(days=1)).replace(day=1)


def step(member: Any, route: str, *parts: object, **values: str) -> Any:
    return client_of(member).post(reverse(f"frontend:{route}", args=parts), values)


def test_a_bank_fee_is_proposed_by_the_clerk_and_booked_by_the_approver(market: Market) -> None:
    market.imported(("-5.00", "手续费"))
    line = the_line()

    asked = step(market.clerk, "suspense_booking", line.id, **PAPER)
    page = text(client_of(market.approver).get(reverse("frontend:bookkeeping")))
    booked = step(market.approver, "booking_approve", Booking.objects.get().id)

    assert (asked.status_code, booked.status_code) == (303, 303)
    assert [each in page for each in ("确认入账", "银行手续费", "回单 42", "¥5.00")] == [True] * 4
    assert ledger.balance(accounts.common(Code.RAIL_COST, "CNY")) == 500
    assert "已入账" in text(client_of(market.auditor).get(reverse("frontend:bookkeeping")))


def test_the_clerk_sees_no_button_to_book_and_meets_a_closed_door(market: Market) -> None:
    market.imported(("-5.00", "手续费"))
    step(market.clerk, "suspense_booking", the_line().id, **PAPER)

    page = text(client_of(market.clerk).get(reverse("frontend:bookkeeping")))
    refused = step(market.clerk, "booking_approve", Booking.objects.get().id)

    assert "确认入账" not in page
    assert refused.status_code == 403
    assert Booking.objects.get().state == BookingState.PROPOSED


def test_a_proposal_without_document_stays_on_the_page_with_what_was_typed(market: Market) -> None:
    market.imported(("-5.00", "手续费"))

    answer = step(market.clerk, "suspense_booking", the_line().id, reason="为什么")

    assert answer.status_code == 422
    assert "为什么" in text(answer)
    assert not Booking.objects.exists()


def test_a_wrong_assignment_is_reversed_from_the_line_s_page(market: Market) -> None:
    due = market.opened(2_000)
    market.imported(("10.00", "?"))
    line = the_line()
    suspense.assign(line.id, payment_reference=due.payment_reference, reason="x", by=market.clerk)

    page = text(client_of(market.clerk).get(reverse("frontend:suspense_line", args=[line.id])))
    step(market.clerk, "suspense_booking", line.id, **PAPER)
    step(market.approver, "booking_approve", Booking.objects.get().id)

    assert "红字冲销" in page
    assert StatementLine.objects.get().state == LineState.SUSPENSE


def test_a_proposal_is_turned_down_with_a_reason_only(market: Market) -> None:
    market.imported(("-5.00", "手续费"))
    step(market.clerk, "suspense_booking", the_line().id, **PAPER)
    booking = Booking.objects.get()

    without = step(market.approver, "booking_refuse", booking.id, reason="")
    done = step(market.approver, "booking_refuse", booking.id, reason="不是手续费")

    assert (without.status_code, done.status_code) == (422, 303)
    booking.refresh_from_db()
    assert (booking.state, booking.decision) == (BookingState.REFUSED, "不是手续费")


def test_a_month_is_closed_and_reopened_by_two_people_on_the_page(market: Market) -> None:
    month = last_month()

    closed = step(market.approver, "month_close", month)
    step(market.clerk, "month_ask", month, **PAPER)
    asked = AccountingPeriod.objects.get().state
    opened = step(market.approver, "month_reopen", month)

    assert (closed.status_code, opened.status_code) == (303, 303)
    assert asked == PeriodState.ASKED
    assert AccountingPeriod.objects.get().state == PeriodState.OPEN


def test_a_month_that_cannot_close_is_a_refusal_on_the_same_page(market: Market) -> None:
    today = clock.now().astimezone(ledger.ZONE).date()

    early = step(market.approver, "month_close", today.replace(day=1))
    unknown = step(market.approver, "month_close", "x")

    assert (early.status_code, unknown.status_code) == (409, 404)
    assert "该月尚未结束" in text(early)
    assert not AccountingPeriod.objects.exists()


@pytest.mark.parametrize(
    ("form", "begins"), [("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK"), ("beancount", b'option "title"')]
)
def test_the_journal_is_taken_along_in_each_form(market: Market, form: str, begins: bytes) -> None:
    market.funded(48_000)
    today = str(clock.now().astimezone(ledger.ZONE).date())
    query = {"first_on": today, "last_on": today, "form": form}

    answer = client_of(market.auditor).get(reverse("frontend:journal_file"), query)

    assert answer.content.startswith(begins)
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_books_page_shows_a_past_moment_as_it_was(market: Market) -> None:
    market.funded(48_000)

    page = text(client_of(market.auditor).get(reverse("frontend:books"), {"at_moment": "2020-01-01T00:00"}))
    wrong = client_of(market.auditor).get(reverse("frontend:books"), {"at_moment": "x"})

    assert "¥480.00" not in page
    assert "以下为当时账目" in page
    assert wrong.status_code == 200
