"""Statistics of every column over every row, exact, from distinct values and their counts.

The answer is plain JSON without floats: counts and parts per million are integers, every figure of the data
(extremes, mean, edges of bins) is a string, so that a profile can be hashed.
"""

# ruff: noqa: S608 - what stands in the SQL is ours: positions, paths that `quoted` made safe, names that `named` did

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any, Final

from listings.intake import columns, kinds
from listings.intake.columns import Connection, Source
from listings.intake.kinds import Counts, Type
from listings.intake.tables import Table

TOP: Final = 10
BARS: Final = 5
BINS_MAX: Final = 20
CELL_CHARS_MAX: Final = 200
UNIT: Final = 10**kinds.SCALE
EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
DAY_US: Final = 86_400_000_000
# Widths of bins of moments, in microseconds: seconds to years, so that edges fall on readable places.
DATE_WIDTHS: Final = (1, 2, 7, 14, 28, 91, 182, 364, 728, 1820, 3640, 7280, 18_200, 36_400, 364_000)  # days
STAMP_WIDTHS: Final = (
    *(seconds * 1_000_000 for seconds in (1, 5, 15, 60, 300, 900, 3600, 10_800, 21_600, 43_200)),
    *(days * DAY_US for days in DATE_WIDTHS),
)


@dataclass(slots=True)
class Column:
    """One column while it is measured."""

    position: int
    counts: Counts
    type: Type
    null_count: int
    null_tokens: dict[str, int]
    top: list[dict[str, Any]]
    facts: dict[str, Any]


def measure(
    connection: Connection, source: Source, table: Table, progress: Callable[[int], None]
) -> tuple[dict[str, Any], list[Type]]:
    """The profile of the table and the type of each column. `progress` hears how many columns are done."""
    measured: list[Column] = []
    for batch in source.batches():
        measured += _batch(connection, source, table, batch)
        progress(len(measured))
    duplicates = columns.duplicate_rows(connection, source)
    shown = [_shown(column, table) for column in measured]
    profile = {
        "schema": 1,
        "format": table.format,
        "encoding": table.encoding,
        "delimiter": table.delimiter,
        "header": table.header,
        "sheet": table.sheet,
        "other_sheets": list(table.other_sheets),
        "row_count": table.row_count,
        "column_count": len(table.names.shown),
        "blank_row_count": table.blank_row_count,
        "duplicate_row_count": duplicates,
        "null_cell_count": sum(column.null_count for column in measured),
        "notices": [*table.notices, *table.names.notices()],
        "columns": shown,
    }
    return profile, [column.type for column in measured]


