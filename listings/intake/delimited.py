"""Read a delimited text file strictly, row by row, and say by row and column what is wrong with it."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from listings.intake import dialects, encodings
from listings.intake.encodings import Encoding
from listings.intake.outcomes import Limits
from listings.intake.problems import SHOWN_MAX, Bad, BadInput, Refused
from listings.intake.tables import Names, RowFile, Table

BATCH_ROWS: Final = 2_000
Progress = Callable[[int, int], None]  # rows done, bytes done


@dataclass(slots=True)
class Problems:
    """The first problems in full, all of them in number."""

    shown: list[BadInput]
    count: int = 0

    def add(self, problem: BadInput) -> None:
        self.count += 1
        if len(self.shown) < SHOWN_MAX:
            self.shown.append(problem)


class Lines:
    """Text lines with their ends, the number of the last one read, and how far into the file it lies."""

    def __init__(self, path: Path, encoding: Encoding) -> None:
        self.raw = path.open("rb")
        self.raw.seek(encoding.bom_bytes)
        self.text = io.TextIOWrapper(self.raw, encoding.name, errors=encodings.MARK, newline="")

    def __iter__(self) -> Iterator[str]:
        return self.text

    def bytes_done(self) -> int:
        return self.raw.tell()

    def close(self) -> None:
        self.text.close()


def read(
    path: Path,
    rows: RowFile,
    *,
    limits: Limits,
    encoding: Encoding,
    delimiter: str | None,
    header: bool | None,
    must_be_table: bool,
    progress: Progress,
) -> Table | None:
    """Read the file into `rows`. None: the text has no columns and `must_be_table` is false.

    Raises Bad with the first problems, or Refused past the limits on rows or columns.
    """
    sample, is_whole = _sample(path, encoding)
    if not sample.strip():
        raise Bad([BadInput("empty_file")])
    by = delimiter or dialects.delimiter(sample, is_whole=is_whole)
    if by is None and not must_be_table:
        return None
    by = by or ","
    first_rows = dialects.records(sample, by, is_whole=is_whole)
    named = dialects.has_header(first_rows) if header is None else header
    reading = _Reading(path, rows, limits, encoding, by, named, progress)
    return reading.run()


def _sample(path: Path, encoding: Encoding) -> tuple[str, bool]:
    lines = Lines(path, encoding)
    try:
        sample = lines.text.read(dialects.SAMPLE_CHARS)
        return sample, not lines.text.read(1)
    finally:
        lines.close()


class _Reading:
    """One strict pass over the file; the state that the steps of it share."""

    def __init__(
        self,
        path: Path,
        rows: RowFile,
        limits: Limits,
        encoding: Encoding,
        by: str,
        named: bool,
        progress: Progress,
    ) -> None:
        self.path, self.rows, self.limits, self.encoding = path, rows, limits, encoding
        self.by, self.named, self.progress = by, named, progress
        self.problems = Problems([])
        self.names: Names | None = None
        self.width = 0
        self.record = 0  # counts as a spreadsheet does: header and blank rows included
        self.blank = 0
        self.written = 0

    def run(self) -> Table:
        csv.field_size_limit(self.limits.cell_chars_max)
        lines = Lines(self.path, self.encoding)
        marks = encodings.marker.count
        reader = csv.reader(lines, delimiter=self.by, strict=True)
        batch: list[list[str]] = []
        starts: list[int] = []
        line = 0
        done = False
        try:
            while not done:
                try:
                    for row in reader:
                        batch.append(row)
                        starts.append(line)
                        line = reader.line_num
                        if len(batch) == BATCH_ROWS:
                            break
                    else:
                        done = True
                except csv.Error as error:
                    self._take(batch, starts, is_marked=encodings.marker.count > marks)
                    self._broken(error, line + 1)
                    batch, starts, line = [], [], reader.line_num
                    continue
                self._take(batch, starts, is_marked=encodings.marker.count > marks)
                batch, starts = [], []
                self.progress(self.written, lines.bytes_done())
        finally:
            lines.close()
        return self._finish()

    def _take(self, batch: list[list[str]], starts: list[int], *, is_marked: bool) -> None:
        if not batch:
            return
        if self.names is None:
            while batch and _is_blank(batch[0]):
                self.record += 1
                self.blank += 1
                batch, starts = batch[1:], starts[1:]
            if not batch:
                return
            self._name(batch[0], starts[0] + 1, is_marked=is_marked)
            if self.named:
                self.record += 1
                batch, starts = batch[1:], starts[1:]
        text = "".join(map("".join, batch)) if not is_marked else ""
        if is_marked or "\0" in text or set(map(len, batch)) != {self.width}:
            batch = self._check(batch, starts)
        else:
            self.record += len(batch)
        self.written += len(batch)
        if self.written > self.limits.rows_max:
            raise Refused("over_rows", limit=self.limits.rows_max)
        if not self.problems.count:
            self.rows.write(batch)

    def _check(self, batch: list[list[str]], starts: list[int]) -> list[list[str]]:
        """The slow way through a batch with something unusual: keep the good rows, tell of the others."""
        good = []
        for row, start in zip(batch, starts, strict=True):
            self.record += 1
            if _is_blank(row) and (self.width > 1 or not row):
                self.blank += 1
            elif self._is_sound(row, start + 1):
                good.append(row)
        return good

    def _is_sound(self, row: list[str], line: int) -> bool:
        faults = [(index, fault) for index, cell in enumerate(row) if (fault := self._fault(cell))]
        for index, (reason, facts) in faults:
            self._tell(reason, line, index + 1, **facts)
        if not faults and len(row) != self.width:
            self._tell("ragged_row", line, min(len(row), self.width) + 1, found=len(row), expected=self.width)
        return not faults and len(row) == self.width

    def _fault(self, cell: str) -> tuple[str, dict[str, str | int]] | None:
        if "\0" in cell:
            return "nul_byte", {}
        bad = next((char for char in cell if "\udc00" <= char <= "\udcff"), None)
        if bad is None:
            return None
        return "undecodable_byte", {"byte": f"0x{ord(bad) - 0xDC00:02X}", "encoding": self.encoding.name}

    def _name(self, first: list[str], line: int, *, is_marked: bool) -> None:
        self.width = len(first)
        if self.width > self.limits.columns_max:
            raise Refused("over_columns", found=self.width, limit=self.limits.columns_max)
        self.names = Names.of(first) if self.named else Names.numbered(self.width)
        if self.named and (is_marked or any("\0" in cell for cell in first)):
            self.record += 1
            self._is_sound(first, line)
            self.record -= 1
        self.rows.open(self.width)

    def _broken(self, error: csv.Error, line: int) -> None:
        self.record += 1
        text = str(error)
        if "field larger" in text:
            self._tell("cell_too_long", line, None, limit=self.limits.cell_chars_max)
        elif "unexpected end of data" in text:
            self._tell("unclosed_quote", line, self._column_of_fault(line))
        else:
            self._tell("text_after_quote", line, self._column_of_fault(line))

    def _column_of_fault(self, line: int) -> int | None:
        """Read the broken record again, character by character, to the cell where quoting goes wrong."""
        lines = Lines(self.path, self.encoding)
        column, quoted, at_start, closed = 1, False, True, False
        try:
            for number, text in enumerate(lines, 1):
                if number < line:
                    continue
                for char in text:
                    if closed and char == '"':  # the second of a pair
                        quoted, closed = True, False
                    elif closed and char not in self.by + "\r\n":
                        return column
                    elif quoted:
                        quoted, closed = char != '"', char == '"'
                    elif char == self.by:
                        column, at_start, closed = column + 1, True, False
                    elif char == '"' and at_start:
                        quoted, at_start = True, False
                    else:
                        at_start = False
                if not quoted:
                    return None
        finally:
            lines.close()
        return column

    def _tell(self, reason: str, line: int, column: int | None, **facts: str | int) -> None:
        sources = self.names.sources if self.names and self.named else ()
        name = sources[column - 1] if column and column <= len(sources) else None
        self.problems.add(BadInput(reason, self.record, column, line, name, facts))

    def _finish(self) -> Table:
        if self.problems.count:
            raise Bad(self.problems.shown, self.problems.count)
        if self.names is None:
            raise Bad([BadInput("empty_file")])
        if self.written == 0:
            raise Bad([BadInput("no_rows", row=1)])
        return Table(
            format="csv",
            names=self.names,
            row_count=self.written,
            blank_row_count=self.blank,
            encoding=self.encoding.name,
            delimiter=self.by,
            header=self.named,
        )


def _is_blank(row: list[str]) -> bool:
    return not row or (len(row) == 1 and not row[0].strip())
