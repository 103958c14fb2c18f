"""Writing the files of the log: durable when the call returns, and never replaced by other bytes."""

import contextlib
import os
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from .verifier.tiles import (
    ENTRIES,
    ENTRY_BYTES_MAX,
    LEVEL_MAX,
    TILE_WIDTH,
    from_entries,
    from_hashes,
    parse_path,
    path,
    to_entries,
    to_hashes,
    width_at,
)

__all__ = [
    "ENTRIES",
    "ENTRY_BYTES_MAX",
    "LEVEL_MAX",
    "TILE_WIDTH",
    "TileDiffers",
    "from_entries",
    "from_hashes",
    "parse_path",
    "path",
    "replace",
    "sweep",
    "to_entries",
    "to_hashes",
    "width_at",
    "write_all",
    "write_once",
]


WRITERS: Final = 32  # a journal commits the files of all that wait for it at once
ABANDONED_S: Final = 3_600
_BESIDE: Final = ".new"


class TileDiffers(Exception):
    """A published file holds other bytes than the database would write now: one of the two was altered."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"{file} holds other bytes than the log has for it")


def write_once(file: Path, content: bytes) -> bool:
    """Make a file durable with this content; False if it was there already with the same bytes.

    Raises TileDiffers if it is there with other bytes (it is left alone), OSError if the disk fails: the
    caller must then stop, because a failed fsync may have lost bytes that a second one does not report.
    """
    if _stands(file, content):
        _sync_folder(file.parent)
        return False
    replace(file, content)
    return True


def write_all(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Make many files durable at once, each as `write_once` does, with one fsync for each folder touched."""
    wanted = [(folder / name, content) for name, content in files]
    missing = [(file, content) for file, content in wanted if not _stands(file, content)]
    for touched in {file.parent for file, _ in missing}:
        _make_folder(touched)
    # A disk does many fsyncs at once in little more than the time of one.
    with ThreadPoolExecutor(max_workers=WRITERS) as writers:
        written = list(writers.map(lambda each: _write_beside(*each), missing))
    for beside, (file, _) in zip(written, missing, strict=True):
        beside.replace(file)
    # A file that stands may have been renamed by a process that died before it made the name durable.
    for touched in {file.parent for file, _ in wanted}:
        _sync_folder(touched)


def sweep(folder: Path) -> None:
    """Remove what a process that died had written beside the files of one folder and not put in place.

    Only what is an hour old: another sequencer may be writing beside this one, even on another machine.
    """
    for beside in folder.glob(f".*{_BESIDE}"):
        with contextlib.suppress(FileNotFoundError):  # put in place between the look and the question
            if time.time() - beside.stat().st_mtime > ABANDONED_S:
                beside.unlink()


def replace(file: Path, content: bytes) -> None:
    """Put a file in place in one step, durable when this returns."""
    _write_beside(file, content).replace(file)
    _sync_folder(file.parent)


def _stands(file: Path, content: bytes) -> bool:
    if not file.exists():
        return False
    if file.read_bytes() != content:
        raise TileDiffers(file)
    return True


def _write_beside(file: Path, content: bytes) -> Path:
    _make_folder(file.parent)
    beside = file.with_name(f".{file.name}.{os.getpid()}.{threading.get_ident()}{_BESIDE}")
    with beside.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    return beside


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)  # the new folder's own name must survive too


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
