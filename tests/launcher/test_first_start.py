"""The first start, killed at boundaries of its demonstration: the next ones finish it, nothing is made twice."""

import json
import os
import signal
import time
from typing import Any, Final

import psycopg
import pytest

from tests.launcher.platforms import Platform, staged

pytestmark = [pytest.mark.slow, pytest.mark.kill]

# Where a kill falls, in the order of a first start: a query that answers more than zero once it has come by.
POINTS: Final = {
    "the tables are being made": "SELECT count(*) FROM django_migrations",
    "the accounts are there": "SELECT count(*) FROM market_organisation",
    "a file is uploaded": "SELECT count(*) FROM listings_dataresource",
    "a product is submitted": "SELECT count(*) FROM listings_productversion WHERE state <> 'draft'",
    "a product is listed": "SELECT count(*) FROM listings_productversion WHERE state = 'listed'",
    "the buyer has asked": "SELECT count(*) FROM contracts_negotiation",
    "the supplier has signed": "SELECT count(*) FROM contracts_agreement",
    "both have signed": "SELECT count(*) FROM contracts_negotiation WHERE state = 'FINALIZED'",
    "the buyer has paid": "SELECT count(*) FROM settlement_statement",
    "a download is running": "SELECT count(*) FROM delivery_use",
    "the download has ended": "SELECT count(*) FROM delivery_use WHERE state = 'closed'",
    "the trade is settled": "SELECT count(*) FROM contracts_period WHERE state = 'settled'",
    "the second trade has begun": "SELECT greatest(count(*) - 1, 0) FROM contracts_negotiation",
    "the third is asked for": "SELECT greatest(count(*) - 2, 0) FROM contracts_negotiation",
}
# Each kill costs one more start: those where most is under way, or all of them with KILL_POINTS=all.
CHOSEN: Final = (
    tuple(POINTS)
    if os.environ.get("KILL_POINTS") == "all"
    else ("the accounts are there", "a product is submitted", "the supplier has signed", "a download is running")
)

WHAT_IS_LEFT: Final = {
    "people": "SELECT count(*) FROM market_person",
    "addresses": "SELECT count(*) FROM account_emailaddress",
    "seats": "SELECT count(*) FROM market_membership",
    "organisations": "SELECT count(*) FROM market_organisation",
    "admissions": "SELECT array_agg(DISTINCT state::text) || count(*)::text FROM market_admission",
    "api keys": "SELECT count(*) FROM market_apikey",
    "signing keys": "SELECT count(*) FROM market_publickey",
    "files": "SELECT array_agg(DISTINCT state::text) || count(*)::text FROM listings_dataresource",
    "listed": "SELECT count(*) FROM listings_productversion WHERE state = 'listed'",
    "in review": "SELECT count(*) FROM listings_productversion WHERE state = 'submitted'",
    "versions": "SELECT count(*) FROM listings_productversion",
    "offers": "SELECT count(*) FROM listings_offer",
    "negotiations": "SELECT array_agg(state::text ORDER BY state) FROM contracts_negotiation",
    "agreements": "SELECT count(*) FROM contracts_agreement",
    "signatures": "SELECT count(*) FROM contracts_signature",
    "trades": "SELECT array_agg(state::text ORDER BY state) FROM contracts_trade",
    "periods": "SELECT array_agg(state::text ORDER BY state) FROM contracts_period",
    "obligations": "SELECT array_agg(state::text ORDER BY state) FROM settlement_obligation",
    "statements": "SELECT count(*) FROM settlement_statement",
    "statement lines": "SELECT array_agg(state::text) FROM settlement_statementline",
    "transfers": "SELECT count(*) FROM settlement_transfer",
    "grants": "SELECT array_agg(state::text ORDER BY state) FROM delivery_grant",
    "uses": "SELECT array_agg(state::text || is_complete) FROM delivery_use",
}
# News that a killed dispatcher had taken up is told again when its lease of two minutes has run out.
UNDER_WAY: Final = "SELECT count(*) FROM market_dispatch"
UNDER_WAY_S: Final = 200.0
# A reading that was cut short is begun again, and said again.
EVENTS: Final = "SELECT kind, count(*) FROM market_event WHERE kind <> 'resource.reading' GROUP BY kind"


@pytest.fixture(scope="module")
def untouched() -> dict[str, Any]:
    """What a first start that nobody disturbed leaves."""
    with staged() as platform:
        platform.start()
        return left_by(platform)


def left_by(platform: Platform) -> dict[str, Any]:
    platform.until(lambda: platform.ask(UNDER_WAY) == 0, UNDER_WAY_S)
    with platform.connect() as connection:
        found = {name: (connection.execute(query).fetchone() or (None,))[0] for name, query in WHAT_IS_LEFT.items()}
        found |= {f"event {kind}": n for kind, n in connection.execute(EVENTS).fetchall()}
    kept = json.loads((platform.var / "secrets" / "demonstration.json").read_text("utf-8"))
    return found | {"kept": sorted(kept["accounts"])}


def kill_when(platform: Platform, query: str, seconds: float = 180) -> bool:
    """Kill the launcher as soon as the query answers more than zero; whether it was before the start had ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert platform.is_running(), platform.said()
        try:
            with platform.connect() as connection:
                while "Ready after" not in platform.said():
                    row = connection.execute(query).fetchone()
                    if row and row[0]:
                        platform.process.send_signal(signal.SIGKILL)
                        platform.process.wait()
                        return True
                    time.sleep(0.002)
                return False
        except (psycopg.OperationalError, psycopg.errors.UndefinedTable, KeyError):
            time.sleep(0.02)  # the database, or the table, is not there yet
    raise AssertionError(platform.said())


def test_a_first_start_killed_at_its_boundaries_ends_as_if_nobody_had_touched_it(untouched: dict[str, Any]) -> None:
    with staged() as platform:
        killed = []
        for point in CHOSEN:
            platform.launch()
            if kill_when(platform, POINTS[point]):
                killed.append(point)
        platform.launch()
        platform.until(lambda: "Ready after" in platform.said(), 240)

        assert len(killed) >= len(CHOSEN) * 3 // 4, f"the start had ended before most of the kills: {killed}"
        assert left_by(platform) == untouched
        platform.stop()
        platform.start()
        assert left_by(platform) == untouched, "a further start changes nothing"
