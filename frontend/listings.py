"""How a listing is written in lists: every cell formatted here, so that the template only prints."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from frontend import charts, formats
from listings.models import Frequency
from listings.search import keys, words
from listings.search.finding import Row
from market import places

LICENCES: Final[dict[str, str | Promise]] = {
    keys.ANY_PURPOSE: _("any purpose"),
    keys.DERIVE: _("may be processed"),
    keys.RESELL: _("may be resold"),
    keys.NO_TERM: _("no time limit"),
}
# How a form is written; those that are not here are their own abbreviation.
FORMATS: Final = {"geojson": "GeoJSON", "parquet": "Parquet", "xlsx": "Excel", "json5": "JSON5"}


@dataclass(frozen=True, slots=True)
class Card:
    """One listing as a list shows it; texts are HTML already."""

    url: str
    title: SafeString
    abstract: SafeString
    supplier: SafeString
    sector: str
    size: str
    facts: tuple[str, ...]  # size, form, licence
    until: str
    until_label: str
    frequency: str
    quality: int | None
    meter: SafeString | str
    price: SafeString
    plan: str
    trades: str
    is_held: bool


def cards(rows: Iterable[Row], *, wanted: Collection[str] = (), held: Collection[UUID] = ()) -> list[Card]:
    """The rows as a list shows them. wanted: the words that were asked for; held: subjects under a hold."""
    language = get_language()
    is_chinese = formats.is_chinese(language)
    return [_card(row, wanted, held, language, is_chinese) for row in rows]


def _card(row: Row, wanted: Collection[str], held: Collection[UUID], language: str | None, is_chinese: bool) -> Card:
    title, abstract = row.title, row.abstract
    if not is_chinese:
        title, abstract = row.title_en or title, row.abstract_en or abstract
    size = dimensions(row.row_count, row.column_count, row.file_bytes)
    return Card(
        url=url_of(row.version_id),
        title=marked(title, wanted),
        abstract=marked(abstract, wanted),
        supplier=marked(row.supplier_name, wanted),
        sector=capital(places.sector(row.sector)),
        size=size,
        facts=(size, format_name(row.format), licence(row.licences)),
        until=formats.day(row.data_until, language=language)
        if row.data_until
        else formats.when(row.listed_at, language=language, form="date"),
        until_label=pgettext("of a list", "Data until") if row.data_until else _t("Listed on"),
        frequency=renewal(row.frequency),
        quality=row.quality,
        meter="" if row.quality is None else charts.meter(row.quality, 100),
        price=price(row.price_minor, row.currency, language),
        plan=more_plans(row),
        trades=trades(row.trade_count),
        is_held=bool(held) and not {row.version_id, row.product_id, row.supplier_id}.isdisjoint(held),
    )


def url_of(version_id: UUID) -> str:
    """The public page of a version."""
    return reverse("frontend:product", args=(version_id,))


def marked(text: str, wanted: Collection[str]) -> SafeString:
    """The text with the words that were asked for marked."""
    pieces = words.marked(text, wanted) if wanted else [(text, False)]
    return format_html_join(
        "", "{}", ((format_html("<mark>{}</mark>", piece) if is_marked else piece,) for piece, is_marked in pieces)
    )


def price(minor: int | None, currency: str, language: str | None) -> SafeString:
    """The cheapest public price; what has none is asked for."""
    text = _t("On request") if minor is None else formats.money(minor, currency, language=language)
    return format_html('<span class="money">{}</span>', text)


def more_plans(row: Row) -> str:
    """The plan behind the price, and how many others there are."""
    if row.offer_count <= 1:
        return row.price_name
    return _t("%(plan)s, %(count)d plans in all") % {"plan": row.price_name, "count": row.offer_count}


def trades(count: int) -> str:
    """So many closed trades; nothing is said where there is none."""
    if not count:
        return ""
    return ngettext("%(count)s trade done", "%(count)s trades done", count) % {"count": f"{count:,}"}


def dimensions(rows: int | None, columns: int | None, file_bytes: int) -> str:
    """2,978 rows × 4 columns; the size of the file where it is no table."""
    if rows is None or columns is None:
        return formats.size(file_bytes)
    return _t("%(rows)s rows × %(columns)s columns") % {"rows": f"{rows:,}", "columns": f"{columns:,}"}


def renewal(code: str) -> str:
    """How often the data are renewed, in a word; an unknown code as it is."""
    if code == Frequency.HISTORICAL:
        return _t("not renewed")
    return str(Frequency(code).label) if code in Frequency.values else code


def format_name(form: str) -> str:
    """CSV, Excel, GeoJSON."""
    return FORMATS.get(form, form.upper())


def licence(codes: Collection[str]) -> str:
    """Processing and resale in a word each."""
    derive = _t("may be processed") if keys.DERIVE in codes else _t("as it is")
    resell = _t("may be resold") if keys.RESELL in codes else _t("no resale")
    return f"{derive}{_t(', ')}{resell}"


def capital(text: str) -> str:
    """With a capital at the start of a cell."""
    return text[:1].upper() + text[1:]
