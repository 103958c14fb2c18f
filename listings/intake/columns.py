"""The decoded rows as columns in a locked DuckDB: loaded once as text, read in batches, stored typed."""

# ruff: noqa: S608 - what stands in the SQL is ours: positions, paths that `quoted` made safe, names that `named` did

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from listings.intake import kinds
from listings.intake.kinds import Type
from listings.intake.outcomes import Limits
from listings.intake.tables import LINE_BYTES_MIN, NULL, PART, RowFile, Table, unescaped

CELLS_AT_ONCE: Final = 2_000_000
COLUMNS_AT_ONCE: Final = 256
CAST_AT_ONCE: Final = 500
# What DuckDB sets aside, by its own count, for each column that a scan or a Parquet writer holds open.
BYTES_FOR_WIDE_COLUMN: Final = 320 << 10
Connection = duckdb.DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Source:
    """Where the columns can be read: a Parquet file and its column names there, in order of the table."""

    path: Path
    ids: tuple[str, ...]
    row_count: int

    def batches(self) -> Iterator[range]:
        """Runs of column positions that are worked on together: one when rows are many, hundreds when few."""
        size = min(max(CELLS_AT_ONCE // max(self.row_count, 1), 1), COLUMNS_AT_ONCE)
        for start in range(0, len(self.ids), size):
            yield range(start, min(start + size, len(self.ids)))

    def cells(self, batch: range) -> str:
        """SQL for every cell of the batch as (col INTEGER, value VARCHAR), nulls left out."""
        table = f"read_parquet({quoted(str(self.path))})"
        if len(batch) == 1:
            value = f"CAST({named(self.ids[batch[0]])} AS VARCHAR)"
            return f"SELECT {batch[0]} AS col, {value} AS value FROM {table} WHERE {value} IS NOT NULL"
        picked = ", ".join(f'CAST({named(self.ids[i])} AS VARCHAR) AS "{i}"' for i in batch)
        return (
            f"SELECT CAST(col AS INTEGER) AS col, value FROM "
            f"(UNPIVOT (SELECT {picked} FROM {table}) ON COLUMNS(*) INTO NAME col VALUE value)"
        )


def quoted(text: str) -> str:
    """The text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def named(name: str) -> str:
    """The text as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def connect(work: Path, source: Path, limits: Limits, column_count: int) -> Connection:
    """An in-memory DuckDB that reaches the work folder and the one source file, its settings locked."""
    memory = limits.memory_bytes_max // 2 + max(0, column_count - 1000) * BYTES_FOR_WIDE_COLUMN
    settings: dict[str, Any] = {
        "threads": limits.threads if column_count <= 1000 else 1,
        "memory_limit": f"{memory >> 20}MiB",
        "home_directory": str(work),
        "temp_directory": str(work / "spill"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    connection = duckdb.connect(config=settings)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    connection.execute(f"SET allowed_directories = [{quoted(str(work) + '/')}]")
    connection.execute(f"SET allowed_paths = [{quoted(str(source))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def load(connection: Connection, rows: RowFile, table: Table, target: Path) -> Source:
    """Turn the row file into a Parquet of text columns c0, c1 …; raises RowsLost if not all arrive."""
    ids = tuple(f"c{position}" for position in range(rows.width))
    columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in ids)
    picked = ", ".join(f"{unescaped(name)} AS {name}" for name in ids) if rows.is_escaped else "*"
    is_long = rows.longest > LINE_BYTES_MIN  # lines longer than its buffer stop DuckDB's parallel reader
    connection.execute(
        f"COPY (SELECT {picked} FROM read_csv({quoted(str(rows.path))}, columns = {{{columns}}}, "
        f"header = true, auto_detect = false, delim = '{PART}', quote = '', escape = '', new_line = '\\n', "
        f"encoding = 'utf-8', nullstr = '{NULL}', strict_mode = true, max_line_size = {rows.longest + 1}, "
        f"parallel = {not is_long})) "
        f"TO {quoted(str(target))} (FORMAT parquet, COMPRESSION lz4)"
    )
    found = single(connection, f"SELECT count(*) FROM read_parquet({quoted(str(target))})")[0]
    if found != table.row_count:
        raise RowsLost(f"{table.row_count} rows read, {found} loaded")
    return Source(target, ids, table.row_count)


class RowsLost(Exception):
    """The loader and the strict reader disagree on the number of rows: a fault of ours, never kept."""


def single(connection: Connection, sql: str) -> tuple[Any, ...]:
    """The one row that the query answers."""
    row = connection.execute(sql).fetchone()
    if row is None:
        raise LookupError("the query answered no row")
    return tuple(row)


def duplicate_rows(connection: Connection, source: Source) -> int:
    """Rows that repeat an earlier row exactly.

    The rows are not held: hashes are compared first, and only rows whose hashes meet are compared themselves.
    """
    table = f"read_parquet({quoted(str(source.path))})"
    names = ", ".join(named(name) for name in source.ids)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE meeting AS SELECT hash({names}) AS h FROM {table} GROUP BY h HAVING count(*) > 1"
    )
    if single(connection, "SELECT count(*) FROM meeting")[0] == 0:
        return 0
    repeated = single(
        connection,
        f"SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM {table} "
        f"WHERE hash({names}) IN (FROM meeting) GROUP BY {names})",
    )[0]
    connection.execute("DROP TABLE meeting")
    return int(repeated)


def copy(connection: Connection, source: Source, names: tuple[str, ...], target: Path) -> None:
    """Write a table that has types of its own as Parquet under the names shown."""
    picked = ", ".join(f"{named(id_)} AS {named(name)}" for id_, name in zip(source.ids, names, strict=True))
    connection.execute(
        f"COPY (SELECT {picked} FROM read_parquet({quoted(str(source.path))})) "
        f"TO {quoted(str(target))} (FORMAT parquet, COMPRESSION zstd)"
    )


def store(connection: Connection, source: Source, names: tuple[str, ...], types: list[Type], target: Path) -> None:
    """Write the table as Parquet under the names shown, columns in their profiled types, null tokens null.

    A wide table is cast some hundred columns at a time: casting all at once takes a vector for each step of
    each.
    """
    selects = [
        _typed(source, names, types, range(start, min(start + CAST_AT_ONCE, len(names))))
        for start in range(0, len(names), CAST_AT_ONCE)
    ]
    if len(selects) > 1:
        parts = [target.with_suffix(f".{number}") for number in range(len(selects))]
        for part, select in zip(parts, selects, strict=True):
            connection.execute(f"COPY ({select}) TO {quoted(str(part))} (FORMAT parquet)")
        joined = " POSITIONAL JOIN ".join(f"read_parquet({quoted(str(part))})" for part in parts)
        selects = [f"SELECT * FROM {joined}"]
    connection.execute(f"COPY ({selects[0]}) TO {quoted(str(target))} (FORMAT parquet, COMPRESSION zstd)")


def _typed(source: Source, names: tuple[str, ...], types: list[Type], run: range) -> str:
    trimmed, typed = [], []
    for position in run:
        column, kind = named(source.ids[position]), types[position]
        value = column if kind.name == "text" else kinds.TRIMMED.format(value=column)
        trimmed.append(f"{value} AS {column}")
        typed.append(f"{kinds.typed(kind, column)} AS {named(names[position])}")
    return f"SELECT {', '.join(typed)} FROM (SELECT {', '.join(trimmed)} FROM read_parquet({quoted(str(source.path))}))"
