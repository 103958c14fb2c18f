"""What kind of value a text cell is, and of which type a column: the SQL, the decision over counts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# Words for "nothing" in files from the wild; NAN is not among them, it is an airport. Each is counted by
# itself, so that nobody has to believe this list.
NULL_TOKENS: Final = ("", "NaN", "nan", "NA", "N/A", "n/a", "#N/A", "NULL", "null", "Null", "None", r"\N")
TRIMMED: Final = "trim({value}, ' \t\r\n\u3000\u00a0')"
# A spreadsheet keeps 15 digits; a longer run is a code (card, identity number), and so is one that starts
# with 0.
INTEGER: Final = "[+-]?(0|[1-9][0-9]{0,14})"
DECIMAL: Final = r"[+-]?((0|[1-9][0-9]{0,14})\.[0-9]{0,18}|\.[0-9]{1,18})"
FLOAT: Final = r"[+-]?([0-9]|[1-9][0-9]{0,14})(\.[0-9]*)?([eE][+-]?[0-9]{1,2})?"
DATE: Final = r"^([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?$"
STAMP: Final = (
    r"^([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?[ T]+"
    r"([0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?)$"
)
INSTANT: Final = STAMP[:-2] + r") ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"
TRUE: Final = ("true", "yes", "是")
FALSE: Final = ("false", "no", "否")
FLOAT_LIMIT: Final = "1e19"  # beyond this a value no longer fits the scaled integers that statistics use

NUMBERS: Final = frozenset({"integer", "decimal", "float"})
MOMENTS: Final = frozenset({"date", "timestamp", "instant"})
SCALE: Final = 18


def _among(value: str, words: tuple[str, ...]) -> str:
    # Not `value IN (…)`: DuckDB makes a join of a list this long, and a wide table would have thousands of
    # them.
    pattern = "|".join(re.escape(word) for word in words)
    return f"regexp_full_match({value}, '{pattern}')"


ISO_DATE: Final = f"regexp_replace(t, '{DATE}', '\\1-\\2-\\3')"
ISO_STAMP: Final = f"regexp_replace(t, '{STAMP}', '\\1-\\2-\\3 \\4')"
ISO_INSTANT: Final = f"regexp_replace(t, '{INSTANT}', '\\1-\\2-\\3 \\4\\7')"
YMD: Final = "concat(t[1:4], '-', t[5:6], '-', t[7:8])"

# Over a column `t` of trimmed text. The order matters: the first that holds names the value. The cheap
# conditions spare most texts the patterns that they cannot match.
KIND: Final = f"""CASE
    WHEN strlen(t) <= {max(map(len, NULL_TOKENS))} AND {_among("t", NULL_TOKENS)} THEN 'null'
    WHEN strlen(t) > 48 THEN 'text'
    WHEN NOT regexp_matches(t, '^[-+.0-9]')
        THEN CASE WHEN strlen(t) <= 5 AND {_among("lower(t)", TRUE + FALSE)} THEN 'boolean' ELSE 'text' END
    WHEN regexp_full_match(t, '{INTEGER}') THEN 'integer'
    WHEN regexp_full_match(t, '{DECIMAL}') THEN 'decimal'
    WHEN regexp_full_match(t, '{FLOAT}') AND abs(TRY_CAST(t AS DOUBLE)) < {FLOAT_LIMIT} THEN 'float'
    WHEN regexp_matches(t, '{DATE}') AND TRY_CAST({ISO_DATE} AS DATE) IS NOT NULL THEN 'date'
    WHEN regexp_matches(t, '{STAMP}') AND TRY_CAST({ISO_STAMP} AS TIMESTAMP) IS NOT NULL THEN 'timestamp'
    WHEN regexp_matches(t, '{INSTANT}') AND TRY_CAST({ISO_INSTANT} AS TIMESTAMPTZ) IS NOT NULL THEN 'instant'
    ELSE 'text' END"""
IS_YMD: Final = (
    f"(kind = 'integer' AND length(t) = 8 AND t BETWEEN '19000101' AND '20991231' "
    f"AND TRY_CAST({YMD} AS DATE) IS NOT NULL)"
)

# The value as one integer, so that extremes, sums and bins are exact: numbers times 10^18, days,
# microseconds.
AS_INTEGER: Final[Mapping[str, str]] = {
    "number": f"""CASE WHEN kind = 'float' THEN CAST(round(CAST(t AS DOUBLE) * 1e{SCALE}) AS HUGEINT)
        ELSE (CASE WHEN t[1] = '-' THEN -1 ELSE 1 END) * (
            coalesce(TRY_CAST(split_part(ltrim(t, '+-'), '.', 1) AS HUGEINT), 0) * CAST(1e{SCALE} AS HUGEINT)
            + CAST(rpad(split_part(t, '.', 2), {SCALE}, '0') AS HUGEINT)) END""",
    "date": f"CAST(CAST({ISO_DATE} AS DATE) - DATE '1970-01-01' AS HUGEINT)",
    "ymd": f"CAST(CAST({YMD} AS DATE) - DATE '1970-01-01' AS HUGEINT)",
    "timestamp": f"CAST(epoch_us(CAST({ISO_STAMP} AS TIMESTAMP)) AS HUGEINT)",
    "instant": f"CAST(epoch_us(CAST({ISO_INSTANT} AS TIMESTAMPTZ)) AS HUGEINT)",
}


@dataclass(frozen=True, slots=True)
class Counts:
    """What a column's cells are, in rows: by kind, and what tells codes from numbers."""

    kinds: Mapping[str, int]
    ymd: int
    shortest: int  # characters of the shortest and the longest filled cell, blanks around it left out
    longest: int
    whole_digits: int
    fraction_digits: int
    distinct: int

    @property
    def filled(self) -> int:
        return sum(count for kind, count in self.kinds.items() if kind != "null")


