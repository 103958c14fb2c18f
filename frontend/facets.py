"""The facets of the catalogue as the page shows them: labels, counts, what is chosen, and addresses that undo it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from frontend.listings import LICENCES, capital, format_name, renewal
from listings.models import Frequency
from listings.search import Found, Question, keys
from listings.search.keys import Group
from market import places
from market.districts import CITY_DIGITS

LARGE_SHOWN: Final = 8
ALWAYS: Final[frozenset[Group]] = frozenset({"sector", "price", "frequency", "licence"})
HEADS: Final[dict[Group, str | Promise]] = {
    "sector": _("Sector"),
    "price": pgettext_lazy("facet", "Price"),
    "frequency": _("Renewal"),
    "licence": _("Licence"),
    "format": _("Form"),
    "area": _("Area"),
    "supplier": _("Supplier"),
}
PRICES: Final[dict[str, str | Promise]] = {
    keys.FREE: _("Free"),
    keys.UNDER_1000: _("up to ¥1,000"),
    keys.UNDER_10000: _("¥1,000 to ¥10,000"),
    keys.ABOVE: _("above ¥10,000"),
    keys.ON_REQUEST: _("On request"),
}


# One checkbox. In Python: fifty of them as template nodes cost as much as the list.
_VALUE: Final = (
    '<label{}><input type="checkbox" id="f-{}-{}" name="{}" value="{}"{}>{}<span class="count">{}</span></label>'
)
_INNER: Final = mark_safe(' class="inner"')  # a county under its city
_STATES: Final = {
    "chosen": mark_safe(" checked"),
    "open": "",
    "none": mark_safe(" disabled"),
}


@dataclass(frozen=True, slots=True)
class Facet:
    """One fieldset; its checkboxes are HTML already."""

    label: str
    values: SafeString


@dataclass(frozen=True, slots=True)
class Chip:
    """One chosen value with the address without it."""

    label: str
    url: str


def address(question: Question, *, route: str = "frontend:catalogue") -> str:
    """The page that answers a question; what goes without saying is left out, so that it can be shared."""
    query = urlencode(question.parameters())
    return reverse(route) + (f"?{query}" if query else "")


def of(found: Found) -> list[Facet]:
    """The facets in their order; a group in which nothing can be chosen is left out."""
    shown = []
    for group in keys.GROUPS:
        chosen = found.question.chosen.get(group, ())
        counts = dict.fromkeys(chosen, 0) | found.facets.get(group, {})
        order = _ORDERS[group](counts, chosen)  # the city of a chosen county too, which may have no count
        if order and (group in ALWAYS or len(order) > 1 or chosen):
            values = (
                (
                    _INNER if group == "area" and len(value) > CITY_DIGITS else "", group, value, group, value,
                    _STATES["chosen" if value in chosen else "open" if counts.get(value) else "none"],
                    label_of(group, value, found), f"{counts.get(value, 0):,}",
                )
                for value in order
            )  # fmt: skip
            shown.append(Facet(str(HEADS[group]), format_html_join("", _VALUE, values)))
    return shown


def chips(found: Found) -> list[Chip]:
    """Everything that narrows the answer, each with the way to be rid of it."""
    question = found.question
    words = [Chip(_t("“%(text)s”") % {"text": question.text}, address(replace(question, text="", page=1)))]
    return (words if question.text else []) + [
        Chip(label_of(group, value, found), address(question.without(group, value)))
        for group, values in question.chosen.items()
        for value in values
    ]


def label_of(group: Group, value: str, found: Found) -> str:
    """A value in words; an unknown one as it was typed."""
    if group == "supplier":
        return found.supplier_names.get(value, value)
    return _label(group, value, get_language())


@lru_cache(maxsize=4_096)
def _label(group: Group, value: str, _language: str | None) -> str:
    if group == "sector":
        return capital(places.sector(value))
    if group == "price":
        return capital(str(PRICES.get(value, value)))
    if group == "frequency":
        return capital(renewal(value))
    if group == "licence":
        return capital(str(LICENCES.get(value, value)))
    if group == "format":
        return format_name(value)
    return places.district(value)


Counts = dict[str, int]
Order = Callable[[Counts, tuple[str, ...]], list[str]]


def _fixed(order: Iterable[str]) -> Order:
    known = list(order)
    return lambda counts, _chosen: (
        [value for value in known if value in counts] + [value for value in counts if value not in known]
    )


def _largest(counts: Counts, chosen: tuple[str, ...]) -> list[str]:
    """The chosen ones and those with most listings, in falling order; large ones with none are left out."""
    ranked = sorted(counts, key=lambda value: (-counts[value], value))
    shown = [value for value in ranked if counts[value]][:LARGE_SHOWN]
    return shown + [value for value in chosen if value not in shown]


def _areas(counts: Counts, chosen: tuple[str, ...]) -> list[str]:
    """Cities, and under a chosen one its counties."""
    cities = {value: count for value, count in counts.items() if len(value) == CITY_DIGITS}
    opened = {value[:CITY_DIGITS] for value in chosen}
    for value in opened:
        cities.setdefault(value, 0)
    found = []
    for city in _largest(cities, tuple(opened)):
        found.append(city)
        if city in opened:
            found += sorted(value for value in counts if len(value) > len(city) and value.startswith(city))
    return found


_ORDERS: Final[dict[Group, Order]] = {
    "sector": _fixed(places.SECTORS),
    "price": _fixed(keys.PRICES),
    "frequency": _fixed(Frequency.values),
    "licence": _fixed(keys.LICENCES),
    "format": _largest,
    "area": _areas,
    "supplier": _largest,
}
