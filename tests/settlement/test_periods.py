"""Months that close: the database refuses every entry into them, reopening takes two people and a reason."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from market.events.models import Event
from market.kernel import clock, ids
from market.kernel.errors import Conflict, IllegalStep, Invalid, NotAllowed, NotFound
from market.participants.members import Role
from settlement import accounts, books, ledger, periods
from settlement.accounts import Code
from settlement.errors import BooksDisagree, NeedsSecondPerson, PeriodClosed
from settlement.ledger import Entry
from settlement.models import AccountingPeriod, Transfer
from settlement.states import PeriodState, TransferKind
from tests.settlement.builders import Market, given_member, refused
from tests.settlement.test_races import together

TODAY = clock.now().astimezone(ledger.ZONE).date()
THIS = TODAY.replace(day=1)
LAST = (THIS - timedelta(days=1)).replace(day=1)
BEFORE = (LAST - timedelta(days=1)).replace(day=1)


def post(on: date, amount: int = 100) -> Any:
    """An entry of that day: own money between two accounts of the operator."""
    entry = Entry(accounts.common(Code.PREFUND, "CNY"), accounts.common(Code.OWN_BANK, "CNY"), amount)
    twin = Entry(accounts.common(Code.OWN_BANK, "CNY"), accounts.common(Code.PREFUND, "CNY"), amount)
    with transaction.atomic():
        return ledger.post(
            TransferKind.PREFUND_IN, source=("test", ids.new_id()), entries=[entry, twin], actor="x", booked_on=on
        )


def reopened(market: Market, first_on: date) -> AccountingPeriod:
    periods.ask_reopening(first_on, reason="漏记手续费", document="审批单 7", by=market.clerk)
    return periods.reopen(first_on, by=market.approver)


def test_nothing_is_booked_into_a_closed_month(market: Market) -> None:
    post(LAST)
    period = periods.close(LAST, by=market.approver)

    for day in (LAST, period.last_on):
        with pytest.raises(PeriodClosed):
            post(day)

    post(THIS)
    assert period.transfers == 1
    assert Transfer.objects.count() == 2


def test_nothing_is_booked_before_a_closed_month_either(market: Market) -> None:
    periods.close(LAST, by=market.approver)

    with pytest.raises(PeriodClosed):
        post(BEFORE)

    assert not Transfer.objects.exists()


def test_the_database_refuses_it_whoever_writes(market: Market) -> None:
    periods.close(LAST, by=market.approver)

    with pytest.raises(IntegrityError, match="is closed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO settlement_transfer (id, kind, source_kind, source_id, part, reason, actor, booked_on,"
            " created_at) VALUES (gen_random_uuid(), 'x', 'x', gen_random_uuid(), 0, '', 'x', %s, now())",
            [LAST],
        )


def test_a_month_closes_after_it_has_ended_and_after_all_earlier_ones(market: Market) -> None:
    post(BEFORE)

    with refused(Conflict):
        periods.close(THIS, by=market.approver)
    with refused(Conflict):
        periods.close(LAST, by=market.approver)
    with refused(Invalid):
        periods.close(LAST + timedelta(days=1), by=market.approver)
    with refused(NotAllowed):
        periods.close(BEFORE, by=market.clerk)

    periods.close(BEFORE, by=market.approver)
    periods.close(LAST, by=market.approver)
    assert AccountingPeriod.objects.filter(state=PeriodState.CLOSED).count() == 2


def test_a_month_is_not_closed_over_books_that_disagree(market: Market) -> None:
    market.imported(("-5.00", "手续费"))

    with refused(BooksDisagree) as info:
        periods.close(LAST, by=market.approver)

    assert info.value.extra["findings"] == ["shortfall"]
    assert not AccountingPeriod.objects.exists()


def test_reopening_takes_a_second_person_and_a_reason(market: Market) -> None:
    periods.close(LAST, by=market.approver)

    with refused(Invalid):
        periods.ask_reopening(LAST, reason=" ", document="x", by=market.clerk)
    with refused(IllegalStep):
        periods.reopen(LAST, by=market.approver)
    periods.ask_reopening(LAST, reason="漏记", document="审批单 7", by=market.approver)
    with refused(NeedsSecondPerson):
        periods.reopen(LAST, by=market.approver)
    with pytest.raises(PeriodClosed):
        post(LAST)
    opened = periods.reopen(LAST, by=given_member(market.operator, Role.APPROVER))

    post(LAST)
    assert opened.state == PeriodState.OPEN
    kinds = Event.objects.filter(kind__startswith="accounting_period").order_by("seq").values_list("kind", flat=True)
    assert list(kinds) == [
        "accounting_period.closed",
        "accounting_period.reopening_asked",
        "accounting_period.reopened",
    ]


def test_the_database_refuses_a_reopening_by_one_person(market: Market) -> None:
    periods.close(LAST, by=market.approver)
    asked = periods.ask_reopening(LAST, reason="x", document="y", by=market.clerk)

    with pytest.raises(IntegrityError, match="reopened_by_two_people"), transaction.atomic():
        AccountingPeriod.objects.filter(id=asked.id).update(state="open", reopened_by=asked.asked_by)


def test_the_last_closed_month_opens_first(market: Market) -> None:
    for first in (BEFORE, LAST):
        periods.close(first, by=market.approver)

    with refused(Conflict):
        periods.ask_reopening(BEFORE, reason="x", document="y", by=market.clerk)
    with refused(NotFound):
        periods.ask_reopening(THIS, reason="x", document="y", by=market.clerk)


def test_a_reopened_month_takes_entries_and_closes_with_another_fingerprint(market: Market) -> None:
    first = periods.close(LAST, by=market.approver).trial_sha256
    reopened(market, LAST)
    post(LAST)

    again = periods.close(LAST, by=market.approver)

    assert (again.state, again.transfers) == (PeriodState.CLOSED, 1)
    assert again.trial_sha256 != first
    assert again.trial_sha256 == periods.sha256_of(books.trial_balance(last_on=again.last_on))


def test_closing_twice_is_closing_once(market: Market) -> None:
    first = periods.close(LAST, by=market.approver)

    second = periods.close(LAST, by=market.approver)

    assert (second.id, second.closed_at) == (first.id, first.closed_at)
    assert Event.objects.filter(kind="accounting_period.closed").count() == 1


def test_an_entry_beside_a_closing_is_in_it_or_refused(lasting_market: Market) -> None:
    market = lasting_market
    accounts.open_missing([accounts.common(Code.PREFUND, "CNY"), accounts.common(Code.OWN_BANK, "CNY")])

    found = together(*[lambda: post(LAST)] * 7, lambda: periods.close(LAST, by=market.approver))

    period = AccountingPeriod.objects.get()
    assert all(isinstance(each, PeriodClosed) or each == found[-1] or each.version == 7 for each in found)
    assert period.transfers == Transfer.objects.count()
    assert period.trial_sha256 == periods.sha256_of(books.trial_balance(last_on=period.last_on))


def test_an_entry_before_the_month_beside_its_closing_is_counted_or_refused(lasting_market: Market) -> None:
    market = lasting_market
    accounts.open_missing([accounts.common(Code.PREFUND, "CNY"), accounts.common(Code.OWN_BANK, "CNY")])

    together(*[lambda: post(BEFORE)] * 7, lambda: periods.close(LAST, by=market.approver))

    period = AccountingPeriod.objects.filter(first_on=LAST).first()
    if period is not None:
        assert period.trial_sha256 == periods.sha256_of(books.trial_balance(last_on=period.last_on))
    else:
        assert Transfer.objects.exists()  # an open month with entries lies before: the closing was refused


def test_the_books_are_told_as_they_stood_at_a_past_moment(market: Market) -> None:
    market.funded(48_000)
    at = clock.now()
    market.funded(1_000)

    then = {row.code: row.balance for row in books.trial_balance(at=at)}

    assert (then[Code.BANK], then[Code.ESCROW]) == (48_000, 48_000)
    assert ledger.balance_at(accounts.bank("CNY"), at) == 48_000
    assert ledger.balance_at(accounts.bank("CNY"), datetime(2020, 1, 1, tzinfo=UTC)) == 0
    assert ledger.balance(accounts.bank("CNY")) == 49_000


def test_the_statement_of_a_debit_account_opens_and_closes_on_its_own_side(market: Market) -> None:
    market.imported(("480.00", "?"))
    market.imported(("-30.00", "?"))

    found = books.account_statement(accounts.bank("CNY"), TODAY, TODAY, page=1, size=10)

    assert (found.opening_minor, found.in_minor, found.out_minor, found.closing_minor) == (0, 48_000, 3_000, 45_000)
    assert [line.balance_minor for line in found.lines] == [48_000, 45_000]
