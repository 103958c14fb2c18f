"""Read one sheet of a workbook (xlsx, xlsm, xlsb, xls, ods) as text, and name the sheets that were left."""

import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final

import python_calamine

from listings.intake import dialects
from listings.intake.outcomes import Limits
from listings.intake.problems import Bad, BadInput, Refused
from listings.intake.tables import NULL, Names, RowFile, Table

BATCH_ROWS: Final = 2_000
Cell = str | int | float | bool | date | datetime | time | timedelta


def read(
    path: Path,
    rows: RowFile,
    *,
    limits: Limits,
    sheet: str | None,
    header: bool | None,
    progress: Callable[[int, int], None],
) -> Table:
    """Read the chosen sheet, else the first that holds anything, into `rows`.

    Raises Bad for a workbook that cannot be opened, that would unpack to more than the memory allowed, or
    that has no such sheet; Refused past the limits on rows or columns.
    """
    _check_unpacked(path, limits)
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as book:
            names = list(book.sheet_names)
            chosen = _chosen(book, names, sheet)
            table = _read_sheet(chosen, rows, limits, header, progress)
    except python_calamine.PasswordError as error:
        raise Bad([BadInput("locked_workbook")]) from error
    except python_calamine.CalamineError as error:
        raise Bad([BadInput("damaged_workbook")]) from error
    others = tuple(name for name in names if name != chosen.name)
    return Table(
        format="workbook",
        names=table.names,
        row_count=table.row_count,
        blank_row_count=table.blank_row_count,
        header=table.header,
        sheet=chosen.name,
        other_sheets=others,
    )


def is_workbook(path: Path) -> bool:
    """Whether a zip archive is a spreadsheet by what lies in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 100:
                return archive.read("mimetype").startswith(b"application/vnd.oasis.opendocument.spreadsheet")
            return any(name in names for name in ("xl/workbook.xml", "xl/workbook.bin"))
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError):
        return False


def _check_unpacked(path: Path, limits: Limits) -> None:
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as error:
        raise Bad([BadInput("damaged_workbook")]) from error
    if unpacked > limits.memory_bytes_max:
        facts = {"found": unpacked, "limit": limits.memory_bytes_max}
        raise Bad([BadInput("unpacks_too_large", facts=facts)])


def _chosen(
    book: python_calamine.CalamineWorkbook, names: list[str], sheet: str | None
) -> python_calamine.CalamineSheet:
    if sheet is not None:
        if sheet not in names:
            raise Bad([BadInput("unknown_sheet", facts={"sheet": sheet, "sheets": ", ".join(names)})])
        return book.get_sheet_by_name(sheet)
    for name in names:
        found = book.get_sheet_by_name(name)
        if found.start is not None:
            return found
    raise Bad([BadInput("empty_file")])


def _read_sheet(
    sheet: python_calamine.CalamineSheet,
    rows: RowFile,
    limits: Limits,
    header: bool | None,
    progress: Callable[[int, int], None],
) -> Table:
    if sheet.start is None or sheet.end is None:
        raise Bad([BadInput("empty_file")])
    left = sheet.start[1]
    width = sheet.end[1] - left + 1
    if width > limits.columns_max:
        raise Refused("over_columns", found=width, limit=limits.columns_max)
    first: list[list[str]] = []
    names: Names | None = None
    blank = written = 0
    batch: list[list[str]] = []
    rows.open(width)

    def flush() -> None:
        nonlocal names, written, batch
        if names is None:
            first.extend([["" if cell == NULL else cell for cell in row] for row in batch[: dialects.ROWS_MAX]])
            named = dialects.has_header(first) if header is None else header
            names = Names.of(first[0]) if named else Names.numbered(width)
            batch = batch[1:] if named else batch
        rows.write(batch)
        written += len(batch)
        if written > limits.rows_max:
            raise Refused("over_rows", limit=limits.rows_max)
        batch = []
        progress(written, 0)

    for number, cells in enumerate(sheet.iter_rows(), 1):
        row = [_text(cell) for cell in cells[left:]]
        if all(cell == NULL for cell in row):
            blank += number > sheet.start[0]
            continue
        _check_row(row, number, left, limits)
        batch.append(row)
        if len(batch) == BATCH_ROWS:
            flush()
    if batch or names is None:
        flush()
    if written == 0 or names is None:
        raise Bad([BadInput("no_rows", row=sheet.start[0] + 1)])
    return Table("workbook", names, written, blank, header=any(names.sources))


def _check_row(row: list[str], number: int, left: int, limits: Limits) -> None:
    for index, cell in enumerate(row):
        if len(cell) > limits.cell_chars_max:
            facts = {"limit": limits.cell_chars_max}
            raise Bad([BadInput("cell_too_long", number, left + index + 1, facts=facts)])
        if "\0" in cell:
            raise Bad([BadInput("nul_byte", number, left + index + 1)])


def _text(cell: Cell) -> str:
    """The cell as people read it: whole numbers without a point, dates as ISO 8601."""
    if cell == "":
        return NULL
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)
