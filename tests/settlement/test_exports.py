"""Files out of the ledger: they open right in Excel, no text becomes a formula, and their sums are the books'."""

import csv
import io
from datetime import date, timedelta

import openpyxl
import pytest

from market.kernel import clock
from market.kernel.errors import Invalid, NotAllowed
from settlement import accounts, escrow, exports, ledger, sheets, suspense
from settlement.exports import Form
from settlement.models import Account, StatementLine
from settlement.sheets import Amount, Cell
from settlement.states import LineState
from tests.settlement.builders import Market, refused
from tests.settlement.test_doors import Program

TODAY = clock.now().astimezone(ledger.ZONE).date()
EVIL = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1",
    " =1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠A1",
    '=HYPERLINK("http://x","y")',
]


def given_trade(market: Market) -> None:
    """480.00 yuan paid and released, 10.00 given to the payer for a reason that looks like a formula."""
    obligation = market.funded(48_000)
    escrow.release(reference=obligation.reference_urn, thread=obligation.thread_urn, by=market.trader)
    due = market.opened(2_000)
    market.imported(("10.00", "?"))
    line = StatementLine.objects.get(state=LineState.SUSPENSE)
    suspense.assign(line.id, payment_reference=due.payment_reference, reason="=cmd|'/c calc'!A1", by=market.clerk)


def read_csv(data: bytes) -> list[list[str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("text", EVIL)
def test_no_text_becomes_a_formula(text: str) -> None:
    rows: list[list[Cell]] = [[text, "安全"]]

    (row,) = read_csv(sheets.write_csv(rows))
    cell = openpyxl.load_workbook(io.BytesIO(sheets.write_xlsx(rows, name="x"))).active["A1"]

    assert row[0] == f"'{text}"
    assert (cell.data_type, cell.value.strip()) == ("s", text.strip())


def test_amounts_and_days_are_numbers_and_long_numbers_stay_text() -> None:
    rows: list[list[Cell]] = [[Amount(-123_456_789), Amount(5), date(2026, 11, 23), 7, "6222021234567890123"]]

    (row,) = read_csv(sheets.write_csv(rows))
    sheet = openpyxl.load_workbook(io.BytesIO(sheets.write_xlsx(rows, name="x"))).active

    assert row == ["-1234567.89", "0.05", "2026-11-23", "7", "'6222021234567890123"]
    assert [cell.value for cell in sheet[1]][:2] == [-1234567.89, 0.05]
    assert sheet["C1"].value.date() == date(2026, 11, 23)
    assert (sheet["D1"].value, sheet["E1"].value, sheet["A1"].number_format) == (7, "6222021234567890123", "#,##0.00")


def test_what_xml_cannot_hold_is_replaced_and_the_sheet_still_opens() -> None:
    data = sheets.write_xlsx([["a\x00b<&>\"'\x1f"]], name='x"<')

    assert openpyxl.load_workbook(io.BytesIO(data)).active["A1"].value == "a\ufffdb<&>\"'\ufffd"
    assert sheets.write_xlsx([["x"]], name="y") == sheets.write_xlsx([["x"]], name="y")


@pytest.mark.parametrize("form", Form)
def test_a_statement_as_a_file_opens_and_closes_like_the_account(market: Market, form: Form) -> None:
    given_trade(market)

    data = exports.own_statement(TODAY, TODAY, form, for_=market.finance)

    rows = read_csv(data) if form == Form.CSV else read_xlsx(data)
    assert [rows[2][1], rows[-2][3:5], rows[-1][1]] == ["0.00", ["456.00", "0.00"], "456.00"]
    assert len(rows) == 7


def read_xlsx(data: bytes) -> list[list[str]]:
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    return [
        [f"{cell:.2f}" if isinstance(cell, int | float) else str(cell or "") for cell in row]
        for row in sheet.iter_rows(values_only=True)
    ]


def test_the_desk_takes_any_account_and_nobody_else_does(market: Market) -> None:
    given_trade(market)
    bank = Account.objects.get(id=accounts.bank("CNY").id)

    rows = read_csv(exports.account_statement(bank.id, TODAY, TODAY, Form.CSV, for_=market.auditor))

    assert rows[-1][1] == "490.00"
    with refused(NotAllowed):
        exports.account_statement(bank.id, TODAY, TODAY, Form.CSV, for_=market.finance)
    with refused(NotAllowed):
        exports.journal(TODAY, TODAY, Form.CSV, for_=market.finance)
    with refused(NotAllowed):
        exports.beancount(TODAY, for_=market.finance)
    with refused(Invalid):
        exports.journal(TODAY, TODAY - timedelta(days=1), Form.CSV, for_=market.auditor)


def test_the_journal_holds_every_posting_and_no_formula(market: Market) -> None:
    given_trade(market)

    rows = read_csv(exports.journal(TODAY, TODAY, Form.CSV, for_=market.auditor))

    assert len(rows) == 9  # head; 2 of the payment, 4 of the release, 2 of the receipt that waited
    assert [row[10] for row in rows[1:]] == ["480.00", "480.00", "456.00", "24.00", "22.64", "1.36", "10.00", "10.00"]
    assert rows[-1][12] == "'=cmd|'/c calc'!A1"


def test_the_journal_as_beancount_balances_and_checks_every_account(market: Market) -> None:
    given_trade(market)

    text = exports.beancount(TODAY, for_=market.auditor).decode()

    moved = [line.split() for line in text.splitlines() if line.startswith("  ") and ":" in line and "CNY" in line]
    assert sum(round(float(amount) * 100) for _, amount, _ in moved) == 0
    checked = {line.split()[2]: line.split()[3] for line in text.splitlines() if " balance " in line}
    assert checked["Assets:Clients:Bank:Bank"] == "490.00"
    assert checked["Income:Operator:Fee"] == "-22.64"
    assert checked[f"Liabilities:Clients:Org:O{market.supplier.id.hex}"] == "-456.00"
    opened = [line.split()[2] for line in text.splitlines() if " open " in line]
    assert sorted(checked) == sorted(opened)


def test_files_come_through_the_doors_with_their_names(lasting_market: Market) -> None:
    given_trade(lasting_market)
    finance, auditor = Program(lasting_market.finance, "finance"), Program(lasting_market.auditor, "operate")
    days = {"first_on": str(TODAY), "last_on": str(TODAY)}

    own = finance.get("/account-statement/file", **days, form="csv")
    journal = auditor.get("/journal/file", **days)
    text = auditor.get("/journal/beancount", last_on=str(TODAY))

    assert read_csv(own.content)[-1][1] == "456.00"
    assert own.headers["Content-Disposition"] == f'attachment; filename="statement-{TODAY}-{TODAY}.csv"'
    assert len(read_xlsx(journal.content)) == 9
    assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert b"balance Assets:Clients:Bank:Bank" in text.content
    assert finance.get("/journal/file", **days).status_code == 403
