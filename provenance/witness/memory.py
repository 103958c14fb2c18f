"""What a witness remembers: of each log its newest cosigned checkpoint, and what contradicted it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from provenance import tiles
from provenance.notes import Checkpoint, SignedNote

EVIDENCE_MAX: Final = 1_000  # of one log; what comes after repeats itself


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest checkpoint of a log, with the log's signature and ours."""

    checkpoint: Checkpoint
    note: str


class Memory:
    """One folder. Every change is durable before the call returns, also when two processes share it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Look and change in one piece: nobody else changes anything meanwhile."""
        with (self.folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def of(self, origin: str) -> Seen | None:
        """What was last cosigned of a log. Raises NoteInvalid if the file was damaged: then nothing may be signed."""
        file = self._place(origin) / "checkpoint"
        if not file.is_file():
            return None
        note = file.read_text("utf-8")
        return Seen(Checkpoint.parse(SignedNote.parse(note).text), note)

    def by_hash(self, origin_hash: str) -> str | None:
        """The note by the hash of its log's origin, for monitors."""
        file = self.folder / origin_hash / "checkpoint"
        return file.read_text("utf-8") if file.is_file() else None

    def keep(self, origin: str, note: str) -> None:
        """Remember a checkpoint as the newest."""
        tiles.replace(self._place(origin) / "checkpoint", note.encode())

    def keep_evidence(self, origin: str, checkpoint: Checkpoint, text: str) -> None:
        """Keep what contradicts the log's own signature. The same contradiction is kept once."""
        folder = self._place(origin) / "evidence"
        file = folder / f"{checkpoint.size}-{checkpoint.root.hex()[:16]}.txt"
        if file.exists() or (folder.is_dir() and sum(1 for _ in folder.iterdir()) >= EVIDENCE_MAX):
            return
        tiles.replace(file, text.encode())

    def evidence(self, origin: str) -> list[Path]:
        """All that was kept of one log."""
        return sorted((self._place(origin) / "evidence").glob("*.txt"))

    def _place(self, origin: str) -> Path:
        return self.folder / sha256(origin.encode()).hexdigest()
