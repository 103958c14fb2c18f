"""What intake measured of a table's quality. Only what was counted over all rows is scored; nothing is estimated.

Scores are thousandths, rounded down: a table with one empty cell never reads 100.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

METHOD: Final = "v1"
Dimension = Literal["completeness", "uniqueness", "validity"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One dimension: its score in thousandths, and the count behind it (`bad` of `all`)."""

    dimension: Dimension
    score: int
    bad: int
    all: int


def measures(profile: dict[str, Any] | None) -> list[Measure]:
    """The dimensions that a profile lets one compute; none for a file that is not a table.

    completeness: cells that are neither empty nor a word for nothing (NA, NaN, \\N), of all cells.
    uniqueness: rows that repeat no earlier row, of all rows.
    validity: filled cells that fit the type which 95 % or more of their column have, of all filled cells.
    """
    if not profile or not profile.get("row_count") or not profile.get("column_count"):
        return []
    rows = int(profile["row_count"])
    cells = rows * int(profile["column_count"])
    empty = int(profile["null_cell_count"])
    misfits = sum(int(column["misfit"]["count"]) for column in profile["columns"] if column.get("misfit"))
    found = [_measure("completeness", empty, cells), _measure("uniqueness", int(profile["duplicate_row_count"]), rows)]
    if cells > empty:
        found.append(_measure("validity", misfits, cells - empty))
    return found


def overall(found: list[Measure]) -> int | None:
    """The mean of the dimensions, 0 to 100, rounded down; None where nothing was measured."""
    return sum(each.score for each in found) // len(found) // 10 if found else None


def score(profile: dict[str, Any] | None) -> int | None:
    """The figure that the catalogue shows."""
    return overall(measures(profile))


def _measure(dimension: Dimension, bad: int, all_: int) -> Measure:
    return Measure(dimension, (all_ - bad) * 1000 // all_, bad, all_)
