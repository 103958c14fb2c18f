"""manage.py sequence: one process at a time, and one sentence when the log may not go on."""

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError

from market import locks, process
from provenance import checkpoints, keys
from provenance.models import LogState
from provenance.sequencer import Sequencer

from .conftest import Record

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """The command takes the signals over; give them back to pytest."""
    kept = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    yield
    for each, handler in kept.items():
        signal.signal(each, handler)


def test_once_sequences_what_is_pending(log_dir: Path, record: Record) -> None:
    record(1)

    call_command("sequence", once=True)

    assert checkpoints.latest(log_dir).size == 1


def test_a_second_sequencer_waits_for_the_lock_and_takes_over(log_dir: Path, record: Record) -> None:
    record(1)
    first = process.connect()
    first.execute("SELECT pg_advisory_lock(%s)", [locks.SEQUENCER])
    size_meanwhile: list[int] = []

    def end_the_first() -> None:
        time.sleep(0.8)
        row = first.execute("SELECT size FROM provenance_logstate").fetchone()
        size_meanwhile.append(row[0] if row else -1)
        first.close()

    thread = threading.Thread(target=end_the_first)
    thread.start()
    call_command("sequence", once=True)
    thread.join()

    assert size_meanwhile == [0]
    assert LogState.objects.get().size == 1


def test_a_sequencer_told_to_end_ends_with_its_batch_published(log_dir: Path, record: Record) -> None:
    record(1)
    timer = threading.Timer(1.0, signal.raise_signal, [signal.SIGTERM])
    timer.start()

    call_command("sequence")

    assert checkpoints.latest(log_dir).size == 1


def test_a_log_that_may_not_go_on_ends_with_one_sentence(log_dir: Path, record: Record) -> None:
    record(1)
    call_command("sequence", once=True)
    (log_dir / "checkpoint").write_text("nonsense")

    with pytest.raises(CommandError, match=r"^The log is halted: the published checkpoint .* is damaged"):
        call_command("sequence", once=True)


def test_a_disk_that_fails_halts_the_log(log_dir: Path, record: Record) -> None:
    log_dir.parent.mkdir(parents=True, exist_ok=True)
    log_dir.write_text("a file where the folder should be")
    record(1)

    with pytest.raises(CommandError, match="the tiles cannot be written"):
        call_command("sequence", once=True)


@pytest.mark.parametrize("error", [psycopg.OperationalError, OperationalError])
def test_a_database_that_is_away_is_waited_for_at_the_start_and_in_between(
    error: type[Exception], log_dir: Path, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Psycopg notices it on the sequencer's own connections, Django on the one that asks for the log's keys."""
    record(1)
    trusted, rounds = keys.trusted, Sequencer.round
    failures = {"start": 2, "round": 2}

    def away_at_first() -> object:
        if failures["start"]:
            failures["start"] -= 1
            raise error("away")
        return trusted()

    def away_in_between(self: Sequencer) -> int:
        if failures["round"]:
            failures["round"] -= 1
            raise error("away")
        return rounds(self)

    monkeypatch.setattr(keys, "trusted", away_at_first)
    monkeypatch.setattr(Sequencer, "round", away_in_between)
    timer = threading.Timer(3.0, signal.raise_signal, [signal.SIGTERM])
    timer.start()

    call_command("sequence")

    assert failures == {"start": 0, "round": 0}
    assert checkpoints.latest(log_dir).size == 1