def _batch(connection: Connection, source: Source, table: Table, batch: range) -> list[Column]:
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE seen AS SELECT *, {kinds.KIND} AS kind FROM ("
        f"SELECT col, value, count(*) AS n, {kinds.TRIMMED.format(value='value')} AS t "
        f"FROM ({source.cells(batch)}) GROUP BY col, value)"
    )
    found = {position: _counted(table, position, tallies) for position, tallies in _tally(connection).items()}
    tokens = connection.execute(
        "SELECT col, t, sum(n) FROM seen WHERE kind = 'null' GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    measured = []
    for position in batch:
        column = found.get(position) or _empty(position)
        column.null_count = table.row_count - column.counts.filled
        column.null_tokens = {token: int(count) for at, token, count in tokens if at == position}
        missing = column.null_count - sum(column.null_tokens.values())
        if missing:
            column.facts["absent_count"] = missing
        measured.append(column)
    _extremes(connection, measured)
    connection.execute("DROP TABLE seen")
    return measured


@dataclass(frozen=True, slots=True)
class _Tally:
    """The filled cells of one kind in one column; in the order of the query that counts them."""

    col: int
    kind: str
    count: int
    ymd: int
    shortest: int
    longest: int
    whole_digits: int
    fraction_digits: int
    distinct: int
    top: list[dict[str, Any]]


def _tally(connection: Connection) -> dict[int, list[_Tally]]:
    rows = connection.execute(
        f"SELECT col, kind, CAST(sum(n) AS BIGINT), "
        f"CAST(coalesce(sum(n) FILTER ({kinds.IS_YMD}), 0) AS BIGINT), min(length(t)), max(length(t)), "
        f"max(CASE WHEN kind IN ('integer', 'decimal') "
        f"THEN strlen(split_part(ltrim(t, '+-'), '.', 1)) ELSE 0 END), "
        f"max(CASE WHEN kind = 'decimal' THEN strlen(split_part(t, '.', 2)) ELSE 0 END), "
        f"count(*), min({{'m': -n, 'v': value}}, {TOP}) FROM seen WHERE kind <> 'null' GROUP BY col, kind"
    ).fetchall()
    tallies: dict[int, list[_Tally]] = {}
    for row in rows:
        tallies.setdefault(row[0], []).append(_Tally(*row))
    return tallies


def _counted(table: Table, position: int, tallies: list[_Tally]) -> Column:
    counts = Counts(
        {tally.kind: tally.count for tally in tallies},
        ymd=sum(tally.ymd for tally in tallies),
        shortest=min(tally.shortest for tally in tallies),
        longest=max(tally.longest for tally in tallies),
        whole_digits=max(tally.whole_digits for tally in tallies),
        fraction_digits=max(tally.fraction_digits for tally in tallies),
        distinct=sum(tally.distinct for tally in tallies),
    )
    declared = table.declared[position] if table.declared else None
    ranked = sorted((item["m"], item["v"]) for tally in tallies for item in tally.top)[:TOP]
    top = [{"value": cut(value), "count": -negative} for negative, value in ranked]
    return Column(position, counts, kinds.of(table.names.shown[position], counts, declared), 0, {}, top, {})


def _empty(position: int) -> Column:
    return Column(position, Counts({}, 0, 0, 0, 0, 0, 0), Type("text"), 0, {}, [], {})


def _extremes(connection: Connection, measured: list[Column]) -> None:
    """Extremes, mean and bins of the ordered columns of a batch, extremes of its texts."""
    ordered = [column for column in measured if column.type.form in kinds.AS_INTEGER and column.counts.filled]
    others = [column for column in measured if column.type.form not in kinds.AS_INTEGER and column.counts.filled]
    for form in sorted({column.type.form for column in ordered}):
        _ordered(connection, form, [column for column in ordered if column.type.form == form])
    if others:
        wanted = ", ".join(str(column.position) for column in others)
        rows = connection.execute(
            f"SELECT col, min(value), max(value), arg_min(n, value), arg_max(n, value) FROM seen "
            f"WHERE kind <> 'null' AND col IN ({wanted}) GROUP BY col"
        ).fetchall()
        for column in others:
            low, high, low_count, high_count = next(row[1:] for row in rows if row[0] == column.position)
            column.facts |= {
                "min": cut(low), "max": cut(high), "min_count": int(low_count), "max_count": int(high_count),
            }  # fmt: skip


def _ordered(connection: Connection, form: str, wanted: list[Column]) -> None:
    positions = ", ".join(str(column.position) for column in wanted)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE points AS SELECT col, x, sum(n) AS n FROM ("
        f"SELECT col, n, {kinds.AS_INTEGER[form]} AS x FROM seen "
        f"WHERE kind <> 'null' AND col IN ({positions})) GROUP BY col, x"
    )
    rows = connection.execute(
        f"SELECT col, min(x), max(x), arg_min(n, x), arg_max(n, x), sum((x // {UNIT}::HUGEINT) * n), "
        f"sum((x % {UNIT}::HUGEINT) * n) FROM points GROUP BY col"
    ).fetchall()
    bins: list[str] = []
    for column in wanted:
        low, high, low_count, high_count, whole, part = next(row[1:] for row in rows if row[0] == column.position)
        total = int(whole) * UNIT + int(part)
        start, width = _bins(column.type, int(low), int(high))
        column.facts |= {
            "min": _text(column.type, int(low)), "max": _text(column.type, int(high)),
            "min_count": int(low_count), "max_count": int(high_count), "bins": (start, width),
        }  # fmt: skip
        if form == "number":
            column.facts["mean"] = _mean(total, column)
        bins.append(f"({column.position}, {start}::HUGEINT, {width}::HUGEINT)")
    counted = connection.execute(
        f"SELECT col, CAST((x - low) // width AS INTEGER) AS bin, sum(n) FROM points "
        f"JOIN (VALUES {', '.join(bins)}) AS b(col, low, width) USING (col) GROUP BY ALL"
    ).fetchall()
    connection.execute("DROP TABLE points")
    for column in wanted:
        start, width = column.facts.pop("bins")
        inside = {index: int(count) for at, index, count in counted if at == column.position}
        column.facts["histogram"] = [
            {
                "low": _text(column.type, start + index * width),
                "high": _text(column.type, start + (index + 1) * width),
                "count": inside.get(index, 0),
            }
            for index in range(max(inside) + 1)
        ]


def _bins(kind: Type, low: int, high: int) -> tuple[int, int]:
    """Start and width of at most BINS_MAX equal bins; their edges are round, so that none is an extreme."""
    for width in _widths(kind):
        start = low // width * width
        if (high - start) // width < BINS_MAX:
            return start, width
    raise OverflowError(f"no bins for {low} … {high}")


def _widths(kind: Type) -> tuple[int, ...]:
    if kind.name == "date":
        return DATE_WIDTHS
    if kind.name == "timestamp":
        return STAMP_WIDTHS
    smallest = 0 if kind.name == "integer" else -kinds.SCALE
    return tuple(step * 10 ** (power + kinds.SCALE) for power in range(smallest, 22) for step in (1, 2, 5))


def _text(kind: Type, x: int) -> str:
    """The scaled integer as people write it."""
    if kind.name == "date":
        return date.fromordinal(min(max(x + EPOCH_DAY, 1), date.max.toordinal())).isoformat()
    if kind.name == "timestamp":
        earliest, latest = -EPOCH_DAY * DAY_US + DAY_US, (date.max.toordinal() - EPOCH_DAY) * DAY_US
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=min(max(x, earliest), latest))
        return moment.isoformat() if kind.form == "instant" else moment.replace(tzinfo=None).isoformat(" ")
    whole, part = divmod(abs(x), UNIT)
    digits = f"{whole}.{part:0{kinds.SCALE}d}".rstrip("0").rstrip(".")
    return f"-{digits}" if x < 0 else digits


