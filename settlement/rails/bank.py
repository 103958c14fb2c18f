"""Bank transfer: statements of the custodian's account as Chinese banks export them (CSV), and orders to pay."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import Final, TypeVar

from django.conf import settings
from django.utils.translation import gettext as _t

from market.kernel import money
from market.kernel.errors import FieldProblem, TooLarge
from market.kernel.money import MINOR_MAX
from settlement.errors import UnreadableStatement
from settlement.rails import columns
from settlement.rails.base import Line, Order, Sheet

name: Final = "bank"
_TITLE_ROWS_MAX: Final = 40
_PROBLEMS_MAX: Final = 20
_SERIAL_MAX: Final = 64
_DELIMITERS: Final = ",\t;|"
_ACCOUNT: Final = re.compile(r"(?:账号|帐号|账户)\s*[::]?\s*([0-9][0-9 \-]{6,34}[0-9])")
_ORDER_COLUMNS: Final = ("收款人户名", "收款账号", "收款开户行", "行号", "金额", "币种", "附言")

Row = tuple[int, list[str]]  # the row's number in the file, counted from 1, and its cells


T = TypeVar("T")


class _WrongCell(Exception):
    """One cell that cannot be read."""

    def __init__(self, column: str, reason: str) -> None:
        self.column, self.reason = column, reason


def read_statement(data: bytes) -> Sheet:
    """The statement inside a CSV file in UTF-8 or GB18030, with or without title and footer rows.

    Raises TooLarge (413) beyond STATEMENT_BYTES_MAX or STATEMENT_ROWS_MAX, UnreadableStatement (422) with row and
    column of up to 20 faults. Source: ledgers.md A1.
    """
    if len(data) > settings.STATEMENT_BYTES_MAX:
        raise TooLarge(_t("A statement may have at most %(n)d bytes.") % {"n": settings.STATEMENT_BYTES_MAX})
    text, encoding = _decode(data)
    rows, found, names, titles = _table(text)
    lines, problems = _lines(rows, found, names)
    if not problems and not lines:
        problems = [_problem(1, "", _t("holds no line"), _t("export the period with its transactions"))]
    if problems:
        raise UnreadableStatement(problems[:_PROBLEMS_MAX])
    column = names[found["balance"]] if "balance" in found else ""
    once = _once(lines)
    return Sheet(
        lines=_in_order(once, column),
        account_number=_account_number(titles),
        encoding=encoding,
        repeated=len(lines) - len(once),
    )


def _decode(data: bytes) -> tuple[str, str]:
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise _unreadable(1, _t("is a spreadsheet, not CSV"), _t("save it as CSV and import that"))
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text, encoding
    raise _unreadable(1, _t("is neither UTF-8 nor GB18030 text"), _t("export the statement as CSV"))


def _table(text: str) -> tuple[Iterator[Row], dict[str, int], list[str], list[list[str]]]:
    """The rows under the header, the meaning and the names of the columns, and the title rows above."""
    broken: UnreadableStatement | None = None
    for delimiter in _DELIMITERS:
        rows = _rows(text, delimiter)
        titles: list[list[str]] = []
        try:
            for _number, cells in islice(rows, _TITLE_ROWS_MAX):
                found = columns.find(cells)
                if columns.is_header(found):
                    return rows, found, [columns.plain(cell) for cell in cells], titles
                titles.append(cells)
        except UnreadableStatement as error:  # perhaps only the wrong delimiter
            broken = broken or error
    raise broken or _unreadable(
        1,
        _t("has no row that names day, amount and direction"),
        _t("wanted: 交易日期 with 借方发生额 and 贷方发生额, or 发生额 with 借贷标志"),
    )


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    # strict: an open quote must not swallow the rows behind it
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            if number > settings.STATEMENT_ROWS_MAX + _TITLE_ROWS_MAX:
                raise TooLarge(_t("A statement may have at most %(n)d rows.") % {"n": settings.STATEMENT_ROWS_MAX})
            yield number, cells
    except csv.Error as error:
        raise _unreadable(reader.line_num, _t("is not CSV: %(why)s") % {"why": error}, _t("export it again")) from error


@dataclass(frozen=True, slots=True)
class _Cells:
    """One row, asked by meaning."""

    row: int
    values: list[str]
    found: dict[str, int]
    names: list[str]

    def text(self, meaning: str) -> str:
        """The cell's text; empty where the column or the cell is absent."""
        place = self.found.get(meaning)
        return self.values[place] if place is not None and place < len(self.values) else ""

    def read(self, meaning: str, reader: Callable[[str], T]) -> T:
        """The cell's value. Raises _WrongCell."""
        try:
            return reader(self.text(meaning))
        except ValueError as error:
            raise _WrongCell(self.name(meaning), str(error)) from error

    def name(self, meaning: str) -> str:
        """The column as the file calls it."""
        place = self.found.get(meaning)
        return self.names[place] if place is not None else ""


