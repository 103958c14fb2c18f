"""Open a Parquet file where it lies: its columns, its declared types, its rows counted."""

# ruff: noqa: S608 - what stands in the SQL is a path that `quoted` made safe

from pathlib import Path
from typing import Final

import duckdb

from listings.intake import columns
from listings.intake.columns import Connection, Source, quoted
from listings.intake.outcomes import Limits
from listings.intake.problems import Bad, BadInput, Refused
from listings.intake.tables import Names, Table

# DuckDB's name of a type → the type shown; what is not here is shown as text.
DECLARED: Final = {
    "TINYINT": "integer", "SMALLINT": "integer", "INTEGER": "integer", "BIGINT": "integer",
    "UTINYINT": "integer", "USMALLINT": "integer", "UINTEGER": "integer", "UBIGINT": "integer",
    "HUGEINT": "integer", "UHUGEINT": "integer",
    "FLOAT": "decimal", "DOUBLE": "decimal", "DECIMAL": "decimal", "DATE": "date", "TIMESTAMP": "timestamp",
    "TIMESTAMP_S": "timestamp", "TIMESTAMP_MS": "timestamp", "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp", "BOOLEAN": "boolean",
}  # fmt: skip


def width(work: Path, path: Path, limits: Limits) -> int:
    """How many columns the file has, asked before a connection is measured out for them. Raises Bad."""
    connection = columns.connect(work, path, limits, 1)
    try:
        return len(_described(connection, path))
    finally:
        connection.close()


def read(connection: Connection, path: Path, limits: Limits) -> tuple[Table, Source]:
    """The table as it lies in the file. Raises Bad if damaged or without rows, Refused past a limit."""
    described = _described(connection, path)
    count = _counted(connection, path)
    if len(described) > limits.columns_max:
        raise Refused("over_columns", found=len(described), limit=limits.columns_max)
    if count > limits.rows_max:
        raise Refused("over_rows", limit=limits.rows_max)
    if count == 0:
        raise Bad([BadInput("no_rows")])
    names = [name for name, _ in described]
    declared = tuple(
        DECLARED.get(kind.partition("(")[0], "text") if "[" not in kind else "text" for _, kind in described
    )
    table = Table(format="parquet", names=Names.of(names), row_count=count, declared=declared)
    return table, Source(path, tuple(names), count)


def _described(connection: Connection, path: Path) -> list[tuple[str, str]]:
    try:
        rows = connection.execute(f"DESCRIBE SELECT * FROM read_parquet({quoted(str(path))})").fetchall()
    except (duckdb.IOException, duckdb.InvalidInputException, duckdb.SerializationException) as error:
        raise Bad([BadInput("damaged_parquet")]) from error
    return [(row[0], row[1]) for row in rows]


def _counted(connection: Connection, path: Path) -> int:
    return int(columns.single(connection, f"SELECT count(*) FROM read_parquet({quoted(str(path))})")[0])
