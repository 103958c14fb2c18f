"""Look for personal identifiers in every cell of every row, and take what was found out of all that is shown.

Counts are kept, never a hit: columns with findings lose their values in the profile, and the sample is
masked.
"""

# ruff: noqa: S608 - what stands in the SQL is ours: positions, patterns of this package, paths that `quoted` made safe

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from listings.intake import detectors, kinds
from listings.intake.columns import Connection, Source
from listings.intake.kinds import Type

FETCH_ROWS: Final = 10_000
SHORTEST: Final = {
    "text": 6,
    "integer": 11,
}  # characters below which no identifier fits; other types hold none
# By chance one number in ten passes Luhn; cards pass all.
CARD_SHARE_MIN: Final = 0.25
# A column of whole numbers is one of phone numbers only if most of them are.
NUMBER_SHARE_MIN: Final = 0.5
# From this share of its filled cells on, a column is of that kind, and a cell that does not fit is masked
# too.
COLUMN_SHARE_MIN: Final = 0.5


@dataclass(slots=True)
class Finding:
    """One kind found in one column: cells that hold it, hits in them, and hits whose check digit is right."""

    cell_count: int = 0
    hit_count: int = 0
    checksum_count: int = 0


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found, by column position and kind, and which columns are mostly of one kind."""

    by_column: dict[int, dict[str, Finding]] = field(default_factory=dict)
    filled: dict[int, int] = field(default_factory=dict)

    def is_of_kind(self, position: int) -> bool:
        """Whether most filled cells of the column are identifiers."""
        cells = max((finding.cell_count for finding in self.by_column.get(position, {}).values()), default=0)
        return cells > 0 and cells >= self.filled.get(position, 0) * COLUMN_SHARE_MIN


def search(
    connection: Connection, source: Source, profile: dict[str, Any], progress: Callable[[int], None]
) -> Findings:
    """Search every cell of every column that could hold an identifier. `progress` hears of columns done."""
    shown = profile["columns"]
    found: dict[int, dict[str, Finding]] = defaultdict(lambda: defaultdict(Finding))
    wanted = {
        position
        for position, column in enumerate(shown)
        if column["max_length"] >= SHORTEST.get(column["type"], 1 << 30)
    }
    for batch in source.batches():
        if wanted.intersection(batch):
            _whole_cells(connection, source.cells(batch), found)
            _inside_cells(connection, found)
            connection.execute("DROP TABLE suspects")
        progress(batch.stop)
    filled = {position: profile["row_count"] - shown[position]["null_count"] for position in found}
    kept = {
        position: sure
        for position, by_kind in found.items()
        if position in wanted
        and (
            sure := {
                kind: one for kind, one in by_kind.items() if _is_sure(kind, one, shown[position], filled[position])
            }
        )
    }
    return Findings(kept, filled)


def _whole_cells(connection: Connection, cells: str, found: dict[int, dict[str, Finding]]) -> None:
    trimmed = kinds.TRIMMED.format(value="value")
    likely = f"SELECT col, {trimmed} AS t FROM ({cells}) WHERE regexp_matches(value, '{detectors.PREFILTER}')"
    named = f"SELECT *, {detectors.whole_cell()} AS kind FROM ({likely})"
    numbered = f"SELECT *, {detectors.number()} AS number FROM ({named})"
    # Only texts that are no identifier as a whole are kept to be looked into.
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE suspects AS SELECT col, kind, {detectors.whole_cell_check()} AS passed, "
        f"CASE WHEN kind IS NULL THEN t END AS t FROM ({numbered})"
    )
    rows = connection.execute(
        "SELECT col, kind, count(*), count(*) FILTER (passed) FROM suspects WHERE kind IS NOT NULL GROUP BY ALL"
    ).fetchall()
    for position, kind, count, passed in rows:
        finding = found[position][kind]
        finding.cell_count += count
        finding.hit_count += count
        finding.checksum_count += passed


def _inside_cells(connection: Connection, found: dict[int, dict[str, Finding]]) -> None:
    rest = connection.execute("SELECT col, t, count(*) FROM suspects WHERE kind IS NULL GROUP BY ALL")
    while rows := rest.fetchmany(FETCH_ROWS):
        for position, text, count in rows:
            in_cell: set[str] = set()
            for hit in detectors.hits(text):
                finding = found[position][hit.kind]
                finding.hit_count += count
                finding.checksum_count += count * (hit.is_checked and hit.kind in detectors.CHECKED)
                finding.cell_count += count * (hit.kind not in in_cell)
                in_cell.add(hit.kind)


def _is_sure(kind: str, finding: Finding, column: dict[str, Any], filled: int) -> bool:
    if kind == "bank_card":
        return finding.checksum_count > 0 and finding.checksum_count >= finding.hit_count * CARD_SHARE_MIN
    if kind == "mobile" and column["type"] == "integer":
        return finding.cell_count >= filled * NUMBER_SHARE_MIN
    return True


def note(profile: dict[str, Any], types: list[Type], findings: Findings) -> tuple[dict[str, Any], list[Type]]:
    """The profile with the findings in it, the values of their columns taken out, and the types to store."""
    columns, noted = [], []
    for position, (column, kind) in enumerate(zip(profile["columns"], types, strict=True)):
        by_kind = findings.by_column.get(position)
        if not by_kind:
            columns.append(column)
            noted.append(kind)
            continue
        told = [
            {
                "kind": name,
                "cell_count": finding.cell_count,
                "cell_ppm": finding.cell_count * 1_000_000 // profile["row_count"],
                "hit_count": finding.hit_count,
                "checksum_count": finding.checksum_count if name in detectors.CHECKED else None,
            }
            for name, finding in sorted(by_kind.items())
        ]
        is_number = kind.name == "integer" and findings.is_of_kind(position)
        hidden: dict[str, Any] = {
            "min": None,
            "max": None,
            "min_count": 0,
            "max_count": 0,
            "mean": None,
            "top": [],
            "histogram": [],
        }
        renamed = {"type": "text"} if is_number else {}
        columns.append(column | hidden | renamed | {"findings": told})
        noted.append(replace(kind, name="text", form="") if is_number else kind)
    return profile | {"columns": columns}, noted


def mask(text: str | None, position: int, findings: Findings) -> str | None:
    """The cell as others may see it: identifiers masked, in a column of them also what fits none."""
    if text is None or position not in findings.by_column:
        return text
    pieces, at = [], 0
    for hit in detectors.hits(text):
        pieces += [text[at : hit.start], _stars(text[hit.start : hit.end], hit.kind)]
        at = hit.end
    if not pieces and findings.is_of_kind(position) and text.strip():
        return "***"
    return "".join([*pieces, text[at:]])


def _stars(found: str, kind: str) -> str:
    if kind == "email":
        return "***" + found[found.index("@") :]
    kept = {"identity": 3, "mobile": 3, "bank_card": 4, "plate": 1}[kind]
    return found[:kept] + "*" * (len(found) - kept)
