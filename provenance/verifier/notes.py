"""Signed notes and checkpoints: reading and checking (C2SP signed-note, tlog-checkpoint)."""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from .errors import NoteInvalid
from .keys import VerifierKey, ed25519_accepts, from_base64, require_name, require_text
from .merkle import HASH_BYTES

__all__ = [
    "Checkpoint",
    "NoteSignature",
    "SignedNote",
    "VerifierKey",
    "ed25519_accepts",
    "require_name",
    "require_text",
]

NOTE_BYTES_MAX: Final = 1_000_000
SIGNATURES_MAX: Final = 256
_EM_DASH: Final = "\u2014"
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: who claims to have signed, and the bytes."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"{_EM_DASH} {self.name} {base64.b64encode(self.key_id + self.signature).decode()}"


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A text and its signature lines; nothing is checked yet but the form."""

    text: str
    signatures: tuple[NoteSignature, ...]

    @classmethod
    def parse(cls, note: str) -> Self:
        """Read a signed note. Raises NoteInvalid for any departure from C2SP signed-note."""
        if len(note) > NOTE_BYTES_MAX:
            raise NoteInvalid(f"the note is longer than {NOTE_BYTES_MAX} characters")
        require_text(note)
        text, blank, lines = note.rpartition("\n\n")
        if not blank or not lines.endswith("\n"):
            raise NoteInvalid("the note does not end in a blank line and signature lines")
        signatures = tuple(signature_line(line) for line in lines[:-1].split("\n"))
        if len(signatures) > SIGNATURES_MAX:
            raise NoteInvalid(f"the note carries more than {SIGNATURES_MAX} signatures")
        return cls(text + "\n", signatures)

    def verified_by(self, keys: Iterable[VerifierKey]) -> list[VerifierKey]:
        """The given keys that signed; lines of unknown keys are passed over.

        Raises NoteInvalid if no given key signed, or if a line that names one of them does not verify.
        """
        signed = self.signers(keys)
        if not signed:
            raise NoteInvalid("the note is not signed by the key it is checked with")
        return signed

    def signers(self, keys: Iterable[VerifierKey]) -> list[VerifierKey]:
        """The given keys that signed, in the order of their lines; maybe none.

        Raises NoteInvalid if a line that names one of them does not verify.
        """
        known = {(key.name, key.id): key for key in keys}
        signed: dict[tuple[str, bytes], VerifierKey] = {}
        for line in self.signatures:
            key = known.get((line.name, line.key_id))
            if key is None:
                continue
            if not key.accepts(self.text.encode(), line.signature):
                raise NoteInvalid(f"the signature of {key.name} does not belong to this text")
            signed[(key.name, key.id)] = key
        return list(signed.values())


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself at one moment: its name, its size, its root (C2SP tlog-checkpoint)."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a checkpoint note. Raises NoteInvalid naming the line that is wrong."""
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop() != "":
            raise NoteInvalid("a checkpoint has an origin, a size and a root, each on a line of its own")
        origin, size_text, root_text, *extensions = lines
        if not origin:
            raise NoteInvalid("the checkpoint names no origin")
        if not _SIZE.fullmatch(size_text):
            raise NoteInvalid("the checkpoint's size is not a plain decimal number")
        root = from_base64(root_text, "the checkpoint's root")
        if len(root) != HASH_BYTES:
            raise NoteInvalid(f"the checkpoint's root is not {HASH_BYTES} bytes")
        if "" in extensions:
            raise NoteInvalid("the checkpoint has an empty extension line")
        return cls(origin, int(size_text), root, tuple(extensions))

    def text(self) -> str:
        """The text that is signed."""
        lines = [self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions]
        return "".join(f"{line}\n" for line in lines)


def signature_line(line: str) -> NoteSignature:
    """One signature line, without its newline. Raises NoteInvalid."""
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != _EM_DASH:
        raise NoteInvalid("a signature line of the note is malformed")
    require_name(parts[1])
    blob = from_base64(parts[2], "a signature line")
    if len(blob) < 5:
        raise NoteInvalid("a signature line of the note is too short")
    return NoteSignature(parts[1], blob[:4], blob[4:])
