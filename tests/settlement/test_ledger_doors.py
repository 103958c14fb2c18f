"""The ledger's doors for programs of the desk: accounts at any moment, entries by hand, months."""

from datetime import timedelta
from typing import Any

import pytest

from market.kernel import clock
from settlement import accounts, ledger
from settlement.models import StatementLine
from settlement.states import LineState
from tests.settlement.builders import Market
from tests.settlement.test_doors import Program

TODAY = clock.now().astimezone(ledger.ZONE).date()
LAST = (TODAY.replace(day=1) - timedelta(days=1)).replace(day=1)


@pytest.fixture
def market(lasting_market: Market) -> Market:
    return lasting_market


@pytest.fixture
def clerk(market: Market) -> Program:
    return Program(market.clerk, "operate")


@pytest.fixture
def approver(market: Market) -> Program:
    return Program(market.approver, "operate")


def test_an_account_is_told_now_then_and_line_by_line(market: Market, clerk: Program) -> None:
    market.funded(48_000)
    then = clock.now().isoformat()
    market.imported(("10.00", "?"))

    (bank,) = clerk.get("/accounts", code="bank").json()
    before = clerk.get(f"/accounts/{bank['id']}", at=then).json()
    found = clerk.get(f"/accounts/{bank['id']}/statement", first_on=TODAY, last_on=TODAY).json()
    books = clerk.get("/books", at=then).json()

    assert bank["id"] == str(accounts.bank("CNY").id)
    assert (bank["balance_minor"], before["balance_minor"]) == (49_000, 48_000)
    assert (found["opening_minor"], found["closing_minor"], found["count"]) == (0, 49_000, 2)
    assert {row["code"]: row["balance"] for row in books["rows"]}["suspense"] == 0
    assert clerk.get(f"/accounts/{bank['id']}", at="2026-01-01T00:00:00").status_code == 422  # no time zone


def test_an_entry_by_hand_takes_two_programs_of_two_people(market: Market, clerk: Program, approver: Program) -> None:
    market.imported(("-5.00", "手续费"))
    line = StatementLine.objects.get(state=LineState.SUSPENSE)
    body: dict[str, Any] = {"kind": "rail_cost", "subject": str(line.id), "reason": "手续费", "document": "回单 1"}

    asked = clerk.post("/bookings", body)
    path = f"/bookings/{asked.json()['id']}/approve"
    alone, booked = clerk.post(path, {}), approver.post(path, {})

    assert (asked.status_code, alone.status_code, booked.status_code) == (201, 403, 200)
    assert booked.json()["state"] == "booked"
    assert [row["state"] for row in clerk.get("/bookings", state="booked").json()] == ["booked"]


def test_a_month_is_closed_and_reopened_through_the_doors(market: Market, clerk: Program, approver: Program) -> None:
    closed = approver.post(f"/periods/{LAST}/close", {})
    asked = clerk.post(f"/periods/{LAST}/ask-reopening", {"reason": "漏记", "document": "审批单 7"})
    opened = approver.post(f"/periods/{LAST}/reopen", {})

    states = [answer.json()["state"] for answer in (closed, asked, opened)]
    assert states == ["closed", "asked", "open"]
    assert [row["state"] for row in clerk.get("/periods").json()] == ["open"]
    assert clerk.post(f"/periods/{LAST}/close", {}).status_code == 403
