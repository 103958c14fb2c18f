"""Parts of a running platform are killed, stopped and cut off in the middle of trades; the trades end as if not."""

import io
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

import pytest

from frontend.programs import STEPS, Account, OneTrade
from provenance.verifier.__main__ import main as verify
from tests.launcher import walks
from tests.launcher.platforms import Platform
from tests.launcher.walks import Walks

pytestmark = [pytest.mark.slow, pytest.mark.kill]

# Which part is killed just when a trade begins which step: where it hurts most.
KILLS = (
    ("web", "sign"),
    ("dispatcher", "open_access"),
    ("sequencer", "prove"),
    ("delivery", "download"),
    ("postgres", "accept"),
)
AT_A_TIME = 2
# What else than the web process, the delivery server and the database could know the broker.
KNOW_THE_BROKER = ("valkey", "dispatcher", "worker", "beat")
PAGES = ("/", "/catalogue/", "/ledger/", "/verify/", "/accounts/login/", "/healthz", "/api/listings/catalogue")


@pytest.fixture(scope="module")
def platform(stage: Platform) -> Platform:
    if not stage.is_running():
        stage.start()
    return stage


@pytest.fixture(scope="module")
def cast(platform: Platform) -> dict[str, Account]:
    return walks.given_cast(platform)


@pytest.fixture(scope="module")
def ended() -> list[OneTrade]:
    """The trades that have come to their end so far: nothing may be lost later either."""
    return []


def is_being_read(platform: Platform) -> bool:
    return walks.count(platform, "SELECT count(*) FROM listings_dataresource WHERE state = 'processing'") != 0


def is_proven(trade: OneTrade) -> bool:
    path = trade.file.with_suffix(".bundle.json")
    path.write_bytes(trade.found["bundle"])
    with redirect_stdout(io.StringIO()):
        return verify([str(path)]) == 0


@contextmanager
def stopped(platform: Platform, parts: tuple[str, ...]) -> Iterator[None]:
    """Parts that hang: they are there, and do nothing."""
    pids = [platform.pids()[part] for part in parts]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_a_trade_whose_every_request_and_every_answer_is_lost_once_happens_once(
    platform: Platform, cast: dict[str, Account], ended: list[OneTrade]
) -> None:
    losing = {role: walks.losing(account) for role, account in cast.items()}
    trade = walks.given_trade(platform, losing, "lossy")
    trade.has_answered = True  # what never answered is not asked again

    trade.run()

    ended.append(trade)
    assert is_proven(trade)
    platform.until(lambda: walks.is_quiet(platform), 60)
    assert walks.faults(platform, ended) == []


def test_a_stopped_broker_stops_no_page_and_no_step_of_a_trade_that_needs_no_job(
    platform: Platform, cast: dict[str, Account], ended: list[OneTrade]
) -> None:
    trade = walks.given_trade(platform, cast, "brokerless")
    trade.parts = STEPS[: STEPS.index("request")]
    trade.run()

    with stopped(platform, ("valkey",)):
        trade.parts = STEPS[STEPS.index("request") :]
        trade.run()
        pages = [walks.fetch(platform, path)[0] for path in PAGES]

    ended.append(trade)
    assert pages == [200] * len(PAGES)
    assert is_proven(trade)


def test_no_request_opens_a_line_to_the_broker(platform: Platform, cast: dict[str, Account]) -> None:
    with stopped(platform, KNOW_THE_BROKER):
        before = walks.lines_to_broker(platform)
        pages = [walks.fetch(platform, path)[0] for path in PAGES * 8]  # every thread of every worker
        kept = cast["buyer"].client.call("GET", "/contracts/trades")
        after = walks.lines_to_broker(platform)

    assert pages == [200] * len(pages)
    assert kept
    assert before >= 2  # its own ear and somebody's line: the counting sees them
    assert after == before
    platform.until(platform.is_ready, 60)


def test_trades_in_which_every_part_is_killed_end_once_and_proven(
    platform: Platform, cast: dict[str, Account], ended: list[OneTrade]
) -> None:
    walking = Walks(platform, cast)
    walking.begin(AT_A_TIME)

    platform.until(lambda: is_being_read(platform), 60)
    platform.kill("worker")
    for part, step in KILLS:
        walking.wait_for(step)
        platform.kill(part)
    walking.wait_for("pay")
    platform.process.kill()
    platform.process.wait()
    platform.start()
    walking.finish(120)

    ended += walking.ended
    assert walking.failed == []
    assert len(walking.ended) >= AT_A_TIME
    assert all(is_proven(trade) for trade in walking.ended)
    platform.until(lambda: walks.is_quiet(platform), 60)
    assert walks.faults(platform, ended) == []
