"""What leaves the ledger as a file: the statement of an account, and the journal, also as beancount text."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _t

from market.kernel.errors import Invalid, TooLarge
from market.participants.members import Member
from settlement import books, ledger, sheets
from settlement.accounts import CHART, Code, Key
from settlement.books import AccountStatement
from settlement.ledger_queries import account_key
from settlement.models import Posting
from settlement.queries import own_key, require_desk
from settlement.sheets import Amount, Cell
from settlement.states import TransferKind

ROWS_MAX: Final = 200_000  # lines of one file; a longer journal is taken in shorter spans


class Form(StrEnum):
    """Kinds of file."""

    CSV = "csv"
    XLSX = "xlsx"


def own_statement(first_on: date, last_on: date, form: Form, *, for_: Member, currency: str = "CNY") -> bytes:
    """The caller's available money over calendar days as a file. Raises Invalid, TooLarge."""
    return _statement(own_key(for_, currency), first_on, last_on, form)


def account_statement(account_id: UUID, first_on: date, last_on: date, form: Form, *, for_: Member) -> bytes:
    """Any account over calendar days as a file, for the desk. Raises Invalid, NotFound, TooLarge."""
    return _statement(account_key(account_id, for_=for_), first_on, last_on, form)


def journal(first_on: date, last_on: date, form: Form, *, for_: Member) -> bytes:
    """Every posting of these days as a file, both included, in the order of booking; for the desk."""
    require_desk(for_)
    head: list[Cell] = [
        _t("Day"), _t("Time (UTC)"), _t("Transfer"), _t("Kind"), _t("Line"), _t("Book"), _t("Debit"),
        _t("Debit owner"), _t("Credit"), _t("Credit owner"), _t("Amount"), _t("Currency"), _t("Reason"), _t("Reverses"),
    ]  # fmt: skip
    return _file([head, *(_journal_row(row) for row in _postings(first_on, last_on))], form, _t("Journal"))


def beancount(last_on: date, *, for_: Member) -> bytes:
    """The whole journal to the end of a day as beancount text, with a balance to be checked for every account.

    For the desk. `bean-check` accepts it only if its own sums are ours to the fen.
    """
    require_desk(for_)
    rows = list(_postings(None, last_on))
    sums: dict[tuple[str, str], int] = {}
    body: list[str] = []
    transfer = None
    for row in rows:
        debit, credit = (bean_name(ledger.key_of(side)) for side in (row.debit, row.credit))
        if row.transfer_id != transfer:
            transfer = row.transfer_id
            reason = row.transfer.reason.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
            body += ["", f'{row.transfer.booked_on} * "{row.transfer.kind}" "{reason}"', f'  transfer: "{transfer}"']
        for name, minor in ((debit, row.amount), (credit, -row.amount)):
            sums[name, row.currency] = sums.get((name, row.currency), 0) + minor
            body.append(f"  {name}  {Amount(minor)} {row.currency}")
    first = min((row.transfer.booked_on for row in rows), default=last_on)
    names = sorted({name for name, _ in sums})
    opened = [f"{first} open {name}" for name in names]
    after = last_on + timedelta(days=1)
    checked = [
        f"{after} balance {name}  {Amount(minor)} {currency}" for (name, currency), minor in sorted(sums.items())
    ]
    title = [f'option "title" "{_t("Journal")}"', 'option "operating_currency" "CNY"', ""]
    return "\n".join([*title, *opened, *body, "", *checked, ""]).encode()


def answer(data: bytes, form: Form | None, name: str) -> HttpResponse:
    """A file for a browser or program to keep; nothing between stores it. form: None is beancount text."""
    types = {Form.CSV: sheets.CSV_TYPE, Form.XLSX: sheets.XLSX_TYPE, None: "text/plain; charset=utf-8"}
    found = HttpResponse(data, content_type=types[form])
    found["Content-Disposition"] = f'attachment; filename="{name}.{form or "beancount"}"'
    found["Cache-Control"] = "no-store"
    return found