def _lines(rows: Iterator[Row], found: dict[str, int], names: list[str]) -> tuple[list[Line], list[FieldProblem]]:
    lines: list[Line] = []
    problems: list[FieldProblem] = []
    for number, cells in rows:
        values = [columns.plain(cell) for cell in cells]
        first = next((value for value in values if value), "")
        if not first or values == names:
            continue
        if first.startswith(columns.FOOTERS):
            break
        try:
            line = _line(_Cells(number, values, found, names))
        except _WrongCell as wrong:
            problems.append(_problem(number, wrong.column, wrong.reason, _t("compare it with the bank's page")))
            if len(problems) >= _PROBLEMS_MAX:
                return lines, problems
        else:
            lines += [line] if line else []
    problems += [
        _problem(number, "", _t("is a transaction below the closing rows"), _t("remove the rows between"))
        for number, cells in rows
        if _is_transaction(cells, found)
    ]
    return lines, problems


def _is_transaction(cells: list[str], found: dict[str, int]) -> bool:
    """Whether a row below the closing rows begins with a day after all."""
    place = found.get("date", found.get("time", 0))
    try:
        columns.day(columns.plain(cells[place]))
    except (ValueError, IndexError):
        return False
    return True


def _line(cells: _Cells) -> Line | None:
    """One movement, or None for a balance brought forward. Raises _WrongCell."""
    for place, value in enumerate(cells.values):
        if "\n" in value:  # an open quote that a later row happened to close: rows in between would be lost
            raise _WrongCell(cells.names[place] if place < len(cells.names) else "", _t("runs over several lines"))
    booked_on, booked_time = cells.read("date" if "date" in cells.found else "time", columns.day)
    if "date" in cells.found and "time" in cells.found:
        booked_time = cells.read("time", _time_of) or booked_time
    change, column = _change(cells)
    if change == 0:
        if any(value.startswith(columns.CARRIED) for value in cells.values):
            return None
        raise _WrongCell(column, _t("holds no amount"))
    if abs(change) > MINOR_MAX:
        raise _WrongCell(column, _t("is out of range"))
    serial = cells.text("serial")
    if len(serial) > _SERIAL_MAX:
        raise _WrongCell(cells.name("serial"), _t("is too long"))
    memos = [cells.values[place] for place in _memo_places(cells) if place < len(cells.values)]
    return Line(
        row=cells.row,
        is_incoming=change > 0,
        amount_minor=abs(change),
        currency=cells.read("currency", columns.currency),
        booked_on=booked_on,
        booked_time=booked_time,
        serial=serial,
        voucher=cells.text("voucher"),
        counterparty=cells.text("counterparty"),
        account=cells.text("account"),
        bank=cells.text("bank"),
        memo=" ".join(memo for memo in memos if memo),
        balance_minor=cells.read("balance", columns.balance) if cells.text("balance") else None,
    )


