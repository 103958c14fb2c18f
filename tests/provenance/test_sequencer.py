"""The sequencer on a real database: nothing lost, nothing twice, nothing false signed."""

import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from market import process
from market.events.models import Event
from provenance import checkpoints, keys, merkle, sequencer
from provenance.edge import Edge
from provenance.errors import LogHalted
from provenance.models import Checkpoint, Leaf, LogState
from provenance.publishing import Publisher
from provenance.sequencer import Batch, Sequencer

from .conftest import Record
from .whole import AsOwner, require_whole_log

pytestmark = pytest.mark.django_db(transaction=True)


def test_events_get_their_places_and_a_signed_checkpoint(log_dir: Path, record: Record) -> None:
    events = [record(number) for number in range(3)]

    assert sequencer.drain() == 3
    assert sequencer.drain() == 0

    assert list(Leaf.objects.order_by("index").values_list("event_id", flat=True)) == events
    checkpoints.require_ours(checkpoints.latest(log_dir), [keys.leading()])
    require_whole_log(log_dir)


def test_an_empty_log_signs_the_empty_tree(log_dir: Path) -> None:
    sequencer.drain()

    assert checkpoints.latest(log_dir).size == 0
    assert checkpoints.latest(log_dir).root == merkle.EMPTY_ROOT


def test_a_log_that_grows_past_full_tiles_keeps_every_published_size_provable(log_dir: Path, record: Record) -> None:
    running = Sequencer()
    sizes = []
    for count in (200, 56, 1, 300):
        with transaction.atomic():
            for number in range(count):
                record(number)
        running.round()
        sizes.append(checkpoints.latest(log_dir).size)
    running.close()

    assert sizes == [200, 256, 257, 557]
    require_whole_log(log_dir)
    for size in sizes:
        assert Edge.load(log_dir, size).root() == bytes(Checkpoint.objects.get(size=size).root)


def test_an_event_that_commits_late_with_a_lower_number_is_not_lost(log_dir: Path, record: Record) -> None:
    """The event of the slow transaction takes its seq first and commits after later ones were sequenced."""
    taken, go_on = threading.Event(), threading.Event()
    slow: list[Any] = []

    def commit_late() -> None:
        try:
            with transaction.atomic():
                slow.append(record(1))
                taken.set()
                go_on.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=commit_late)
    thread.start()
    assert taken.wait(20)
    fast = record(2)
    assert sequencer.drain() == 1
    record(3)
    assert sequencer.drain() == 1
    go_on.set()
    thread.join()

    assert sequencer.drain() == 1

    places = dict(Leaf.objects.values_list("event_id", "index"))
    assert Event.objects.get(id=slow[0]).seq < Event.objects.get(id=fast).seq
    assert (places[fast], places[slow[0]]) == (0, 2)
    require_whole_log(log_dir)


def test_a_rolled_back_event_leaves_no_gap(log_dir: Path, record: Record) -> None:
    record(1)
    with transaction.atomic():
        record(2)
        transaction.set_rollback(True)
    record(3)

    assert sequencer.drain() == 2
    require_whole_log(log_dir)


def test_of_two_sequencers_one_works_and_the_other_stores_nothing(log_dir: Path, record: Record) -> None:
    """Both have read the same pending events; the slower one finds the log moved and takes nothing in."""
    for number in range(5):
        record(number)
    first, second = Sequencer(), Sequencer()
    taken: list[int] = []
    store = first._store

    def overtaken(batch: Batch) -> None:
        taken.append(second.round())
        store(batch)

    first._store = overtaken  # type: ignore[method-assign]  # lets the second go by at the worst moment

    assert first.round() == 0
    assert taken == [5]

    first._store = store  # type: ignore[method-assign]
    record(6)
    assert first.round() == 1
    first.close()
    second.close()
    require_whole_log(log_dir)


class Killed(BaseException):
    """Stands for kill -9: nothing that was not durable is left."""


