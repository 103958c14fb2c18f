"""The books agree with themselves, and a difference is found under its name."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import translation

from market.kernel import clock
from market.kernel.errors import Invalid, NotAllowed
from settlement import accounts, books, escrow, ledger, queries
from settlement.accounts import Code
from settlement.models import Obligation
from settlement.states import TransferKind
from tests.settlement.builders import Market, refused

Owner = Callable[[], AbstractContextManager[BaseDatabaseWrapper]]


def settled(market: Market, amount_minor: int = 48_000) -> Obligation:
    obligation = market.funded(amount_minor)
    escrow.release(reference=obligation.reference_urn, thread=obligation.thread_urn, by=market.trader)
    return obligation


def test_the_trial_balance_is_exact(market: Market) -> None:
    settled(market, 48_000)
    market.funded(1_000)
    market.imported(("3.00", "?"))

    rows = {row.code: (row.book, row.balance) for row in queries.trial_balance(for_=market.auditor)}

    assert {code: row for code, row in rows.items() if row[1]} == {
        Code.BANK: ("C", 49_300),
        Code.ESCROW: ("C", 1_000),
        Code.ORG: ("C", 45_600),
        Code.SUSPENSE: ("C", 300),
        Code.DUE_TO_OPERATOR: ("C", 2_400),
        Code.DUE_FROM_CLIENT: ("O", 2_400),
        Code.FEE: ("O", 2_264),
        Code.VAT_OUT: ("O", 136),
    }
    total = books.trial_balance()
    assert sum(row.debits for row in total) == sum(row.credits for row in total)


DAMAGE: dict[str, tuple[str, str]] = {
    "a balance edited": (
        "UPDATE settlement_account SET posted_credits = posted_credits + 1 WHERE code = 'org' AND posted_credits > 0"
        " AND posted_credits > posted_debits",
        "balance_drift",
    ),
    "an obligation reopened": (
        "UPDATE settlement_obligation SET state = 'funded', ended_at = NULL WHERE state = 'released'",
        "escrow_residue",
    ),
    "a bank line removed": (
        "DELETE FROM settlement_statementline WHERE state = 'matched'",
        "bank_differs statement_gap",
    ),
    "a suspense line decided without a booking": (
        "UPDATE settlement_statementline SET state = 'matched', doubt = '' WHERE state = 'suspense'",
        "suspense_differs",
    ),
    "a mirror posting removed": (
        "DELETE FROM settlement_posting USING settlement_account AS a WHERE a.id = credit_id AND a.code = 'vat_out'",
        "books_apart",
    ),
    "a payment posting removed": (
        "DELETE FROM settlement_posting USING settlement_account AS a WHERE a.id = debit_id AND a.code = 'bank'"
        " AND amount = 48000",
        "balance_drift bank_differs",
    ),
}


@pytest.mark.parametrize(("statement", "names"), DAMAGE.values(), ids=DAMAGE)
def test_damage_is_found_under_its_name(lasting_market: Market, as_owner: Owner, statement: str, names: str) -> None:
    market = lasting_market
    obligation = market.opened(48_000)
    market.imported(("480.00", obligation.payment_reference), ("3.00", "?"), opening=0)
    escrow.release(reference=obligation.reference_urn, thread=obligation.thread_urn, by=market.trader)
    assert books.check() == []

    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute("ALTER TABLE settlement_posting DISABLE TRIGGER settlement_posting_append_only")
        cursor.execute(statement)
        assert cursor.rowcount == 1
        cursor.execute("ALTER TABLE settlement_posting ENABLE ALWAYS TRIGGER settlement_posting_append_only")

    found = {finding.name for finding in books.check()}
    assert found == set(names.split())


def test_the_command_says_so_by_its_exit_code(lasting_market: Market, as_owner: Owner) -> None:
    settled(lasting_market)
    out = StringIO()
    call_command("books", "--check", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"agree": True, "findings": [], "trial_balance": []}

    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute(
            "UPDATE settlement_account SET posted_credits = posted_credits + 5 WHERE id = %s",
            [accounts.org(lasting_market.supplier.id, "CNY").id],
        )
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("books", "--check", "--json", stdout=out)

    assert ended.value.code == 1
    (finding,) = json.loads(out.getvalue())["findings"]
    assert (finding["name"], finding["expected_minor"], finding["found_minor"]) == ("balance_drift", 45_600, 45_605)


def test_a_bank_fee_is_a_shortfall_that_says_what_it_is_until_the_operator_has_paid_it_in(market: Market) -> None:
    market.funded(48_000)

    market.imported(("-3.00", "手续费"))
    out = StringIO()
    with pytest.raises(SystemExit), translation.override("en"):
        call_command("books", "--check", stdout=out)
    found = books.check()
    market.imported(("3.00", "垫付手续费", "太原数据交易中心"))

    assert found == [books.Finding("shortfall", "suspense", 48_000, 47_700, "CNY")]
    assert "expected ¥480.00, found ¥477.00, difference -¥3.00" in out.getvalue()
    assert "such as a bank's fee for a payout" in out.getvalue()
    assert "Two people book a fee as such" in out.getvalue()
    assert books.check() == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    "name",
    [
        "balance_drift",
        "escrow_residue",
        "books_apart",
        "rollup_drift",
        "suspense_differs",
        "bank_differs",
        "statement_gap",
        "shortfall",
    ],
)
def test_every_finding_says_what_to_do(name: str, language: str) -> None:
    with translation.override(language):
        figures, way_out = books.describe(books.Finding(name, "C", 200, 100, "CNY")).split("\n")

    assert "¥2.00" in figures
    assert len(way_out) > 20
    assert way_out.isascii() == (language == "en") or "’" in way_out


def days(market: Market, who: Any, first: int, last: int, **more: Any) -> books.AccountStatement:
    today = clock.now().astimezone(ledger.ZONE).date()
    return queries.account_statement(
        today + timedelta(days=first), today + timedelta(days=last), for_=who, **{"size": 20} | more
    )


def test_an_account_statement_opens_where_the_last_one_closed(market: Market) -> None:
    settled(market, 10_000)
    with clock.shifted(timedelta(days=2)):
        settled(market, 20_000)
        settled(market, 30_000)

    first, second = days(market, market.finance, 0, 1), days(market, market.finance, 2, 2)
    whole = days(market, market.finance, 0, 5)

    assert (first.opening_minor, first.closing_minor, first.count) == (0, 9_500, 1)
    assert (second.opening_minor, second.closing_minor, second.count) == (9_500, 57_000, 2)
    assert [line.balance_minor for line in second.lines] == [28_500, 57_000]
    assert (whole.opening_minor, whole.in_minor, whole.out_minor, whole.closing_minor) == (0, 57_000, 0, 57_000)
    assert {line.kind for line in whole.lines} == {TransferKind.ESCROW_RELEASED}


def test_the_buyer_s_statement_shows_money_in_and_into_escrow(market: Market) -> None:
    obligation = market.funded(48_000)

    statement = days(market, market.buyer_finance, 0, 0)

    assert [(line.change_minor, line.balance_minor) for line in statement.lines] == [(48_000, 48_000), (-48_000, 0)]
    assert {line.reference for line in statement.lines} == {obligation.reference}
    assert (statement.in_minor, statement.out_minor, statement.closing_minor) == (48_000, 48_000, 0)


def test_a_page_of_a_statement_keeps_its_balances(market: Market) -> None:
    for amount in (100, 200, 300):
        settled(market, amount * 100)

    second = days(market, market.finance, 0, 0, page=2, size=2)

    assert (second.count, second.closing_minor) == (3, 57_000)
    assert [line.balance_minor for line in second.lines] == [57_000]


def test_a_period_does_not_run_backwards(market: Market) -> None:
    with refused(Invalid):
        days(market, market.finance, 1, 0)


def test_only_the_desk_reads_the_books(market: Market) -> None:
    for stranger in (market.finance, market.trader):
        for question in (queries.trial_balance, queries.findings):
            with refused(NotAllowed):
                question(for_=stranger)
    assert queries.findings(for_=market.clerk) == []


def test_every_kind_of_transfer_has_a_name_for_people() -> None:
    assert all(str(kind.label) != kind.value for kind in TransferKind)


def test_the_guard_against_negative_sums_is_in_the_database(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE conrelid = 'settlement_account'::regclass")
        names = {row[0] for row in cursor.fetchall()}
    assert {"account_not_overdrawn", "account_rolled_keeps_no_sums", "account_guarded_is_kept"} <= names
