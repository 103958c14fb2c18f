"""Whatever is altered in the log is found, named, and put right by the command that the sentence names."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction

from market import locks, process
from market.events.models import Event
from market.kernel import clock
from market.participants.members import system
from provenance import audit, checkpoints, keys, queries, repairs, sequencer
from provenance.audit import Audit
from provenance.errors import LogHalted
from provenance.models import Leaf

from .conftest import Record
from .whole import AsOwner, files, require_whole_log, tampering

pytestmark = pytest.mark.django_db(transaction=True)
Damage = Callable[[Any, Path], None]


@pytest.fixture
def log(log_dir: Path, record: Record) -> Path:
    """A published log of 250, then 258, then 300 entries: full tiles, unfinished ones, old unfinished ones."""
    for count in (250, 8, 42):
        with transaction.atomic():
            for number in range(count):
                record(number)
        sequencer.drain()
    return log_dir


def looked_at(folder: Path) -> Audit:
    with process.connect() as database:
        return audit.walk(database, folder, keys.trusted())


def flip(name: str, at: int) -> Damage:
    """One byte of a published file."""

    def do(_: Any, folder: Path) -> None:
        content = bytearray((folder / name).read_bytes())
        content[at] ^= 1
        (folder / name).write_bytes(content)

    return do


def misspell(name: str, at: int) -> Damage:
    """One letter of base64 becomes another one: a flipped bit may make it no base64 at all, which is another fault."""

    def do(_: Any, folder: Path) -> None:
        content = bytearray((folder / name).read_bytes())
        content[at] = ord("B") if content[at] == ord("A") else ord("A")
        (folder / name).write_bytes(content)

    return do


def lose(name: str) -> Damage:
    return lambda _, folder: (folder / name).unlink()


def run(statement: str) -> Damage:
    return lambda cursor, _: cursor.execute(statement)


EVENT_17 = "(SELECT event_id FROM provenance_leaf WHERE index = 17)"
BODY = f"UPDATE market_event SET body = set_byte(body, 200, get_byte(body, 200) # 1) WHERE id = {EVENT_17}"
LEAF = "UPDATE provenance_leaf SET leaf_hash = set_byte(leaf_hash, 3, get_byte(leaf_hash, 3) # 1) WHERE index = 17"
BOTH = f"{BODY}; UPDATE provenance_leaf SET leaf_hash = sha256('\\x00'::bytea || body) FROM market_event e WHERE e.id = event_id AND index = 17"  # noqa: E501
NOTE = "UPDATE provenance_checkpoint SET note = overlay(note placing '{}' from length(note) - 8 for 1) WHERE size = 258"
FAULTS: list[tuple[str, Damage, str, int | None]] = [
    ("a byte of an event's row", run(BODY), "event row", 17),
    ("a byte of a leaf's row", run(LEAF), "leaf row", 17),
    ("an event and its leaf together", run(BOTH), "row", 17),
    ("an event's kind", run(f"UPDATE market_event SET kind = 'trade.closed' WHERE id = {EVENT_17}"), "event row", 17),
    ("an event's time", run(f"UPDATE market_event SET at = now() WHERE id = {EVENT_17}"), "event row", 17),
    ("a leaf removed", run("DELETE FROM provenance_leaf WHERE index = 17"), "leaf row", 17),
    ("a byte of a full tile", flip("tile/0/000", 17 * 32 + 5), "tile", 17),
    ("a byte of an unfinished tile", flip("tile/0/001.p/44", 3 * 32), "tile", 259),
    ("a byte of a tile over tiles", flip("tile/1/000.p/1", 3), "tile", 0),
    ("a byte of an old unfinished tile", flip("tile/0/000.p/250", 9 * 32), "tile", 0),
    ("an old unfinished tile lost", lose("tile/0/001.p/2"), "tile", 256),
    ("a full tile lost", lose("tile/0/000"), "tile", 0),
    ("a byte of a full bundle", flip("tile/entries/000", 90), "entry bundle", 0),
    ("a length in a bundle", flip("tile/entries/000", 0), "tile", 0),
    ("a bundle lost", lose("tile/entries/001.p/44"), "tile", 256),
    ("a stored root", run("UPDATE provenance_checkpoint SET root = sha256(root) WHERE size = 258"), "checkpoint", None),
    ("a stored signature", run(NOTE.format("A")), "signature", None),
    ("the published signature", misspell("checkpoint", -9), "signature", None),
    ("the published root", misspell("checkpoint", 60), "signature", None),
    ("the standing row", run("UPDATE provenance_logstate SET size = 299"), "log state", None),
]  # fmt: skip


def test_a_log_that_nobody_touched_is_whole(log: Path) -> None:
    found = looked_at(log)

    assert (found.is_whole, found.entries, found.checkpoints) == (True, 300, 4)
    assert found.files >= len([file for file in files(log) if "tile" in file.parts]) - 2


def rows() -> list[tuple[int, bytes, str, bytes]]:
    """Every place as the database has it."""
    found = Leaf.objects.order_by("index").values_list("index", "leaf_hash", "event__kind", "event__body")
    return [(index, bytes(value), kind, bytes(body)) for index, value, kind, body in found]


def test_each_alteration_is_named_and_put_right(log: Path, as_owner: AsOwner) -> None:
    files_before, rows_before = files(log), rows()

    for case, damage, what, index in FAULTS:
        with tampering(as_owner) as cursor:
            damage(cursor, log)
        found = looked_at(log)
        assert not found.is_whole, case
        assert (found.findings[0].what, found.findings[0].index) == (what, index), (case, found.findings)
        assert found.findings[0].remedy == "manage.py log repair", case

        done = repairs.repair(log, keys.signing(), by=system("test"))

        assert not done.is_nothing, case
        assert looked_at(log).is_whole, case
        assert files(log) == files_before, case
        assert rows() == rows_before, case

    assert sequencer.drain() == len(FAULTS)  # each repair is told in the log itself
    require_whole_log(log)


def test_what_was_put_right_is_told_in_the_log(log: Path, as_owner: AsOwner) -> None:
    with tampering(as_owner) as cursor:
        cursor.execute(LEAF)

    repairs.repair(log, keys.signing(), by=system("test"))

    told = queries.public_fields(Event.objects.get(kind="log.repaired").id)
    assert told == {"first_index": 17, "rows": 1, "remade": 0, "files": 0, "checkpoints": 0}


def test_an_altered_file_is_kept_aside(log: Path) -> None:
    flip("tile/0/000", 5)(None, log)
    altered = (log / "tile/0/000").read_bytes()

    repairs.repair(log, keys.signing(), by=system("test"))

    kept = [file for file in (log.parent / f"{log.name}-altered").rglob("*") if file.is_file()]
    assert [file.read_bytes() for file in kept] == [altered]


def test_rows_and_files_altered_together_cannot_be_put_right(log: Path, as_owner: AsOwner) -> None:
    with tampering(as_owner) as cursor:
        cursor.execute(BOTH)
    body = bytes(Leaf.objects.get(index=17).event.body)
    _write_entry(log, 17, body, bytes(Leaf.objects.get(index=17).leaf_hash))

    found = looked_at(log)
    with pytest.raises(LogHalted, match="neither the rows nor the files lead to the signed root"):
        repairs.repair(log, keys.signing(), by=system("test"))

    assert found.findings[0].what == "checkpoint"
    assert "size 250 is signed and its root is not that of the rows and files" in found.findings[0].sentence


def _write_entry(folder: Path, index: int, body: bytes, leaf_hash: bytes) -> None:
    from provenance import tiles

    bundle, tile = folder / "tile/entries/000", folder / "tile/0/000"
    entries, hashes = tiles.to_entries(bundle.read_bytes()), tiles.to_hashes(tile.read_bytes())
    entries[index], hashes[index] = body, leaf_hash
    bundle.write_bytes(tiles.from_entries(entries))
    tile.write_bytes(tiles.from_hashes(hashes))


def test_an_altered_row_far_from_the_edge_stops_the_next_start(log: Path, as_owner: AsOwner) -> None:
    with tampering(as_owner) as cursor:
        cursor.execute(BODY)

    with pytest.raises(LogHalted, match=r"index 17: the event row .* was altered.*verify --deep"):
        sequencer.drain()


def test_the_command_names_the_first_altered_row_by_exit_code_and_sentence(
    log: Path, as_owner: AsOwner, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verify", deep=True)
    whole = capsys.readouterr().out
    with tampering(as_owner) as cursor:
        cursor.execute(BODY)

    with pytest.raises(SystemExit) as stop:
        call_command("verify", deep=True, json=True)

    said = json.loads(capsys.readouterr().out)
    assert whole.endswith("WHOLE\n")
    assert stop.value.code == 1
    assert (said["whole"], said["findings"][0]["index"]) == (False, 17)


def test_repair_has_nothing_to_do_on_a_whole_log(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("log", "repair")

    assert capsys.readouterr().out == "nothing to put right\n"
    assert not Event.objects.filter(kind="log.repaired").exists()


def test_nothing_is_put_right_while_a_sequencer_is_at_work(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provenance.management.commands.log.WAIT_S", 0.3)

    with process.connect() as sequencing:
        sequencing.execute("SELECT pg_advisory_lock(%s)", [locks.SEQUENCER])
        with pytest.raises(CommandError, match="is at work and holds the log"):
            call_command("log", "repair")


def go_back(as_owner: AsOwner, size: int) -> None:
    """The database as it was when the log had this size: later events and leaves were never written."""
    root = checkpoints.parse(_note(size), "kept").root
    frontier = _frontier(size)
    with tampering(as_owner) as cursor:
        cursor.execute("DELETE FROM provenance_leaf WHERE index >= %s", [size])
        cursor.execute("DELETE FROM market_opening WHERE event_id NOT IN (SELECT event_id FROM provenance_leaf)")
        cursor.execute("DELETE FROM market_event WHERE id NOT IN (SELECT event_id FROM provenance_leaf)")
        cursor.execute("DELETE FROM provenance_checkpoint WHERE size > %s", [size])
        cursor.execute(
            "UPDATE provenance_logstate SET size = %s, root = %s, frontier = %s, xmin_done = 0", [size, root, frontier]
        )


def _note(size: int) -> str:
    from provenance.models import Checkpoint

    return Checkpoint.objects.get(size=size).note


def _frontier(size: int) -> bytes:
    from provenance import merkle

    tree = merkle.Frontier()
    tree.extend(bytes(value) for value in Leaf.objects.order_by("index").values_list("leaf_hash", flat=True)[:size])
    return b"".join(tree.hashes)


def test_a_database_that_went_back_is_refused_and_restored_from_what_was_published(
    log: Path, record: Record, as_owner: AsOwner, capsys: pytest.CaptureFixture[str]
) -> None:
    bodies = [bytes(leaf.event.body) for leaf in Leaf.objects.select_related("event").order_by("index")]
    go_back(as_owner, 250)
    new = record(7)  # trades went on before anybody saw it

    with pytest.raises(CommandError, match=r"size 300 and the database only 250.*manage\.py log restore"):
        call_command("sequence", once=True)
    call_command("log", "restore")

    assert "50 entries" in capsys.readouterr().out
    assert [bytes(leaf.event.body) for leaf in Leaf.objects.select_related("event").order_by("index")] == bodies
    assert sequencer.drain() == 2  # the new event, and the repair's own
    assert Leaf.objects.get(event_id=new).index == 300
    require_whole_log(log)
    assert looked_at(log).findings == []


def test_an_event_that_the_restored_database_still_has_keeps_its_row(log: Path, as_owner: AsOwner) -> None:
    """The backup was taken between an event and its leaf."""
    kept = Leaf.objects.get(index=255).event_id
    root, frontier = checkpoints.parse(_note(250), "kept").root, _frontier(250)
    with tampering(as_owner) as cursor:
        cursor.execute("DELETE FROM provenance_leaf WHERE index >= 250")
        cursor.execute("DELETE FROM provenance_checkpoint WHERE size > 250")
        cursor.execute("UPDATE provenance_logstate SET size = 250, root = %s, frontier = %s", [root, frontier])

    call_command("log", "restore")

    assert Leaf.objects.get(index=255).event_id == kept
    assert Event.objects.filter(kind="test.happened").count() == 300
    assert sequencer.drain() == 1  # the repair's own
    require_whole_log(log)


def test_a_database_of_another_log_is_not_restored(log: Path, as_owner: AsOwner) -> None:
    go_back(as_owner, 250)
    with tampering(as_owner) as cursor:
        cursor.execute(
            "UPDATE provenance_logstate SET size = 1, root = sha256('x'), frontier = sha256('x');"
            "DELETE FROM provenance_checkpoint; DELETE FROM provenance_leaf WHERE index > 0"
        )

    with pytest.raises(CommandError, match="not the beginning of the 300 published ones"):
        call_command("log", "restore")


def test_a_clock_that_jumps_back_is_told_and_breaks_nothing(
    log: Path, record: Record, caplog: pytest.LogCaptureFixture
) -> None:
    assert queries.signing().clock_back_s == 0
    with clock.shifted(timedelta(days=-1)):
        record(1)
        sequencer.drain()

    assert "the clock went back by 86" in caplog.text
    assert 86_000 < queries.signing().clock_back_s < 86_401
    require_whole_log(log)
    assert looked_at(log).is_whole
