"""The first rows as text, as a stranger may see them before a trade."""

# ruff: noqa: S608 - what stands in the SQL is ours: positions, paths that `quoted` made safe, names that `named` did

from typing import Any, Final

from listings.intake import scan
from listings.intake.columns import Connection, Source, named, quoted
from listings.intake.profile import cut
from listings.intake.scan import Findings

ROWS_MAX: Final = 100


def take(connection: Connection, source: Source, names: tuple[str, ...], findings: Findings) -> dict[str, Any]:
    """The first rows, at most ROWS_MAX: identifiers masked, long cells cut with …, an absent cell null."""
    picked = ", ".join(f"CAST({named(name)} AS VARCHAR)" for name in source.ids)
    rows = connection.execute(
        f"SELECT {picked} FROM read_parquet({quoted(str(source.path))}) LIMIT {ROWS_MAX}"
    ).fetchall()
    return {
        "columns": list(names),
        "rows": [[_shown(cell, position, findings) for position, cell in enumerate(row)] for row in rows],
        "row_count": source.row_count,
    }


def _shown(cell: str | None, position: int, findings: Findings) -> str | None:
    masked = scan.mask(cell, position, findings)
    return None if masked is None else cut(masked)
