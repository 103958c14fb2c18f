"""The first page: search, sectors, what is new and traded, and how far the ledger is. Only what was counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from contracts.queries import volume
from contracts.queries.volume import SUM_TRADES_MIN, Week
from frontend import charts, facets, formats, kinds, listings
from listings import queries as listed
from listings import search
from listings.search import Found, Question
from market import access, places
from market.kernel import clock
from provenance import queries as ledger
from provenance.queries import EntryRow

SECTORS_SHOWN: Final = 6
ROWS_SHOWN: Final = 6
TRADED_SHOWN: Final = 3
ENTRIES_SHOWN: Final = 4
ENTRIES_READ: Final = 40
# Of a market's life; people's and keys' own steps stay in the ledger.
TOLD: Final = (
    "listing.published",
    "listing.delisted",
    "organisation.admitted",
    "agreement.finalized",
    "payment.received",
    "use.completed",
    "period.accepted",
    "trade.closed",
)


@dataclass(frozen=True, slots=True)
class Sector:
    """One cell of the strip."""

    name: str
    url: str
    count: str


@dataclass(frozen=True, slots=True)
class Happening:
    """One of the latest entries: what, when, where; the product where it is public."""

    entry: EntryRow
    what: str
    product: str
    url: str


@require_safe
@access.allow(access.PUBLIC)
def show(request: HttpRequest) -> HttpResponse:
    """The market at a glance."""
    found = search.find(Question())
    weeks = volume.weeks()
    context: dict[str, Any] = {
        "total": f"{found.market_total:,}",
        "sectors": _sectors(found),
        "cards": _cards(found),
        "happenings": _happenings(),
        "now": clock.now(),
        **_trades(weeks),
    }
    return render(request, "frontend/home/show.html", context)


def _sectors(found: Found) -> list[Sector]:
    """The sectors with most products, in the order of the catalogue."""
    counts = {code: count for code, count in found.facets["sector"].items() if count}
    kept = set(sorted(counts, key=lambda code: -counts[code])[:SECTORS_SHOWN])
    order = [code for code in places.SECTORS if code in kept] + sorted(kept - set(places.SECTORS))
    return [
        Sector(
            listings.capital(places.sector(code)),
            facets.address(Question(chosen={"sector": (code,)})),
            _t("%(count)s products") % {"count": f"{counts[code]:,}"},
        )
        for code in order
    ]


def _cards(found: Found) -> list[listings.Card]:
    """The most traded first, then the newest, no product twice."""
    rows = search.most_traded(TRADED_SHOWN)
    known = {row.version_id for row in rows}
    rows += [row for row in found.rows if row.version_id not in known]
    return listings.cards(rows[:ROWS_SHOWN])


def _happenings() -> list[Happening]:
    newest = ledger.latest(ENTRIES_READ)
    rows = ([row for row in newest if row.kind in TOLD] or newest)[:ENTRIES_SHOWN]
    titles = listed.published_in([row.event_id for row in rows if row.kind == "listing.published"])
    is_chinese = formats.is_chinese(get_language())
    found = []
    for row in rows:
        version_id, title, title_en = titles.get(row.event_id, (None, "", ""))
        url = listings.url_of(version_id) if version_id else ""
        found.append(Happening(row, kinds.words(row.kind), title if is_chinese else title_en or title, url))
    return found


def _trades(weeks: Sequence[Week]) -> dict[str, Any]:
    """The chart of twelve weeks with its table, this week, and against the week before."""
    this, before = weeks[-1], weeks[-2]
    language = get_language()
    return {
        "weeks": [(formats.day(week.begins_on, language=language), week.trades, _amount(week)) for week in weeks],
        "chart": _chart([week.trades for week in weeks]),
        "first_week": _short(weeks[0].begins_on, language),
        "this_week": _short(this.begins_on, language),
        "this": this.trades,
        "amount": _amount(this),
        "change": this.trades - before.trades,
        "least": SUM_TRADES_MIN,
        "has_trades": any(week.trades for week in weeks),
    }


def _amount(week: Week) -> str:
    if week.amount_minor is None:
        return ""
    return formats.money(week.amount_minor, "CNY", language=get_language(), form="short")


def _chart(counts: list[int]) -> SafeString:
    desc = _t("This week %(this)d, in twelve weeks %(all)d.") % {"this": counts[-1], "all": sum(counts)}
    return charts.weeks(counts, title=_t("Closed trades by week"), desc=desc)


def _short(day: date, language: str | None) -> str:
    text = formats.day(day, language=language)
    return text[5:] if formats.is_chinese(language) else text.rsplit(" ", 1)[0]
