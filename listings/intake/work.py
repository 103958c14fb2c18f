"""The work of the child, stage by stage: decode, profile, scan, sample, store."""

import errno
import json
from pathlib import Path
from typing import Any, Protocol

import duckdb

from listings.intake import columns, decode, parquets, profile, sample, scan
from listings.intake.columns import Connection, Source
from listings.intake.decode import Options
from listings.intake.outcomes import Limits
from listings.intake.problems import Bad, BadInput, Refused
from listings.intake.tables import RowFile, Table


class Voice(Protocol):
    """How far the work has come, told to whoever waits."""

    def begin(self, name: str, **totals: int) -> None: ...
    def progress(self, **done: int) -> None: ...


def do(
    source: Path, folder: Path, filename: str, limits: Limits, options: dict[str, Any], voice: Voice
) -> dict[str, Any]:
    """Do all of it and leave profile.json, sample.json and table.parquet in the folder.

    Answers {"kind": "table" | "opaque", "format": …}. Raises Bad and Refused.
    """
    try:
        return _do(source, folder, filename, limits, options, voice)
    except duckdb.OutOfMemoryException as error:
        raise Refused("over_memory", limit=limits.memory_bytes_max) from error
    except (OSError, duckdb.IOException) as error:
        if getattr(error, "errno", None) in (errno.EFBIG, errno.ENOSPC) or "File too large" in str(error):
            raise Refused("over_output", limit=limits.output_bytes_max(source.stat().st_size)) from error
        raise


def _do(
    source: Path, folder: Path, filename: str, limits: Limits, options: dict[str, Any], voice: Voice
) -> dict[str, Any]:
    size = source.stat().st_size
    if size > limits.bytes_max:
        raise Refused("over_bytes", found=size, limit=limits.bytes_max)
    voice.begin("decode", bytes_total=size)
    form = decode.form(source, filename)
    opened = None
    if form == "parquet":
        opened = _open_parquet(source, folder, limits)
    elif form is not None:
        opened = _open_rows(source, folder, form, limits, Options(**options), voice)
    if opened is None:
        return {"kind": "opaque", "format": Path(filename).suffix.lower().lstrip(".")}
    try:
        _describe(*opened, folder, voice)
    except (duckdb.IOException, duckdb.InvalidInputException, duckdb.SerializationException) as error:
        # Footers are checked at once, pages only as they are read.
        if form == "parquet" and "too large" not in str(error):
            raise Bad([BadInput("damaged_parquet")]) from error
        raise
    return {"kind": "table", "format": opened[1].format}


def _open_parquet(source: Path, folder: Path, limits: Limits) -> tuple[Connection, Table, Source]:
    connection = columns.connect(folder, source, limits, parquets.width(folder, source, limits))
    return connection, *parquets.read(connection, source, limits)


def _open_rows(
    source: Path, folder: Path, form: str, limits: Limits, options: Options, voice: Voice
) -> tuple[Connection, Table, Source] | None:
    path = folder / "rows"
    try:
        with RowFile(path) as rows:
            table = decode.decode(
                source,
                form,
                rows=rows,
                limits=limits,
                options=options,
                progress=lambda row_count, byte_count: voice.progress(rows_done=row_count, bytes_done=byte_count),
            )
        if table is None:
            return None
        connection = columns.connect(folder, source, limits, rows.width)
        return connection, table, columns.load(connection, rows, table, folder / "text.parquet")
    finally:
        path.unlink()


def _describe(connection: Connection, table: Table, source: Source, folder: Path, voice: Voice) -> None:
    """Profile, scan, sample and store the opened table."""
    total = len(table.names.shown)

    def per_column(count: int) -> None:
        voice.progress(rows_done=table.row_count * count // total)

    voice.begin("profile", rows_total=table.row_count)
    statistics, types = profile.measure(connection, source, table, per_column)
    voice.begin("scan", rows_total=table.row_count)
    findings = scan.search(connection, source, statistics, per_column)
    statistics, types = scan.note(statistics, types, findings)
    voice.begin("sample", rows_total=table.row_count)
    shown = sample.take(connection, source, table.names.shown, findings)
    voice.begin("store", rows_total=table.row_count)
    target = folder / "table.parquet"
    if table.declared:
        columns.copy(connection, source, table.names.shown, target)
    else:
        columns.store(connection, source, table.names.shown, types, target)
    _write(folder / "profile.json", statistics)
    _write(folder / "sample.json", shown)


def _write(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
