"""The log's key, its name, and the newest statement that it has signed and published."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings

from provenance import keys, tiles
from provenance.errors import REPAIR, LogHalted, NoCheckpoint
from provenance.notes import Checkpoint, NoteInvalid, SignedNote, SigningKey, VerifierKey

FILE: Final = "checkpoint"


@dataclass(frozen=True, slots=True)
class Published:
    """A checkpoint with the signed note that carries it."""

    checkpoint: Checkpoint
    note: str

    @property
    def size(self) -> int:
        """Number of leaves that it covers."""
        return self.checkpoint.size

    @property
    def root(self) -> bytes:
        """Root of the tree over them."""
        return self.checkpoint.root


def verifier_key() -> VerifierKey:
    """The public half of the key that signs, which readers pin."""
    return keys.leading().verifier_key


def sign(by: Sequence[SigningKey], size: int, root: bytes) -> Published:
    """State a size and a root; the same statement always gives the same bytes.

    by: the log's key, or two of them while one follows the other.
    """
    checkpoint = Checkpoint(by[0].name, size, root)
    text = checkpoint.text()
    return Published(checkpoint, by[0].sign(text) + "".join(key.line(text) for key in by[1:]))


def publish(folder: Path, published: Published) -> None:
    """Put the newest checkpoint where everybody reads it, in one step. Its tiles must be durable already."""
    tiles.replace(folder / FILE, published.note.encode())


def latest(folder: Path | None = None) -> Published:
    """The published checkpoint, as the outside sees it. Raises NoCheckpoint before the first."""
    found = read(folder or settings.LOG_DIR)
    if found is None:
        raise NoCheckpoint
    return found


def read(folder: Path) -> Published | None:
    """The published checkpoint without judging its signature; None before the first. Raises LogHalted for damage."""
    try:
        note = (folder / FILE).read_text("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise LogHalted(f"the published checkpoint {folder / FILE} is damaged.", remedy=REPAIR) from error
    return parse(note, f"the published checkpoint {folder / FILE}")


def parse(note: str, name: str) -> Published:
    """A checkpoint out of its signed note. Raises LogHalted calling it by the name given."""
    try:
        return Published(Checkpoint.parse(SignedNote.parse(note).text), note)
    except NoteInvalid as error:
        raise LogHalted(f"{name} is damaged: {error}.", remedy=REPAIR) from error


def require_ours(published: Published, by: Sequence[SigningKey], where: str = "published") -> None:
    """Raise LogHalted unless one of these signed it for this very log."""
    try:
        SignedNote.parse(published.note).verified_by([key.verifier_key for key in by])
    except NoteInvalid as error:
        raise LogHalted(
            f"the {where} checkpoint of size {published.size} was not signed by this log's key {by[0].verifier_key}:"
            " LOG_ORIGIN or LOG_SIGNING_KEY changed (then set it back), or the note was altered.",
            remedy=REPAIR,
        ) from error
    if published.checkpoint.origin != by[0].name:
        raise LogHalted(
            f"the {where} checkpoint is of the log {published.checkpoint.origin}, not of {by[0].name}:"
            " set LOG_ORIGIN back."
        )
