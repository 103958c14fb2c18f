"""The work of the child, stage by stage: decode, profile, scan, sample, store."""

import errno
import json
from pathlib import Path
from typing import Any, Protocol

import duckdb

from listings.intake import columns, profile, sample, scan
from listings.intake.decode import Options, decode
from listings.intake.outcomes import Limits
from listings.intake.problems import Refused
from listings.intake.tables import RowFile


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
    rows = RowFile(folder / "rows.csv")
    try:
        table = decode(
            source,
            filename=filename,
            rows=rows,
            limits=limits,
            options=Options(**options),
            progress=lambda row_count, byte_count: voice.progress(rows_done=row_count, bytes_done=byte_count),
        )
    finally:
        rows.close()
    if table is None:
        rows.path.unlink()
        return {"kind": "opaque", "format": Path(filename).suffix.lower().lstrip(".")}
    total = len(table.names.shown)
    connection = columns.connect(folder, source, limits, total)
    text = columns.load(connection, rows, table, folder / "text.parquet")
    rows.path.unlink()

    voice.begin("profile", rows_total=table.row_count)

    def per_column(count: int) -> None:
        voice.progress(rows_done=table.row_count * count // total)

    statistics, types = profile.measure(connection, text, table, per_column)
    voice.begin("scan", rows_total=table.row_count)
    findings = scan.search(connection, text, statistics, per_column)
    statistics, types = scan.note(statistics, types, findings)
    voice.begin("sample", rows_total=table.row_count)
    shown = sample.take(connection, text, table.names.shown, findings)
    voice.begin("store", rows_total=table.row_count)
    columns.store(connection, text, table.names.shown, types, folder / "table.parquet")
    _write(folder / "profile.json", statistics)
    _write(folder / "sample.json", shown)
    text.path.unlink()
    return {"kind": "table", "format": table.format}


def _write(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