@dataclass(frozen=True, slots=True)
class Type:
    """The type that all filled cells of a column share; `form` tells how its text is read."""

    name: str
    form: str = ""
    scale: int = 0
    whole_digits: int = 0
    is_exact: bool = True


def typed(kind: Type, value: str) -> str:
    """SQL that turns trimmed text (an identifier) into a value of the type; null tokens become NULL.

    Fails loudly on a cell that is not of the type, since the counts said that there is none. Text stays as
    it is.
    """
    if kind.name == "text":
        tokens = _among(TRIMMED.format(value=value), NULL_TOKENS)
        return f"CASE WHEN {tokens} THEN NULL ELSE {value} END"
    casts = {
        "number": f"CAST(t AS {_number(kind)})",
        "ymd": f"CAST({YMD} AS DATE)",
        "date": f"CAST({ISO_DATE} AS DATE)",
        "timestamp": f"CAST({ISO_STAMP} AS TIMESTAMP)",
        "instant": f"CAST({ISO_INSTANT} AS TIMESTAMPTZ)",
        "boolean": f"{_among('lower(t)', TRUE)}",
    }
    cast = re.sub(r"\bt\b", lambda _: value, casts[kind.form])
    return f"CASE WHEN {_among(value, NULL_TOKENS)} THEN NULL ELSE {cast} END"


def _number(kind: Type) -> str:
    if kind.name == "integer":
        return "BIGINT"
    # 18 digits are stored as one machine word; what is written with an exponent has no fixed places.
    width = 18 if kind.whole_digits + kind.scale <= 18 else 38
    return f"DECIMAL({width}, {kind.scale})" if kind.is_exact else "DOUBLE"


CODE_ENDINGS: Final = (
    "code", "编码", "代码", "编号", "号码", "邮编", "行政区划", "zip", "zipcode", "postcode", "postal",
    "fips", "phone", "电话", "手机", "手机号", "卡号", "账号", "证号", "cap", "istat",
)  # fmt: skip


def of(name: str, counts: Counts, declared: str | None = None) -> Type:
    """The type of a column from its counts; text as soon as one filled cell is something else.

    A format with types of its own has declared one: text stays text, whatever it looks like, and numbers
    are no codes.
    """
    if declared == "text":
        return Type("text")
    present = {kind for kind, count in counts.kinds.items() if count and kind != "null"}
    if not present:
        return Type("text")
    if present == {"integer"}:
        if declared is None and counts.ymd == counts.filled:
            return Type("date", "ymd")
        return Type("text") if declared is None and _is_code(name, counts) else Type("integer", "number")
    if present <= NUMBERS:
        return Type("decimal", "number", counts.fraction_digits, counts.whole_digits, "float" not in present)
    only = next(iter(present)) if len(present) == 1 else "text"
    if only in MOMENTS:
        return Type("date" if only == "date" else "timestamp", only)
    return Type("boolean", "boolean") if only == "boolean" else Type("text")


def misfits(counts: Counts) -> tuple[str, int] | None:
    """The type that 95 % or more of a text column's cells have, and how many cells keep it from having it."""
    groups = {"integer": {"integer"}, "decimal": NUMBERS, "date": {"date"}, "timestamp": {"timestamp"}}
    for name, kinds in groups.items():
        fitting = sum(counts.kinds.get(kind, 0) for kind in kinds)
        if counts.filled > fitting >= counts.filled * 0.95:
            return name, counts.filled - fitting
    return None


def _is_code(name: str, counts: Counts) -> bool:
    """Whole numbers of one length under a name that says code: 110101 under `code` is no quantity."""
    folded = name.casefold().replace("_", "").replace(" ", "")
    return counts.shortest == counts.longest > 1 and folded.endswith(CODE_ENDINGS)
