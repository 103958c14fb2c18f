"""What of a profile strangers may see: no value that few rows share, nothing out of columns with findings."""

from typing import Any, Final

FLOOR_ROWS: Final = 20
ALWAYS: Final = (
    "name", "source_name", "position", "type", "scale", "null_count", "null_ppm", "null_tokens",
    "absent_count", "distinct_count", "is_exact", "misfit",
)  # fmt: skip
OF_TABLE: Final = (
    "schema", "format", "encoding", "delimiter", "header", "sheet", "row_count", "column_count",
    "blank_row_count", "duplicate_row_count", "null_cell_count", "notices",
)  # fmt: skip


def public_view(profile: dict[str, Any]) -> dict[str, Any]:
    """The public part of a profile, a new dict of the same shape.

    A column with findings keeps its name and type, and tells only which kinds were found in what share of
    the rows. Elsewhere top values, bars and extremes stay where FLOOR_ROWS rows share them, the mean where
    as many cells are filled, and bins are joined until each holds as many; a joined end bin is open (its
    edge is null).
    """
    table = {key: profile[key] for key in OF_TABLE}
    return table | {"columns": columns(profile["columns"], profile["row_count"])}


def columns(found: list[dict[str, Any]], row_count: int) -> list[dict[str, Any]]:
    """The public part of some of its columns."""
    return [_column(column, row_count) for column in found]


def _column(column: dict[str, Any], row_count: int) -> dict[str, Any]:
    if column["findings"]:
        findings = [{"kind": found["kind"], "cell_ppm": found["cell_ppm"]} for found in column["findings"]]
        named = {key: column[key] for key in ("name", "source_name", "position", "type")}
        return named | {"findings": findings}
    shown = {key: column[key] for key in ALWAYS} | {"findings": []}
    for end in ("min", "max"):
        is_shared = column[f"{end}_count"] >= FLOOR_ROWS
        shown |= {
            end: column[end] if is_shared else None,
            f"{end}_count": column[f"{end}_count"] if is_shared else 0,
        }
    is_full = row_count - column["null_count"] >= FLOOR_ROWS
    shown["mean"] = column["mean"] if is_full else None
    shown["top"] = [value for value in column["top"] if value["count"] >= FLOOR_ROWS]
    shown["histogram"] = _histogram(column["histogram"])
    return shown


def _histogram(bars: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not bars or "value" in bars[0]:
        return [bar for bar in bars if bar["count"] >= FLOOR_ROWS]
    return _joined(bars)


def _joined(bins: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Neighbouring bins joined from the low end until each holds FLOOR_ROWS; empty ones between stay."""
    joined: list[dict[str, Any]] = []
    held: list[dict[str, Any]] = []
    for one in bins:
        held.append(one)
        count = sum(other["count"] for other in held)
        if count >= FLOOR_ROWS or count == 0:
            joined.append({"low": held[0]["low"], "high": one["high"], "count": count})
            held = []
    if held:
        while joined and joined[-1]["count"] == 0:
            joined.pop()
        if not joined:
            return []
        joined[-1]["count"] += sum(other["count"] for other in held)
    if bins[0]["count"] < FLOOR_ROWS:
        joined[0]["low"] = None
    if bins[-1]["count"] < FLOOR_ROWS:
        joined[-1]["high"] = None
    return joined
