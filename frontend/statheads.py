"""The preview of a table: heads with statistics, masked rows, and the dictionary of its fields, formatted to print."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from frontend import charts
from listings.detail import COLUMNS_A_PAGE, COLUMNS_WHOLE_MAX, Detail

NUMBERS: Final = frozenset({"integer", "decimal", "float"})
ORDERED: Final = NUMBERS | {"date", "timestamp"}
MUCH_PPM: Final = 100_000  # above, what is missing is said in warn
ABSENT: Final = "—"
NUMBER: Final = mark_safe(' class="num"')
TYPES: Final[Mapping[str, str | Promise]] = {
    "integer": _("whole number"),
    "decimal": _("decimal number"),
    "float": _("decimal number"),
    "date": _("date"),
    "timestamp": _("time"),
    "boolean": _("yes or no"),
    "text": _("text"),
}
PERSONAL: Final[Mapping[str, str | Promise]] = {
    "identity": _("identity number"),
    "mobile": _("mobile number"),
    "bank_card": _("bank card"),
    "email": _("e-mail address"),
    "plate": _("number plate"),
}


@dataclass(frozen=True, slots=True)
class Head:
    """One column's head for components/stat_head.html."""

    name: str
    code: str
    unit: str
    is_number: bool
    chart: SafeString | str
    range: str
    missing: str
    is_much_missing: bool


@dataclass(frozen=True, slots=True)
class Field:
    """One line of the dictionary."""

    position: int
    code: str
    meaning: str
    unit: str
    type: str
    missing: str
    distinct: str
    personal: str


@dataclass(frozen=True, slots=True)
class Preview:
    """All three parts; heads and rows are empty for readers who may not see them."""

    heads: list[Head]
    rows: list[SafeString]
    fields: list[Field]


def of(found: Detail) -> Preview:
    """The preview of one page of columns."""
    said = {each.get("name", ""): each for each in found.version.dictionary}
    if not found.columns:
        return Preview([], [], _declared(found))
    heads = [_head(column, said.get(column["name"], {})) for column in found.columns]
    numeric = [head.is_number for head in heads]
    last = found.first_column + len(heads)
    rows = [_row(row[found.first_column : last], numeric) for row in found.rows]
    return Preview(heads, rows, [_field(column, said.get(column["name"], {})) for column in found.columns])


def _head(column: Mapping[str, Any], said: Mapping[str, str]) -> Head:
    name = said.get("meaning") or column["name"]
    is_number = column["type"] in NUMBERS and not column["findings"]
    if column["findings"]:
        return Head(name, column["name"], "", False, "", _personal(column), _t("values hidden"), True)
    return Head(
        name=name,
        code=column["name"] if name != column["name"] else str(TYPES.get(column["type"], column["type"])),
        unit=said.get("unit", ""),
        is_number=is_number,
        chart=_chart(column),
        range=_range(column),
        missing=_missing(column["null_ppm"]),
        is_much_missing=column["null_ppm"] > MUCH_PPM,
    )


def _field(column: Mapping[str, Any], said: Mapping[str, str]) -> Field:
    is_open = not column["findings"]
    return Field(
        position=column["position"],
        code=column["name"],
        meaning=said.get("meaning", ""),
        unit=said.get("unit", ""),
        type=str(TYPES.get(column["type"], column["type"])),
        missing=_percent(column["null_ppm"]) if is_open else ABSENT,
        distinct=f"{column['distinct_count']:,}" if is_open else ABSENT,
        personal=_personal(column),
    )


def _declared(found: Detail) -> list[Field]:
    """What the supplier says of its fields, where statistics are not shown."""
    said = found.version.dictionary
    size = COLUMNS_WHOLE_MAX if len(said) <= COLUMNS_WHOLE_MAX else COLUMNS_A_PAGE
    part = said[found.first_column : found.first_column + size]
    return [
        Field(number, each.get("name", ""), each.get("meaning", ""), each.get("unit", ""), "", "", "", "")
        for number, each in enumerate(part, found.first_column + 1)
    ]


def _row(cells: Sequence[str | None], numeric: Sequence[bool]) -> SafeString:
    """The cells of one row. An absent one is a dash: it was not filled in."""
    shown = [
        (NUMBER if is_number else "", ABSENT if cell is None else cell)
        for cell, is_number in zip(cells, numeric, strict=False)
    ]
    return format_html_join("", "<td{}>{}</td>", shown)


def _chart(column: Mapping[str, Any]) -> SafeString | str:
    name = column["name"]
    if column["type"] in ORDERED:
        bins = column["histogram"]
        if not bins or "low" not in bins[0]:
            return ""
        desc = _t("%(count)d bins from %(low)s to %(high)s") % {
            "count": len(bins), "low": bins[0]["low"] or "…", "high": bins[-1]["high"] or "…",
        }  # fmt: skip
        title = _t("Distribution of %(name)s") % {"name": name}
        return charts.histogram([each["count"] for each in bins], title=title, desc=desc)
    top = column["top"][: charts.TOP_VALUES_MAX]
    if not top:
        return ""
    desc = _t(", ").join(f"{each['value']} {each['count']:,}" for each in top)
    title = _t("Most frequent values of %(name)s") % {"name": name}
    return charts.top_values([each["count"] for each in top], title=title, desc=desc)


def _range(column: Mapping[str, Any]) -> str:
    if column["type"] in ORDERED and column["min"] is not None and column["max"] is not None:
        return f"{column['min']} – {column['max']}"
    bins = [each for each in column["histogram"] if "low" in each]
    if column["type"] in ORDERED and bins and bins[0]["low"] is not None and bins[-1]["high"] is not None:
        return _t("within %(low)s – %(high)s") % {"low": bins[0]["low"], "high": bins[-1]["high"]}
    return _t("%(count)s values") % {"count": f"{column['distinct_count']:,}"}


def _missing(ppm: int) -> str:
    return _t("none missing") if ppm == 0 else _t("%(share)s missing") % {"share": _percent(ppm)}


def _percent(ppm: int) -> str:
    """8.4%; what is there but less than a tenth of a percent is never shown as zero."""
    if ppm == 0:
        return "0%"
    return "<0.1%" if ppm < 1_000 else f"{ppm // 1_000 / 10:g}%"


def _personal(column: Mapping[str, Any]) -> str:
    pattern = _t("%(kind)s in %(share)s")
    found = [(PERSONAL.get(each["kind"], each["kind"]), _percent(each["cell_ppm"])) for each in column["findings"]]
    return _t(", ").join(pattern % {"kind": kind, "share": share} for kind, share in found)
