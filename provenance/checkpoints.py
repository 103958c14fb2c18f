"""The log's key, its name, and the newest statement that it has signed and published."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings

from provenance import tiles
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


def signing_key() -> SigningKey:
    """The key that signs checkpoints, named as the log. Raises LogHalted where none is set."""
    if not settings.LOG_SIGNING_KEY:
        raise LogHalted("LOG_SIGNING_KEY is not set: the log cannot sign checkpoints.")
    return SigningKey.from_seed(settings.LOG_ORIGIN, settings.LOG_SIGNING_KEY)


def signing_keys() -> list[SigningKey]:
    """All keys that sign now, the leading one first."""
    return [signing_key()]


def verifier_key() -> VerifierKey:
    """The public half, which readers pin."""
    return signing_key().verifier_key


def trusted_keys() -> list[VerifierKey]:
    """Every key that this log has ever signed with, the present one first."""
    return [verifier_key()]


def log_id() -> UUID:
    """The log as the subject of an event: made from its name, so that it is the same everywhere."""
    return uuid5(NAMESPACE_URL, settings.LOG_ORIGIN)


def sign(keys: Sequence[SigningKey], size: int, root: bytes) -> Published:
    """State a size and a root; the same statement always gives the same bytes.

    keys: the log's own, one, or two while one follows the other.
    """
    checkpoint = Checkpoint(keys[0].name, size, root)
    return Published(
        checkpoint, keys[0].sign(checkpoint.text()) + "".join(key.line(checkpoint.text()) for key in keys[1:])
    )


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


def require_ours(published: Published, keys: Sequence[SigningKey], where: str = "published") -> None:
    """Raise LogHalted unless one of these keys signed it for this very log."""
    try:
        SignedNote.parse(published.note).verified_by([key.verifier_key for key in keys])
    except NoteInvalid as error:
        raise LogHalted(
            f"the {where} checkpoint of size {published.size} was not signed by this log's key {keys[0].verifier_key}:"
            " LOG_ORIGIN or LOG_SIGNING_KEY changed (then set it back), or the note was altered.",
            remedy=REPAIR,
        ) from error
    if published.checkpoint.origin != keys[0].name:
        raise LogHalted(
            f"the {where} checkpoint is of the log {published.checkpoint.origin}, not of {keys[0].name}:"
            " set LOG_ORIGIN back."
        )
