"""provenance.sequence: a backlog of committed events into the signed log, beside COPY into a twin of the leaf's table.

Ours reads the events, hashes them, stores leaves, makes tiles durable and signs. The floor is COPY of the same rows
(index, event, hash; ready in memory) into a logged table with the same indexes and keys, 5,000 a commit.
"""

import shutil
import time
from collections.abc import Iterator
from typing import Any

from benchmarks import services
from benchmarks.figures import Figure, interleaved, middle, ratio_of_rounds

COUNT = 1_000_000
BODY_BYTES = 500
COMMIT = 5_000
ROUNDS = 5


def run() -> Iterator[Figure]:
    """Leaves/s of ours ÷ the floor's; goal: at least 0.5."""
    with services.running():
        from django.conf import settings
        from django.db import connection

        from market import grants, process

        given_events()
        # Emptying a table that never forgets is its owner's, and no part of the measurement.
        with grants.as_owner(connection, settings.DATABASE_OWNER), process.connect() as owner:
            owner.execute(
                "CREATE TABLE twin (LIKE provenance_leaf INCLUDING ALL);"
                "ALTER TABLE twin ADD FOREIGN KEY (event_id) REFERENCES market_event (id)"
                " DEFERRABLE INITIALLY DEFERRED;"
                "GRANT ALL ON twin TO market_app"
            )
            rows = given_rows(owner)
            speeds = interleaved({"ours": lambda: ours(owner), "copy": lambda: floor(owner, rows)}, rounds=ROUNDS)
    mine, base = speeds.values()
    yield Figure(
        bench="provenance.sequence",
        value=middle(mine),
        unit="leaves/s",
        baseline="COPY into a twin of the leaf's table",
        baseline_value=middle(base),
        goal=0.5,
        better="higher",
        rows=COUNT,
        more={"ratio_of_rounds": ratio_of_rounds(mine, base), "rounds": mine, "baseline_rounds": base},
    )


def given_events() -> None:
    """Committed events without a place."""
    from market import process
    from market.kernel import clock, ids

    at = clock.now()
    with process.connect() as database, database.cursor() as cursor:
        for low in range(0, COUNT, 50_000):
            with cursor.copy("COPY market_event (id, kind, at, body) FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(["uuid", "text", "timestamptz", "bytea"])
                for number in range(low, min(low + 50_000, COUNT)):
                    body = (number.to_bytes(8, "big") * (BODY_BYTES // 8 + 1))[:BODY_BYTES]
                    copy.write_row((ids.new_id(), "benchmark.told", at, body))
        cursor.execute("ANALYZE market_event")


def given_rows(database: Any) -> list[tuple[int, Any, bytes]]:
    """What the floor writes."""
    from provenance import merkle

    found = database.execute("SELECT id, body FROM market_event ORDER BY seq")
    return [(number, event_id, merkle.leaf_hash(body)) for number, (event_id, body) in enumerate(found)]


def ours(owner: Any) -> float:
    """An empty log takes the whole backlog in."""
    from django.conf import settings

    from provenance import sequencer
    from provenance.merkle import EMPTY_ROOT

    owner.execute("TRUNCATE provenance_leaf, provenance_checkpoint")
    owner.execute("UPDATE provenance_logstate SET size = 0, root = %s, frontier = '', xmin_done = 0", [EMPTY_ROOT])
    shutil.rmtree(settings.LOG_DIR, ignore_errors=True)
    began = time.perf_counter()
    if sequencer.drain() != COUNT:
        raise RuntimeError("not all events were sequenced")
    return COUNT / (time.perf_counter() - began)


def floor(owner: Any, rows: list[tuple[int, Any, bytes]]) -> float:
    """The same rows into the twin."""
    from market import process

    owner.execute("TRUNCATE twin")
    with process.connect() as database:
        began = time.perf_counter()
        for low in range(0, COUNT, COMMIT):
            with (
                database.transaction(),
                database.cursor() as cursor,
                cursor.copy("COPY twin (index, event_id, leaf_hash) FROM STDIN (FORMAT BINARY)") as copy,
            ):
                copy.set_types(["int8", "uuid", "bytea"])
                for row in rows[low : low + COMMIT]:
                    copy.write_row(row)
        return COUNT / (time.perf_counter() - began)
