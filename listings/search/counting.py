"""How many listings each value of a facet would give, beside the words and the values chosen in other groups."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection

from listings.search import bitmaps, keys
from listings.search.keys import Group
from listings.search.reading import LARGE, Fresh
from listings.search.sets import Sets
from market.districts import CITY_DIGITS
from market.participants.models import Organisation

Counts = dict[Group, dict[str, int]]
FROM_ROWS_MAX: Final = 500  # up to so many answers, values of large facets are counted from the rows, all of them
SHOWN_MAX: Final = 24  # beyond, those with most listings in the whole market
NAMES_KEPT: Final = 1_000
_FROM_ROWS: Final = """
SELECT district, supplier_id::text, max(supplier_name), count(*) FROM listings_listing WHERE number = ANY(%s)
GROUP BY GROUPING SETS ((district), (supplier_id))
"""
_names: dict[str, str] = {}  # of suppliers; an admitted organisation's name does not change


def count(sets: Sets) -> Counts:
    """Group → value → listings. Values with none are named where they have some in the whole market."""
    counts: Counts = {}
    for group in keys.GROUPS:
        own = sets.own(group)
        if group in keys.SMALL:
            counts[group] = _from_sets(group, sets.settled(own), sets.unsettled(own), sets)
    counts.update(_large(sets))
    return counts


def names_of(suppliers: Iterable[str]) -> dict[str, str]:
    """Names by id; what is no supplier's id has none."""
    wanted = list(suppliers)
    missing = [value for value in wanted if value not in _names and _is_uuid(value)]
    if missing:
        if len(_names) > NAMES_KEPT:
            _names.clear()
        found = Organisation.objects.filter(id__in=missing).values_list("id", "name")
        _names.update({str(identifier): name for identifier, name in found})
    return {value: _names[value] for value in wanted if value in _names}


def _from_sets(
    group: Group, settled: int, fresh: Sequence[Fresh], sets: Sets, only: Iterable[str] | None = None
) -> dict[str, int]:
    known = sets.held.facets.get(group, {})
    values = known if only is None else only
    if settled == sets.held.listed:
        found = {value: sets.held.totals[group][value] for value in values}
    else:
        found = {value: (settled & known[value]).bit_count() for value in values}
    for row in fresh:
        for key in row.facets:
            part = keys.parted(key)
            if part and part[0] == group and (only is None or part[1] in found):
                found[part[1]] = found.get(part[1], 0) + 1
    return found


def _large(sets: Sets) -> Counts:
    counts: Counts = {}
    read: dict[Group | None, Mapping[Group, dict[str, int]]] = {}
    for group in LARGE:
        own = sets.own(group)
        if sets.total(own) > FROM_ROWS_MAX:
            counts[group] = _from_sets(group, sets.settled(own), sets.unsettled(own), sets, _largest(group, sets))
            continue
        if own not in read:
            read[own] = _from_rows(bitmaps.numbers_of(sets.numbers(own)))
        counts[group] = read[own][group]
    return counts


def _largest(group: Group, sets: Sets) -> list[str]:
    """Of the values that have bitmaps: the chosen, the counties of chosen cities, then those with most listings."""
    totals = sets.held.totals.get(group, {})
    chosen = sets.question.chosen.get(group, ())
    cities = {value[:CITY_DIGITS] for value in chosen} if group == "area" else set()

    def rank(value: str) -> tuple[bool, bool, int]:
        is_near = value[:CITY_DIGITS] in cities if len(value) > CITY_DIGITS else True
        return value not in chosen, not is_near, -totals[value]

    return sorted(totals, key=rank)[:SHOWN_MAX]


def _from_rows(numbers: Sequence[int]) -> Mapping[Group, dict[str, int]]:
    areas: dict[str, int] = {}
    suppliers: dict[str, int] = {}
    if numbers:
        with connection.cursor() as cursor:
            cursor.execute(_FROM_ROWS, [list(numbers)])
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        for district, supplier, name, listings in rows:
            if district is None:
                suppliers[supplier] = listings
                _names[supplier] = name
                continue
            for value in (district[:CITY_DIGITS], district):
                areas[value] = areas.get(value, 0) + listings
    return {"area": areas, "supplier": suppliers}


def _is_uuid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True