def _mean(total: int, column: Column) -> str:
    with localcontext() as context:
        context.prec = 60
        mean = Decimal(total).scaleb(-kinds.SCALE) / column.counts.filled
        text = f"{mean.quantize(Decimal(1).scaleb(-(column.type.scale + 6))):f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text


def cut(text: str) -> str:
    """The text, ended by … where it was longer than a cell that is shown."""
    return text if len(text) <= CELL_CHARS_MAX else text[: CELL_CHARS_MAX - 1] + "…"


def _shown(column: Column, table: Table) -> dict[str, Any]:
    names = table.names
    facts = column.facts
    misfit = kinds.misfits(column.counts) if column.type.name == "text" else None
    return {
        "name": names.shown[column.position],
        "source_name": names.sources[column.position],
        "position": column.position + 1,
        "type": column.type.name,
        "scale": column.type.scale if column.type.name == "decimal" else None,
        "null_count": column.null_count,
        "null_ppm": column.null_count * 1_000_000 // table.row_count,
        "null_tokens": column.null_tokens,
        "absent_count": facts.get("absent_count", 0),
        "distinct_count": column.counts.distinct,
        "min": facts.get("min"),
        "max": facts.get("max"),
        "min_count": facts.get("min_count", 0),
        "max_count": facts.get("max_count", 0),
        "mean": facts.get("mean"),
        "is_exact": column.type.is_exact,
        "min_length": column.counts.shortest,
        "max_length": column.counts.longest,
        "top": column.top,
        "histogram": facts.get("histogram") or _bars(column),
        "misfit": {"type": misfit[0], "count": misfit[1]} if misfit else None,
        "findings": [],
    }


def _bars(column: Column) -> list[dict[str, Any]]:
    return [{"value": bar["value"], "count": bar["count"]} for bar in column.top[:BARS]]
