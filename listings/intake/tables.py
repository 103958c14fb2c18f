"""What decoding hands on: the names of the columns, and the rows as plain text in one fixed dialect.

Whatever the source was, what follows reads one file of our own making, so that profile, scan and delivery
see the same cells that the strict reader saw. It knows no quotes, because readers differ over them: cells
are parted by U+001F, rows by a line feed, and the few characters that would break this are written as a
noncharacter and a letter.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

PART: Final = "\x1f"
ESCAPE: Final = "\ufdd0"
# Stands for a cell that the source does not have (JSON null, empty Excel cell).
NULL: Final = ESCAPE + "0"
# In this order undone: the escape of the escape itself comes last.
ESCAPES: Final = {
    "\n": ESCAPE + "n",
    "\r": ESCAPE + "r",
    PART: ESCAPE + "u",
    "": ESCAPE + "v",
    ESCAPE: ESCAPE + "e",
}
LINE_BYTES_MIN: Final = 2 << 20


@dataclass(frozen=True, slots=True)
class Names:
    """Column names as shown (trimmed, unique without regard to case) and as they stood in the source."""

    shown: tuple[str, ...]
    sources: tuple[str, ...]

    @classmethod
    def of(cls, sources: list[str]) -> Self:
        """Names for a header row: blanks folded, an empty one numbered, a repeated one suffixed."""
        shown: list[str] = []
        taken: set[str] = set()
        for number, source in enumerate(sources, 1):
            base = " ".join(source.split()) or f"column_{number}"
            name, suffix = base, 1
            while name.casefold() in taken:
                suffix += 1
                name = f"{base}_{suffix}"
            taken.add(name.casefold())
            shown.append(name)
        return cls(tuple(shown), tuple(sources))

    @classmethod
    def numbered(cls, count: int) -> Self:
        """Names for a table that has none: column_1, column_2 …"""
        return cls(tuple(f"column_{number}" for number in range(1, count + 1)), ("",) * count)

    def notices(self) -> list[dict[str, Any]]:
        """One notice for each column whose source had no name or somebody else's."""
        found = []
        for number, (shown, source) in enumerate(zip(self.shown, self.sources, strict=True), 1):
            folded = " ".join(source.split())
            if shown != folded and any(self.sources):
                code = "name_repeated" if folded else "name_missing"
                found.append({"code": code, "position": number, "name": shown})
        return found


@dataclass(frozen=True, slots=True)
class Table:
    """A decoded table: rows lie in the row file (or, for Parquet, in the source itself)."""

    format: str
    names: Names
    row_count: int
    blank_row_count: int = 0
    encoding: str | None = None
    delimiter: str | None = None
    header: bool = True
    sheet: str | None = None
    other_sheets: tuple[str, ...] = ()
    notices: tuple[dict[str, Any], ...] = ()
    declared: tuple[str, ...] = ()  # types that the format itself declares, one for each column


class RowFile:
    """Writes rows of text in the one dialect; `longest` is the longest line in bytes, for the reader."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.longest = LINE_BYTES_MIN
        self.width = 0
        self.is_escaped = False
        self._file = path.open("wb")

    def open(self, width: int) -> None:
        """Say how many cells a row has. Writes a heading: a first cell could pass for a BOM."""
        self.width = width
        self._file.write(PART.join(f"c{position}" for position in range(width)).encode() + b"\n")

    def write(self, rows: list[list[str]]) -> None:
        """Append rows; every cell is text, `NULL` for none."""
        text = "\n".join(map(PART.join, rows))
        if self._is_plain(text, len(rows)):
            data = text.encode()
        else:
            self.is_escaped = True
            data = "\n".join(map(self._line, rows)).encode()
        if not rows:
            return
        if len(data) > self.longest:
            self.longest = max(self.longest, *(len(line) for line in data.split(b"\n")))
        self._file.write(data + b"\n")

    def _is_plain(self, text: str, row_count: int) -> bool:
        return (
            text.count("\n") == row_count - 1
            and text.count(PART) == row_count * (self.width - 1)
            and "\r" not in text
            and ESCAPE not in text
            and self.width > 1  # the lone empty cell of a row would be a blank line
        )

    def _line(self, row: list[str]) -> str:
        line = PART.join(row)
        if self._is_plain(line, 1):
            return line
        return PART.join(map(self._escaped, row))

    def _escaped(self, cell: str) -> str:
        if cell == NULL:
            return cell
        cell = cell.replace(ESCAPE, ESCAPES[ESCAPE])
        for char in ("\n", "\r", PART):
            cell = cell.replace(char, ESCAPES[char])
        return cell or ESCAPES[""]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Flush to disk; the file is read by others from now on."""
        self._file.close()


def unescaped(value: str) -> str:
    """SQL that undoes the escapes of a cell (`value` is an SQL expression)."""
    undone = value
    for char, written in ESCAPES.items():
        point = f"chr({ord(char)})" if char else "''"
        undone = f"replace({undone}, '{written}', {point})"
    return f"CASE WHEN contains({value}, '{ESCAPE}') THEN {undone} ELSE {value} END"