@pytest.mark.parametrize("point", ["write", "sign", "publish"])
def test_a_kill_between_any_two_steps_is_made_good_by_the_next_start(
    point: str, log_dir: Path, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(300):
        record(number)
    sequencer.drain()
    record(301)
    before = checkpoints.latest(log_dir)

    def die(*_: Any) -> None:
        raise Killed

    monkeypatch.setattr(Publisher if point == "write" else checkpoints, point, die)
    with pytest.raises(Killed):
        sequencer.drain()
    monkeypatch.undo()
    assert checkpoints.latest(log_dir) == before
    assert LogState.objects.get().size == 301

    record(302)
    assert sequencer.drain() == 1

    require_whole_log(log_dir)


def test_tiles_that_were_lost_are_built_again_from_the_database(log_dir: Path, record: Record) -> None:
    for number in range(260):
        record(number)
    sequencer.drain()
    before = {path: path.read_bytes() for path in log_dir.rglob("*") if path.is_file()}
    for path in before:
        path.unlink()

    sequencer.drain()

    assert {path: path.read_bytes() for path in log_dir.rglob("*") if path.is_file()} == before


def halted() -> str:
    """What the sequencer says when it refuses; it must not have signed anything."""
    signed = Checkpoint.objects.count()
    with pytest.raises(LogHalted) as stop:
        sequencer.drain()
    assert Checkpoint.objects.count() <= signed
    return str(stop.value)


def test_a_database_that_went_back_is_refused(log_dir: Path, record: Record, as_owner: AsOwner) -> None:
    for number in range(3):
        record(number)
    sequencer.drain()
    for number in range(2):
        record(number)
    sequencer.drain()
    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute("ALTER TABLE provenance_leaf DISABLE TRIGGER provenance_leaf_append_only")
        cursor.execute("ALTER TABLE provenance_checkpoint DISABLE TRIGGER provenance_checkpoint_append_only")
        cursor.execute("DELETE FROM provenance_leaf WHERE index >= 3")
        cursor.execute("DELETE FROM provenance_checkpoint WHERE size > 3")
        old = Edge.load(log_dir, 3)
        cursor.execute(
            "UPDATE provenance_logstate SET size = 3, root = %s, frontier = %s",
            [old.root(), merkle.root(old.levels[0][:2]) + old.levels[0][2]],
        )
        cursor.execute("ALTER TABLE provenance_leaf ENABLE ALWAYS TRIGGER provenance_leaf_append_only")
        cursor.execute("ALTER TABLE provenance_checkpoint ENABLE ALWAYS TRIGGER provenance_checkpoint_append_only")

    said = halted()

    assert "size 5" in said
    assert "only 3" in said
    assert checkpoints.latest(log_dir).size == 5


def test_an_altered_event_is_named_when_its_tiles_are_built(log_dir: Path, record: Record, as_owner: AsOwner) -> None:
    event = record(1)
    record(2)
    sequencer.drain()
    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute("ALTER TABLE market_event DISABLE TRIGGER market_event_append_only")
        cursor.execute("UPDATE market_event SET body = body || ' ' WHERE id = %s", [event])
        cursor.execute("ALTER TABLE market_event ENABLE ALWAYS TRIGGER market_event_append_only")
    (log_dir / "checkpoint").unlink()

    assert f"the event {event} at index 0" in halted()


@pytest.mark.parametrize("file", ["tile/0/000.p/3", "tile/entries/000.p/3"])
def test_one_flipped_byte_in_an_edge_tile_halts_the_next_start(file: str, log_dir: Path, record: Record) -> None:
    for number in range(3):
        record(number)
    sequencer.drain()
    content = bytearray((log_dir / file).read_bytes())
    content[40] ^= 1
    (log_dir / file).write_bytes(content)

    said = halted()

    assert "root of the published checkpoint" in said or "was altered" in said


def test_a_checkpoint_of_another_key_or_an_altered_one_is_refused(log_dir: Path, record: Record, settings: Any) -> None:
    record(1)
    sequencer.drain()
    note = (log_dir / "checkpoint").read_text()
    key = settings.LOG_SIGNING_KEY

    settings.LOG_SIGNING_KEY = b"2" * 32
    assert "was not signed by this log's key" in halted()
    settings.LOG_SIGNING_KEY = key
    (log_dir / "checkpoint").write_text(note.replace("\n1\n", "\n2\n"))
    assert "was not signed by this log's key" in halted()
    (log_dir / "checkpoint").write_text("nonsense")
    assert "is damaged" in halted()


def test_a_restored_cluster_with_other_transaction_numbers_loses_nothing(log_dir: Path, record: Record) -> None:
    record(1)
    sequencer.drain()
    with process.connect() as database:
        # As after a restore: the numbers of the old cluster lie far ahead of this one's.
        database.execute("UPDATE provenance_logstate SET xmin_done = 9000000000, system_identifier = 42")
    record(2)

    assert sequencer.drain() == 1
    assert LogState.objects.get().xmin_done < 9_000_000_000
    require_whole_log(log_dir)


@pytest.mark.parametrize("table", ["provenance_leaf", "provenance_checkpoint", "provenance_certificate"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_running_role_cannot_change_what_is_logged(
    table: str, statement: str, log_dir: Path, record: Record
) -> None:
    record(1)
    sequencer.drain()
    column = {"provenance_leaf": "index", "provenance_checkpoint": "size", "provenance_certificate": "kind"}[table]

    with process.connect() as database, pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.execute(statement.format(table, column, column))

    require_whole_log(log_dir)


def test_even_the_owner_is_stopped_by_the_guard(log_dir: Path, record: Record, as_owner: AsOwner) -> None:
    record(1)
    sequencer.drain()

    with as_owner() as owner, owner.cursor() as cursor, pytest.raises(Exception, match="append-only"):
        cursor.execute("UPDATE provenance_leaf SET index = 7")


def test_writers_and_sequencers_side_by_side_lose_and_double_nothing(log_dir: Path, record: Record) -> None:
    stop = threading.Event()
    failures: list[BaseException] = []

    def write(seed: int) -> None:
        try:
            for number in range(40):
                with transaction.atomic():
                    record(seed * 1000 + number)
                    stop.wait(0.002 * (seed % 3))
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    def sequence() -> None:
        running = Sequencer()
        try:
            while not stop.is_set():
                running.round()
        except BaseException as error:
            failures.append(error)
        finally:
            running.close()
            connection.close()

    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(4)]
    sequencers = [threading.Thread(target=sequence) for _ in range(2)]
    for thread in writers + sequencers:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in sequencers:
        thread.join()

    sequencer.drain()

    assert failures == []
    assert Leaf.objects.count() == 160
    require_whole_log(log_dir)