def _change(cells: _Cells) -> tuple[int, str]:
    """What the row adds to the balance, and the column that says so. Raises _WrongCell."""
    if {"out", "in"} <= cells.found.keys():
        out, income = cells.read("out", columns.amount), cells.read("in", columns.amount)
        if out and income:
            raise _WrongCell(cells.name("in"), _t("has an amount although the other side has one too"))
        return income - out, cells.name("in")
    amount = cells.read("amount", columns.amount)
    return (amount if cells.read("direction", columns.is_incoming) else -amount), cells.name("amount")


def _time_of(text: str) -> str:
    """The time of day from a cell that may hold the day too. Raises ValueError."""
    try:
        return columns.day(text)[1]
    except ValueError:
        return columns.time(text)


def _memo_places(cells: _Cells) -> list[int]:
    return [place for place, name in enumerate(cells.names) if columns.heading(name) in columns.MEMOS]


def _once(lines: list[Line]) -> list[Line]:
    """The lines without those exported twice: the same serial, or the same row with the same balance again."""
    kept: list[Line] = []
    serials: set[Line] = set()
    for line in lines:
        bare = replace(line, row=0)
        is_again = bool(kept) and line.balance_minor is not None and bare == replace(kept[-1], row=0)
        if is_again or bare in serials:
            continue
        kept.append(line)
        if line.serial:
            serials.add(bare)
    return kept


def _in_order(lines: list[Line], column: str) -> list[Line]:
    """Oldest first; some banks write the newest first. Where there are running balances, they must follow.

    Raises UnreadableStatement at the first row that does not.
    """
    moments = [(line.booked_on, line.booked_time) for line in lines]
    falls = moments != sorted(moments) and moments == sorted(moments, reverse=True)
    orders = [lines[::-1], lines] if falls else [lines, lines[::-1]]
    without = [line for line in lines if line.balance_minor is None]
    if len(without) == len(lines):
        return orders[0]
    if without:
        raise _unreadable(
            without[0].row, _t("has no balance although other rows have one"), _t("export it again"), column
        )
    breaks = [_first_break(order) for order in orders]
    for order, wrong in zip(orders, breaks, strict=True):
        if wrong is None:
            return order
    row, expected, found = breaks[0] or (1, 0, 0)
    reason = _t("says %(found)s where %(expected)s follows from the row before") % {
        "found": money.text(found),
        "expected": money.text(expected),
    }
    raise _unreadable(row, reason, _t("a row is missing or was changed; export the period again"), column)


def _first_break(lines: list[Line]) -> tuple[int, int, int] | None:
    """Row, expected and found balance where the running balance does not follow; None where it always does."""
    for before, line in pairwise(lines):
        expected = (before.balance_minor or 0) + line.change_minor
        if line.balance_minor != expected:
            return line.row, expected, line.balance_minor or 0
    return None


def _account_number(titles: list[list[str]]) -> str:
    """The account that the title rows name, or empty."""
    for cells in titles:
        match = _ACCOUNT.search(" ".join(columns.plain(cell) for cell in cells))
        if match:
            return re.sub(r"[\s-]", "", match.group(1))
    return ""


def _problem(row: int, column: str, reason: str, fix: str) -> FieldProblem:
    place = _t("row %(row)d") % {"row": row}
    return FieldProblem(
        field=_t("%(row)s, %(column)s") % {"row": place, "column": column} if column else place, reason=reason, fix=fix
    )


def _unreadable(row: int, reason: str, fix: str, column: str = "") -> UnreadableStatement:
    return UnreadableStatement([_problem(row, column, reason, fix)])


def write_orders(orders: Sequence[Order]) -> bytes:
    """The payment order as CSV (UTF-8 with BOM, which Chinese Excel opens); amounts in yuan with two decimals."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_ORDER_COLUMNS)
    for order in orders:
        amount = f"{order.amount_minor // 100}.{order.amount_minor % 100:02d}"
        texts = [order.holder, order.account, order.bank, order.bank_code]
        writer.writerow([*map(_text, texts), amount, order.currency, _text(order.payment_reference)])
    return out.getvalue().encode("utf-8-sig")


def _text(cell: str) -> str:
    """A cell that a spreadsheet will not run as a formula."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
