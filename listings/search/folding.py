"""Keeps the bitmaps up with the rows: what changed is folded in by a job, until then each search looks at the rows."""

import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, Final, NamedTuple

from django.db import connection, transaction

from listings.models import SearchState
from listings.search import bitmaps, keys
from market.kernel import clock

BATCH: Final = 5_000
FOLD_ROWS: Final = 200  # so many changed rows cost a search about as much as the rest of it
FOLD_AFTER: Final = timedelta(seconds=60)
# A word with at least so many listings has a bitmap; below, the index of words answers as fast.
FREQUENT_MIN: Final = 500
FREQUENT_SHARE: Final = 500  # one in so many listings, once that is more
GROWTH: Final = 1.1  # frequent words are looked for again when there are so many times more listings
SAMPLE_ROWS: Final = 50_000
MARKS_KEPT: Final = 16


class Row(NamedTuple):
    """A changed row as the bitmaps need it."""

    number: int
    is_listed: bool
    was_folded: bool
    facets: list[str]
    words: list[str]


_CHANGED: Final = """
SELECT number, is_listed, was_folded, facets, CASE WHEN was_folded THEN '{}' ELSE tsvector_to_array(keys) END
FROM listings_listing WHERE NOT is_folded ORDER BY number LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
"""
_WAITING: Final = "SELECT count(*), min(changed_at) FROM listings_listing WHERE NOT is_folded"
_WRITE: Final = """
INSERT INTO listings_searchbits (key, segment, count, bits, version)
SELECT key, segment, bit_count(bits), bits, %s FROM unnest(%s::text[], %s::int[], %s::bytea[]) AS t(key, segment, bits)
ON CONFLICT (key, segment) DO UPDATE SET count = excluded.count, bits = excluded.bits, version = excluded.version
"""


def sweep() -> int:
    """Fold in what waits, if it is much or has waited long; look for frequent words when the market has grown.

    Answers the number of rows folded. Safe to run beside itself: the second one waits for the state's row.
    """
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        waiting, oldest = cursor.fetchone() or (0, None)
    if oldest is None or (waiting < FOLD_ROWS and clock.now() - oldest < FOLD_AFTER):
        return 0
    return fold_all()


def fold_all() -> int:
    """Fold in everything that waits, batch by batch, each a transaction of its own."""
    folded = 0
    while count := _fold():
        folded += count
    _promote()
    return folded


@transaction.atomic
def _fold() -> int:
    state = SearchState.objects.select_for_update(no_key=True).get(id=SearchState.ONLY)
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, [BATCH])
        rows = [Row(*row) for row in cursor.fetchall()]
        if not rows:
            return 0
        cursor.execute("SELECT DISTINCT key FROM listings_searchbits")
        frequent = {key for (key,) in cursor.fetchall()}
    add, remove = _differences(rows, frequent)
    _write(_next(state), _merged(add, remove))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE listings_listing SET is_folded = true, was_folded = true WHERE number = ANY(%s)",
            [[row.number for row in rows]],
        )
    return len(rows)


Places = dict[tuple[str, int], list[int]]


def _differences(rows: Iterable[Row], frequent: set[str]) -> tuple[Places, Places]:
    """Bits to set and bits to clear, by key and segment. Words are only ever set: dead rows lack LISTED."""
    add: Places = defaultdict(list)
    remove: Places = defaultdict(list)
    mutable = [key for key in frequent if key == keys.LISTED or (key.partition("=")[0] in keys.MUTABLE and "=" in key)]
    for row in rows:
        segment, bit = divmod(row.number, bitmaps.SEGMENT)
        if row.was_folded:
            for key in mutable:
                remove[key, segment].append(bit)
        elif row.is_listed:
            for word in row.words:
                if word in frequent:
                    add[word, segment].append(bit)
        if row.is_listed:
            add[keys.LISTED, segment].append(bit)
            for key in row.facets:
                if keys.is_small(key):
                    add[key, segment].append(bit)
    return add, remove


def _merged(add: Places, remove: Places) -> Iterator[tuple[str, int, bytes]]:
    wanted = sorted(set(add) | set(remove))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key, segment, bits FROM listings_searchbits "
            "WHERE (key, segment) IN (SELECT * FROM unnest(%s::text[], %s::int[]))",
            [[key for key, _ in wanted], [segment for _, segment in wanted]],
        )
        present = {(key, segment): bytes(bits) for key, segment, bits in cursor.fetchall()}
    for place in wanted:
        before = present.get(place, b"")
        after = bitmaps.changed(before, add=add.get(place, ()), remove=remove.get(place, ()))
        if after != before:
            yield *place, after


def _write(version: int, rows: Iterable[tuple[str, int, bytes]]) -> None:
    found = list(rows)
    for start in range(0, len(found), BATCH):
        part = found[start : start + BATCH]
        with connection.cursor() as cursor:
            cursor.execute(_WRITE, [version, *(list(column) for column in zip(*part, strict=True))])


def _next(state: SearchState) -> int:
    """Begin the next state; its mark tells processes whether what they hold is of this history."""
    state.version += 1
    state.marks = [*state.marks, secrets.randbits(62)][-MARKS_KEPT:]
    state.save(update_fields=["version", "marks"])
    return state.version


@transaction.atomic
def _promote() -> int:
    """Give words that have become frequent their bitmaps. Answers how many."""
    state = SearchState.objects.select_for_update(no_key=True).get(id=SearchState.ONLY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(count), 0) FROM listings_searchbits WHERE key = %s", [keys.LISTED])
        (listed,) = cursor.fetchone() or (0,)
        if listed < FREQUENT_MIN or listed < state.counted * GROWTH:
            return 0
        least = max(FREQUENT_MIN, listed // FREQUENT_SHARE)
        candidates = _candidates(cursor, int(listed), least)
    version = _next(state)
    _write(version, _bits_of(candidates, least))
    state.counted = listed
    state.save(update_fields=["counted"])
    return len(candidates)


def _candidates(cursor: Any, listed: int, least: int) -> list[str]:
    """Words that may reach `least` listings and have no bitmap; of a large market, judged by a sample."""
    share = min(1.0, SAMPLE_ROWS / listed)
    sample = f"TABLESAMPLE SYSTEM ({share * 100:.4f})" if share < 1 else ""
    cursor.execute(
        "SELECT word FROM ts_stat(%s) WHERE ndoc >= %s AND NOT EXISTS "
        "(SELECT FROM listings_searchbits WHERE key = word)",
        [f"SELECT keys FROM listings_listing {sample} WHERE is_listed", max(1, int(least * share * 0.8))],  # noqa: S608
    )
    return [word for (word,) in cursor.fetchall()]


def _bits_of(words: Iterable[str], least: int) -> Iterator[tuple[str, int, bytes]]:
    """The segments of each word, of rows that are folded; the others are looked at until they are."""
    with connection.cursor() as cursor:
        for word in words:
            cursor.execute(
                "SELECT array_agg(number) FROM listings_listing WHERE keys @@ %s::tsquery AND was_folded",
                [keys.all_of([word])],
            )
            numbers = (cursor.fetchone() or (None,))[0] or []
            if len(numbers) >= least:
                for segment, bits in bitmaps.split(numbers).items():
                    yield word, segment, bits
