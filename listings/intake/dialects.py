"""How a text table is laid out: which delimiter, and whether the first row names the columns."""

import csv
import io
import re
from collections import Counter
from itertools import pairwise
from typing import Final

DELIMITERS: Final = (",", ";", "\t", "|")
SAMPLE_CHARS: Final = 1 << 18
ROWS_MAX: Final = 200
NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?%?")
DATE: Final = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?([ T].*)?|\d{1,2}/\d{1,2}/\d{4}")
LETTERS: Final = re.compile(r"[^\W\d_]")


def delimiter(sample: str, *, is_whole: bool) -> str | None:
    """The delimiter that cuts the sample into the most even rows, or None where none cuts it at all.

    `is_whole` says that the sample is the entire file: otherwise its last row may be cut and is left out.
    """
    best: tuple[float, int, str] | None = None
    for candidate in DELIMITERS:
        rows = records(sample, candidate, is_whole=is_whole)
        if not rows:
            continue
        width, count = Counter(len(row) for row in rows).most_common(1)[0]
        if width < 2:
            continue
        score = (count / len(rows), width, candidate)
        if best is None or score[:2] > best[:2]:
            best = score
    return best[2] if best else None


def records(sample: str, by: str, *, is_whole: bool) -> list[list[str]]:
    """The first rows of the sample, blank ones left out; lenient, since the strict reading comes later."""
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=by)
    try:
        for row in reader:
            if row and (len(row) > 1 or row[0].strip()):
                rows.append(row)
            if len(rows) > ROWS_MAX:
                break
    except csv.Error:
        return rows
    if not is_whole and len(rows) > 1:
        rows.pop()
    return rows


def has_header(rows: list[list[str]]) -> bool:
    """Whether the first row names the columns; yes when nothing speaks against it.

    A column speaks for a header when its first cell is words above numbers or dates, against it when a number
    stands above numbers or a value that comes again below. Names that are all different above rows that
    repeat themselves, and a run of years, are a header although they are numbers.
    """
    if len(rows) < 2:
        return True
    first, body = rows[0], rows[1:]
    if _is_run(first) and not any(_is_run(row) for row in body[:3]):
        return True
    if len(first) > 8 and len(set(first)) == len(first) and all(len(set(row)) * 4 < len(row) for row in body):
        return True
    vote = 0
    for index, name in enumerate(first):
        below = [row[index].strip() for row in body if index < len(row) and row[index].strip()]
        if not below:
            continue
        is_figures = sum(1 for cell in below if _is_figure(cell)) * 10 >= len(below) * 8
        if is_figures and name.strip():
            vote += -1 if _is_figure(name.strip()) else 1
        elif name.strip() in below and len(below) > 5:
            vote -= 1
    return vote >= 0


def _is_figure(cell: str) -> bool:
    return bool(NUMBER.fullmatch(cell) or DATE.fullmatch(cell))


def _is_run(row: list[str]) -> bool:
    """Whole numbers that rise or fall by one, at least three: years or months across the top."""
    figures = [int(cell) for cell in row if re.fullmatch(r"\d{1,6}", cell.strip())]
    steps = {after - before for before, after in pairwise(figures)}
    return len(figures) >= 3 and (steps == {1} or steps == {-1})