_ROOTS: Final = {
    Code.FEE: "Income",
    Code.RAIL_COST: "Expenses",
}


def bean_name(key: Key) -> str:
    """Liabilities:Clients:Escrow:P0123…: kind of account, book, purpose, and whose or what for."""
    root = _ROOTS.get(key.code, "Assets" if CHART[key.code].is_debit_normal else "Liabilities")
    book = "Clients" if CHART[key.code].book == "C" else "Operator"
    parts = [root, book, "".join(word.capitalize() for word in key.code.split("_"))]
    if key.org_id:
        parts.append(f"O{key.org_id.hex}")
    if key.reference:
        parts.append(f"P{key.reference.hex}")
    if key.rail:
        parts.append(key.rail.capitalize())
    return ":".join(parts)


def _postings(first_on: date | None, last_on: date) -> Iterator[Posting]:
    """Postings up to a day, from a day where one is given. Raises Invalid, TooLarge."""
    found = Posting.objects.filter(transfer__booked_on__lte=last_on)
    if first_on is not None:
        _need_days(first_on, last_on)
        found = found.filter(transfer__booked_on__gte=first_on)
    if found.count() > ROWS_MAX:
        raise TooLarge(_t("More than %(n)d lines: take fewer days.") % {"n": ROWS_MAX})
    ordered = found.select_related("transfer", "debit__org", "credit__org")
    return ordered.order_by("transfer__booked_on", "transfer__created_at", "transfer_id", "n").iterator(2_000)


def _journal_row(row: Posting) -> list[Cell]:
    transfer, debit, credit = row.transfer, row.debit, row.credit
    return [
        transfer.booked_on,
        f"{transfer.created_at:%H:%M:%S}",
        str(transfer.id),
        str(TransferKind(transfer.kind).label),
        row.n + 1,
        row.book,
        str(Code(debit.code).label),
        debit.org.name if debit.org else str(debit.reference or debit.rail or ""),
        str(Code(credit.code).label),
        credit.org.name if credit.org else str(credit.reference or credit.rail or ""),
        Amount(row.amount),
        row.currency,
        transfer.reason,
        str(transfer.reverses_id or ""),
    ]


def _statement(key: Key, first_on: date, last_on: date, form: Form) -> bytes:
    _need_days(first_on, last_on)
    found = books.account_statement(key, first_on, last_on, page=1, size=ROWS_MAX)
    if found.count > ROWS_MAX:
        raise TooLarge(_t("More than %(n)d lines: take fewer days.") % {"n": ROWS_MAX})
    return _file(_statement_rows(key, found), form, _t("Account statement"))


def _statement_rows(key: Key, found: AccountStatement) -> Iterator[list[Cell]]:
    yield [_t("Account"), str(key.code.label), _t("Currency"), found.currency]
    yield [_t("From"), found.first_on, _t("To"), found.last_on]
    yield [_t("Opening balance"), Amount(found.opening_minor)]
    yield [_t("Day"), _t("Transfer"), _t("Kind"), _t("In"), _t("Out"), _t("Balance"), _t("Reason")]
    for line in found.lines:
        change = line.change_minor
        yield [
            line.booked_on,
            str(line.transfer),
            str(line.kind.label),
            Amount(change) if change > 0 else "",
            Amount(-change) if change < 0 else "",
            Amount(line.balance_minor),
            line.reason,
        ]
    yield [_t("Total"), "", "", Amount(found.in_minor), Amount(found.out_minor)]
    yield [_t("Closing balance"), Amount(found.closing_minor)]


def _file(rows: Iterable[list[Cell]], form: Form, name: str) -> bytes:
    return sheets.write_csv(rows) if form == Form.CSV else sheets.write_xlsx(rows, name=name)


def _need_days(first_on: date, last_on: date) -> None:
    if last_on < first_on:
        raise Invalid.field("last_on", _t("lies before the first day"), _t("give the later day last"))
