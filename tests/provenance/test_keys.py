"""The log changes its key with an overlap: both sign, the change is an event that both signed, old checkpoints hold."""

import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from market.events.models import Event
from market.kernel import clock
from market.kernel.errors import Conflict
from market.participants.members import system
from provenance import audit, checkpoints, keys, queries, sequencer
from provenance.errors import LogHalted
from provenance.models import Checkpoint
from provenance.notes import NoteInvalid, SignedNote, SigningKey, VerifierKey
from provenance.verifier.policy import Policy
from provenance.verifier.rotation import Rotation

from .conftest import Record
from .small_log import ORIGIN
from .whole import require_whole_log

pytestmark = pytest.mark.django_db(transaction=True)
NEXT = b"N" * 32
UNTIL = timedelta(days=30)


def note_of(folder: Path) -> SignedNote:
    return SignedNote.parse(checkpoints.latest(folder).note)


def test_a_log_changes_its_key_and_nobody_loses_it(
    log_dir: Path, record: Record, settings: Any, client: Client
) -> None:
    old = keys.leading().verifier_key
    record(1)
    sequencer.drain()
    old_note = checkpoints.latest(log_dir).note

    settings.LOG_SIGNING_KEY_NEXT = NEXT
    new = SigningKey.from_seed(settings.LOG_ORIGIN, NEXT).verifier_key
    record(2)
    sequencer.drain()
    assert note_of(log_dir).signers([old, new]) == [old]  # nobody has been told of it yet

    call_command("log", "rotate", days=30)
    sequencer.drain()
    assert note_of(log_dir).signers([old, new]) == [old, new]
    told = Rotation.parse(queries.public_fields(Event.objects.get(kind="log.key_rotated").id)["statement"])
    assert (told.old, told.new) == (old, new)

    settings.LOG_SIGNING_KEY, settings.LOG_SIGNING_KEY_NEXT = NEXT, b""
    record(3)
    sequencer.drain()
    assert note_of(log_dir).signers([old, new]) == [new]

    policy = Policy.parse((log_dir / "policy").read_text())
    assert [each.key for each in policy.logs] == [new, old]
    assert policy.check(SignedNote.parse(old_note))[0].size == 1
    assert policy.check(note_of(log_dir))[0].size == 4
    assert client.get("/api/log/keys").json() == {
        "keys": [str(new), str(old)],
        "rotations": [queries.public_fields(Event.objects.get(kind="log.key_rotated").id)["statement"]],
    }
    require_whole_log(log_dir)


def test_old_checkpoints_stay_whole_to_the_auditor_after_the_change(
    log_dir: Path, record: Record, settings: Any
) -> None:
    from market import process

    settings.LOG_SIGNING_KEY_NEXT = NEXT
    record(1)
    sequencer.drain()
    call_command("log", "rotate")
    sequencer.drain()
    settings.LOG_SIGNING_KEY, settings.LOG_SIGNING_KEY_NEXT = NEXT, b""
    record(2)
    sequencer.drain()

    with process.connect() as database:
        found = audit.walk(database, log_dir, keys.trusted())

    assert (found.findings, found.entries) == ([], 3)


def test_a_key_that_changes_without_an_announcement_stops_the_log(log_dir: Path, record: Record, settings: Any) -> None:
    record(1)
    sequencer.drain()
    settings.LOG_SIGNING_KEY = NEXT
    record(2)

    with pytest.raises(LogHalted, match="LOG_SIGNING_KEY changed"):
        sequencer.drain()

    assert Checkpoint.objects.filter(size__gt=1).count() == 0


def test_the_same_change_is_told_once_and_a_key_never_comes_back(log_dir: Path, settings: Any) -> None:
    first, then = keys.leading(), SigningKey.from_seed(settings.LOG_ORIGIN, NEXT)

    keys.announce(first, then, both_until=clock.now() + UNTIL, by=system("log"))
    keys.announce(first, then, both_until=clock.now() + UNTIL, by=system("log"))

    assert Event.objects.filter(kind="log.key_rotated").count() == 1
    with pytest.raises(Conflict):
        keys.announce(then, first, both_until=clock.now() + UNTIL, by=system("log"))


def test_a_running_sequencer_sees_the_announcement(log_dir: Path, record: Record, settings: Any) -> None:
    settings.LOG_SIGNING_KEY_NEXT = NEXT
    running = sequencer.Sequencer()
    running.round()

    call_command("log", "rotate")
    running.round()
    running.close()

    assert len(note_of(log_dir).signatures) == 2


@pytest.mark.parametrize(
    ("case", "change"),
    [
        ("the new key did not sign", lambda text, old, new: old.sign(text)),
        ("the old key did not sign", lambda text, old, new: new.sign(text)),
        ("another day", lambda text, old, new: (old.sign(text) + new.line(text)).replace("2026", "2027")),
        ("another header", lambda text, old, new: old.sign(f"x{text}") + new.line(f"x{text}")),
        ("a line more", lambda text, old, new: old.sign(f"{text}x\n") + new.line(f"{text}x\n")),
    ],
)
def test_a_change_that_both_keys_did_not_sign_is_none(case: str, change: Any) -> None:
    old, new = SigningKey.from_seed(ORIGIN, b"O" * 32), SigningKey.from_seed(ORIGIN, b"P" * 32)
    rotation = Rotation(old.verifier_key, new.verifier_key, "2026-12-25T00:00:00.000000Z")

    with pytest.raises(NoteInvalid):
        Rotation.parse(change(rotation.text, old, new))

    assert Rotation.parse(old.sign(rotation.text) + new.line(rotation.text)) == rotation


def test_a_change_from_one_log_to_another_is_none() -> None:
    old, new = SigningKey.from_seed("a.example", b"O" * 32), SigningKey.from_seed("b.example", b"P" * 32)
    rotation = Rotation(old.verifier_key, new.verifier_key, "2026-12-25T00:00:00.000000Z")

    with pytest.raises(NoteInvalid, match="same log"):
        Rotation.parse(old.sign(rotation.text) + new.line(rotation.text))


def test_a_new_key_is_written_for_its_owner_only_and_never_over_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "next"

    call_command("log", "newkey", str(file))

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert VerifierKey.parse(capsys.readouterr().out.strip()).name
    with pytest.raises(CommandError, match="left alone"):
        call_command("log", "newkey", str(file))


def test_without_a_next_key_there_is_nothing_to_announce(log_dir: Path) -> None:
    with pytest.raises(CommandError, match="LOG_SIGNING_KEY_NEXT is not set"):
        call_command("log", "rotate")
