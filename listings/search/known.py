"""What each web process holds of the bitmaps: every value of the facets, and which words have bitmaps at all.

It is a copy of rows of the database under a version; a search says which version it saw, and a process that holds
another one reads what came after. Any process can make it anew at any time.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection

from listings.search import bitmaps, keys


@dataclass(frozen=True, slots=True)
class Known:
    """One state of the bitmaps. Sets are whole numbers with a bit for each listing."""

    version: int
    mark: int
    listed: int
    facets: Mapping[str, Mapping[str, int]]  # group → value → listings
    totals: Mapping[str, Mapping[str, int]]  # group → value → how many of them are listed
    frequent: frozenset[str]  # every key that has bitmaps
    segments: Mapping[str, Mapping[int, bytes]] = field(repr=False)  # of the keys held here


EMPTY: Final = Known(0, 0, 0, {}, {}, frozenset(), {})
_READ: Final = """
WITH state AS (SELECT version, marks FROM listings_searchstate WHERE id = 1)
SELECT NULL, NULL, NULL, version, marks FROM state
UNION ALL
SELECT key, segment, CASE WHEN key = '*' OR key LIKE '%%=%%' THEN bits END, NULL, NULL FROM listings_searchbits
WHERE version > CASE WHEN %(mark)s = ANY((SELECT marks FROM state)::bigint[]) THEN %(version)s ELSE -1 END
"""
_lock = threading.Lock()
_known = EMPTY


def current() -> Known:
    """What this process holds, however old."""
    return _known


def read() -> Known:
    """Read what changed since, or everything where this process holds nothing of the same history."""
    global _known
    with _lock:
        before = _known
        with connection.cursor() as cursor:
            cursor.execute(_READ, {"mark": before.mark, "version": before.version})
            (_, _, _, version, marks), *rows = cursor.fetchall()
        base = before if before.mark in marks else EMPTY
        _known = _after(base, version, marks[-1] if marks else 0, rows)
        return _known


def forget() -> None:
    """Hold nothing any more."""
    global _known
    with _lock:
        _known = EMPTY


def _after(before: Known, version: int, mark: int, rows: list[Any]) -> Known:
    segments = {key: dict(held) for key, held in before.segments.items()}
    for key, segment, bits, _, _ in rows:
        if bits is not None:
            segments.setdefault(key, {})[segment] = bytes(bits)
    sets = {key: bitmaps.joined(held) for key, held in segments.items()}
    listed = sets.get(keys.LISTED, 0)
    facets: dict[str, dict[str, int]] = {group: {} for group in keys.GROUPS}
    totals: dict[str, dict[str, int]] = {group: {} for group in keys.GROUPS}
    for key, numbers in sets.items():
        if (part := keys.parted(key)) and part[0] in facets:
            facets[part[0]][part[1]] = numbers
            totals[part[0]][part[1]] = (numbers & listed).bit_count()
    return Known(
        version=version,
        mark=mark,
        listed=listed,
        facets=facets,
        totals=totals,
        frequent=before.frequent | {key for key, *_ in rows},
        segments=segments,
    )
