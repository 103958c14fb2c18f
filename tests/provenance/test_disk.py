"""A disk that fails at any of its writes stops the log, and no checkpoint ever covers a tile that is not there."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import transaction

from provenance import checkpoints, sequencer, tiles
from provenance.edge import Edge

from .conftest import Record
from .whole import require_whole_log

pytestmark = pytest.mark.django_db(transaction=True)


class Disk:
    """Lets so many writes, renames and fsyncs pass and then fails."""

    def __init__(self, code: int) -> None:
        self.code, self.left = code, -1

    def use(self) -> None:
        if self.left == 0:
            raise OSError(self.code, os.strerror(self.code))
        self.left -= 1


@contextmanager
def failing(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every fsync and every rename of the log goes over this disk, in one thread so that the count is the order."""
    fsync, replace = os.fsync, Path.replace

    def checked_fsync(handle: int) -> None:
        disk.use()
        fsync(handle)

    def checked_replace(file: Path, target: Path) -> Path:
        disk.use()
        return replace(file, target)

    with monkeypatch.context() as patch:
        patch.setattr(tiles, "WRITERS", 1)
        patch.setattr(os, "fsync", checked_fsync)
        patch.setattr(Path, "replace", checked_replace)
        yield


def drained(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether a round went through; it may end only in the disk's own failure."""
    try:
        with failing(disk, monkeypatch):
            sequencer.drain()
    except OSError as error:
        return error.errno != disk.code
    return True


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_at_any_write_stops_the_log_and_loses_nothing(
    code: int, log_dir: Path, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction.atomic():
        for number in range(254):  # the next events fill a tile of each kind
            record(number)
    sequencer.drain()
    disk, failures = Disk(code), 0

    while True:
        record(failures)
        disk.left = failures
        before = checkpoints.latest(log_dir)
        if drained(disk, monkeypatch):
            break
        shown = checkpoints.latest(log_dir)
        assert shown.size >= before.size
        assert Edge.load(log_dir, shown.size).root() == shown.root
        failures += 1
        disk.left = -1
        sequencer.drain()
        require_whole_log(log_dir)

    assert failures > 8  # each of its files was refused once
    require_whole_log(log_dir)


def test_what_a_dead_process_left_beside_the_tiles_goes_after_an_hour(log_dir: Path, record: Record) -> None:
    record(1)
    sequencer.drain()
    fresh, old = log_dir / "tile/0/000.p/.2.77.1.new", log_dir / ".checkpoint.77.1.new"
    for file in (fresh, old):
        file.write_bytes(b"half")
    os.utime(old, (0, 0))

    sequencer.drain()

    assert fresh.exists()  # perhaps another sequencer's
    assert not old.exists()


def test_a_name_that_was_not_made_durable_is_made_so_by_the_next_start(
    log_dir: Path, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(1)
    sequencer.drain()
    (log_dir / "checkpoint").unlink()  # as if the process had died after renaming its tiles
    synced: list[str] = []
    fsync = os.fsync

    def noted(handle: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noted)

    sequencer.drain()

    assert {str(log_dir / "tile/0/000.p"), str(log_dir / "tile/entries/000.p")} <= set(synced)
