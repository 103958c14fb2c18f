"""How a listing is written in lists: every cell formatted here, so that the template only prints."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final
from uuid import UUID

from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from frontend import charts, formats, icons
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
# One line of the catalogue. In Python: twenty of them as template nodes cost as much as the rest of the page.
_LINE: Final = (
    '<li><div><h2><a href="{}">{}</a></h2><p>{}</p><p class="line"><span>{} {}</span><span>{}</span><span>{}</span>'
    '<span>{}</span>{}</p></div><div class="fresh"><div>{} <span class="nowrap">{}</span></div>'
    '<div class="muted">{}</div>{}</div><div class="cost">{}<div>{}</div><div>{}</div></div></li>'
)


@dataclass(frozen=True, slots=True)
class _Said:
    """What lines say over and over, looked up once a process for each language."""

    dimensions: str
    until: str
    listed: str
    renewals: dict[str, str]
    licences: dict[tuple[bool, bool], str]
    sectors: dict[str, str]


@cache
def _said(language: str | None) -> _Said:
    with translation.override(language):
        return _Said(
            dimensions=_t("%(rows)s rows × %(columns)s columns"),
            until=pgettext("of a list", "Data until"),
            listed=_t("Listed on"),
            renewals={code: renewal(code) for code in Frequency.values},
            licences={
                (derive, resell): licence([keys.DERIVE] * derive + [keys.RESELL] * resell)
                for derive in (True, False)
                for resell in (True, False)
            },
            sectors={code: capital(places.sector(code)) for code in places.SECTORS},
        )


@dataclass(frozen=True, slots=True)
class Card:
    """One listing as a list shows it; what may be marked is HTML already."""

    url: str
    title: SafeString
    abstract: SafeString
    supplier: SafeString
    sector: str
    size: str
    form: str
    licence: str
    until: str
    until_label: str
    is_dated: bool
    renewal: str
    quality: int | None
    price: SafeString
    plan: str
    trades: str
    is_held: bool


def cards(rows: Iterable[Row], *, wanted: Collection[str] = (), held: Collection[UUID] = ()) -> list[Card]:
    """The rows as a list shows them. wanted: the words that were asked for; held: subjects under a hold."""
    language = get_language()
    said = _said(language)
    return [_card(row, wanted, held, language, said) for row in rows]


def _card(row: Row, wanted: Collection[str], held: Collection[UUID], language: str | None, said: _Said) -> Card:
    title, abstract = row.title, row.abstract
    if not formats.is_chinese(language):
        title, abstract = row.title_en or title, row.abstract_en or abstract
    return Card(
        url=url_of(row.version_id),
        title=marked(title, wanted),
        abstract=marked(abstract, wanted),
        supplier=marked(row.supplier_name, wanted),
        sector=said.sectors.get(row.sector, row.sector),
        size=formats.size(row.file_bytes)
        if row.row_count is None
        else said.dimensions % {"rows": f"{row.row_count:,}", "columns": f"{row.column_count:,}"},
        form=format_name(row.format),
        licence=said.licences[keys.DERIVE in row.licences, keys.RESELL in row.licences],
        until=formats.day(row.data_until, language=language)
        if row.data_until
        else formats.when(row.listed_at, language=language, form="date"),
        until_label=said.until if row.data_until else said.listed,
        is_dated=row.data_until is not None,
        renewal=said.renewals[row.frequency],
        quality=row.quality,
        price=price(row.price_minor, row.currency, language),
        plan=more_plans(row),
        trades=trades(row.trade_count),
        is_held=bool(held) and not {row.version_id, row.product_id, row.supplier_id}.isdisjoint(held),
    )


def lines(shown: Iterable[Card]) -> SafeString:
    """The cards as the lines of the catalogue."""
    verified = format_html('{}<span class="unseen">{}</span>', icons.draw("check", "success"), _t("verified firm"))
    held = format_html('<span class="status warn">{}{}</span>', icons.draw("warn"), _t("On hold"))
    renews, quality = _t("Renewal: "), _t("Quality")
    rows = (
        (
            card.url, card.title, card.abstract, card.supplier, verified, card.size, card.form, card.licence,
            held if card.is_held else "", card.until_label, card.until, renews + card.renewal,
            _quality(card.quality, quality), card.price, card.plan, card.trades,
        )
        for card in shown
    )  # fmt: skip
    return format_html_join("", _LINE, rows)


def _quality(score: int | None, word: str) -> SafeString | str:
    if score is None:
        return ""
    return format_html("<div>{} <b>{}</b> {}</div>", word, score, _meter(score))


@cache
def _meter(score: int) -> SafeString:
    return charts.meter(score, 100)


@cache
def _product_prefix() -> str:
    return reverse("frontend:product", args=(UUID(int=0),)).removesuffix(f"{UUID(int=0)}/")


def url_of(version_id: UUID) -> str:
    """The public page of a version."""
    return f"{_product_prefix()}{version_id}/"


def marked(text: str, wanted: Collection[str]) -> SafeString:
    """The text with the words that were asked for marked."""
    if not wanted:
        return escape(text)
    pieces = (
        f"<mark>{escape(piece)}</mark>" if is_marked else escape(piece)
        for piece, is_marked in words.marked(text, wanted)
    )
    return mark_safe("".join(pieces))  # noqa: S308 - every piece was escaped


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
