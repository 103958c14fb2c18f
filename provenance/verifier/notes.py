"""Signed notes, checkpoints and verifier keys: reading and checking (C2SP signed-note, tlog-checkpoint)."""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .errors import NoteInvalid
from .merkle import HASH_BYTES

ED25519: Final = 0x01
NOTE_BYTES_MAX: Final = 1_000_000
SIGNATURES_MAX: Final = 256
_EM_DASH: Final = "\u2014"
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_KEY_ID = re.compile(r"[0-9a-f]{8}")
_FORBIDDEN = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")


def key_id(name: str, key: bytes, algorithm: int = ED25519) -> bytes:
    """The four bytes that stand for a named key on a signature line (C2SP signed-note)."""
    return sha256(name.encode() + b"\n" + bytes([algorithm]) + key).digest()[:4]


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A named Ed25519 key as a reader writes it down: `name+8 hex digits+base64(01 ‖ public key)`."""

    name: str
    public_key: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a verifier key. Raises NoteInvalid naming what is wrong with it."""
        parts = text.strip().split("+", 2)  # base64 holds `+` too, so only the first two divide
        if len(parts) != 3:
            raise NoteInvalid("a verifier key is written name+hash+base64")
        name, hash_text, key_text = parts
        require_name(name)
        blob = _base64(key_text, "the verifier key")
        if not blob or blob[0] != ED25519 or len(blob) != 33:
            raise NoteInvalid("the verifier key is not an Ed25519 key")
        if not _KEY_ID.fullmatch(hash_text) or key_id(name, blob[1:]).hex() != hash_text:
            raise NoteInvalid("the verifier key's hash does not belong to its name and key")
        return cls(name, blob[1:])

    @property
    def id(self) -> bytes:
        """The four bytes that a signature line carries."""
        return key_id(self.name, self.public_key)

    def accepts(self, message: bytes, signature: bytes) -> bool:
        """Whether this key made this signature."""
        return ed25519_accepts(self.public_key, message, signature)

    def __str__(self) -> str:
        blob = base64.b64encode(bytes([ED25519]) + self.public_key).decode()
        return f"{self.name}+{self.id.hex()}+{blob}"


def ed25519_accepts(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 key made a signature; False for anything malformed."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: who claims to have signed, and the bytes."""

    name: str
    key_id: bytes
    signature: bytes


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
        signatures = tuple(_signature_line(line) for line in lines[:-1].split("\n"))
        if len(signatures) > SIGNATURES_MAX:
            raise NoteInvalid(f"the note carries more than {SIGNATURES_MAX} signatures")
        return cls(text + "\n", signatures)

    def verified_by(self, keys: Iterable[VerifierKey]) -> list[VerifierKey]:
        """The given keys that signed; lines of unknown keys are passed over.

        Raises NoteInvalid if no given key signed, or if a line that names one of them does not verify.
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
        if not signed:
            raise NoteInvalid("the note is not signed by the key it is checked with")
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
        root = _base64(root_text, "the checkpoint's root")
        if len(root) != HASH_BYTES:
            raise NoteInvalid(f"the checkpoint's root is not {HASH_BYTES} bytes")
        if "" in extensions:
            raise NoteInvalid("the checkpoint has an empty extension line")
        return cls(origin, int(size_text), root, tuple(extensions))

    def text(self) -> str:
        """The text that is signed."""
        lines = [self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions]
        return "".join(f"{line}\n" for line in lines)


def require_text(text: str) -> None:
    """Raise NoteInvalid if a text holds a control character but a newline, or half a surrogate pair."""
    found = _FORBIDDEN.search(text)
    if found:
        raise NoteInvalid(f"the note holds the character U+{ord(found[0]):04X}, which no note may hold")


def require_name(name: str) -> None:
    """Raise NoteInvalid if a key name is empty or holds a space, a `+` or a control character."""
    require_text(name)
    if not name or "+" in name or any(character.isspace() for character in name):
        raise NoteInvalid("a key name is not empty and holds neither spaces nor +")


def _signature_line(line: str) -> NoteSignature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != _EM_DASH:
        raise NoteInvalid("a signature line of the note is malformed")
    require_name(parts[1])
    blob = _base64(parts[2], "a signature line")
    if len(blob) < 5:
        raise NoteInvalid("a signature line of the note is too short")
    return NoteSignature(parts[1], blob[:4], blob[4:])


def _base64(text: str, what: str) -> bytes:
    try:
        blob = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteInvalid(f"{what} is not base64") from error
    if base64.b64encode(blob).decode() != text:
        raise NoteInvalid(f"{what} is not written as base64 writes it")
    return blob
