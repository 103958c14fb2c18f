"""Named public keys: a log's, and those of the witnesses that cosign it (C2SP signed-note, tlog-cosignature)."""

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .errors import NoteInvalid

# Kinds of key, as the byte after the name in a key's four-byte id (C2SP signed-note, tlog-cosignature).
ED25519: Final = 0x01
ED25519_COSIGNER: Final = 0x04
MLDSA44_COSIGNER: Final = 0x06
LOG_KEYS: Final = (ED25519,)
WITNESS_KEYS: Final = (ED25519_COSIGNER, MLDSA44_COSIGNER)
_KEY_BYTES: Final = {ED25519: 32, ED25519_COSIGNER: 32, MLDSA44_COSIGNER: 1312}
_KEY_NAMES: Final = {LOG_KEYS: "an Ed25519 key", WITNESS_KEYS: "a witness's key"}
TIME_BYTES: Final = 8
_KEY_ID = re.compile(r"[0-9a-f]{8}")
_FORBIDDEN = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")


def key_id(name: str, key: bytes, algorithm: int = ED25519) -> bytes:
    """The four bytes that stand for a named key on a signature line (C2SP signed-note)."""
    return sha256(name.encode() + b"\n" + bytes([algorithm]) + key).digest()[:4]


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A named public key as a reader writes it down: `name+8 hex digits+base64(kind ‖ public key)`."""

    name: str
    public_key: bytes
    algorithm: int = ED25519

    @classmethod
    def parse(cls, text: str, kinds: tuple[int, ...] = LOG_KEYS) -> Self:
        """Read a verifier key of one of the kinds: LOG_KEYS or WITNESS_KEYS.

        Raises NoteInvalid naming what is wrong with it.
        """
        parts = text.strip().split("+", 2)  # base64 holds `+` too, so only the first two divide
        if len(parts) != 3:
            raise NoteInvalid("a verifier key is written name+hash+base64")
        name, hash_text, key_text = parts
        require_name(name)
        blob = from_base64(key_text, "the verifier key")
        if not blob or blob[0] not in kinds or len(blob) != 1 + _KEY_BYTES[blob[0]]:
            raise NoteInvalid(f"the verifier key is not {_KEY_NAMES[kinds]}")
        if not _KEY_ID.fullmatch(hash_text) or key_id(name, blob[1:], blob[0]).hex() != hash_text:
            raise NoteInvalid("the verifier key's hash does not belong to its name and key")
        return cls(name, blob[1:], blob[0])

    @property
    def id(self) -> bytes:
        """The four bytes that a signature line carries."""
        return key_id(self.name, self.public_key, self.algorithm)

    def accepts(self, message: bytes, signature: bytes) -> bool:
        """Whether this key made this signature over a note's text."""
        if self.algorithm == ED25519:
            return ed25519_accepts(self.public_key, message, signature)
        return _accepts_cosignature(self, message, signature)

    def __str__(self) -> str:
        blob = base64.b64encode(bytes([self.algorithm]) + self.public_key).decode()
        return f"{self.name}+{self.id.hex()}+{blob}"


def ed25519_accepts(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 key made a signature; False for anything malformed."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def ed25519_message(time_s: int, text: bytes) -> bytes:
    """What a witness signs with an Ed25519 key: the time of its statement and the checkpoint's whole text."""
    return b"cosignature/v1\ntime %d\n" % time_s + text


def mldsa44_message(cosigner: str, time_s: int, text: bytes) -> bytes:
    """What a witness signs with an ML-DSA-44 key: itself, the time, and the log's name, size and root.

    Raises NoteInvalid where the text is no checkpoint.
    """
    lines = text.split(b"\n")
    if len(lines) < 4 or not lines[1].isdigit() or len(lines[1]) > 19:
        raise NoteInvalid("only a checkpoint can be cosigned")
    root = from_base64(lines[2].decode(), "the checkpoint's root")
    numbers = time_s.to_bytes(8, "big"), (0).to_bytes(8, "big") + int(lines[1]).to_bytes(8, "big")
    return b"subtree/v1\n\0" + _short(cosigner.encode()) + numbers[0] + _short(lines[0]) + numbers[1] + root


def cosigned_at(signature: bytes) -> int:
    """Unix time in seconds at which a witness says that it signed."""
    return int.from_bytes(signature[:TIME_BYTES], "big")


def _accepts_cosignature(key: VerifierKey, text: bytes, signature: bytes) -> bool:
    time_s, made = cosigned_at(signature), signature[TIME_BYTES:]
    if not 0 < time_s < 2**63:
        return False
    if key.algorithm == ED25519_COSIGNER:
        return ed25519_accepts(key.public_key, ed25519_message(time_s, text), made)
    try:
        from cryptography.hazmat.primitives.asymmetric import mldsa  # noqa: PLC0415  older libraries lack it
    except ImportError as error:
        raise NoteInvalid(f"the key of {key.name} is ML-DSA-44, which this machine's cryptography lacks") from error
    try:
        message = mldsa44_message(key.name, time_s, text)
        mldsa.MLDSA44PublicKey.from_public_bytes(key.public_key).verify(made, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _short(value: bytes) -> bytes:
    if not 1 <= len(value) <= 255:
        raise NoteInvalid("a name in a cosignature has 1 to 255 bytes")
    return bytes([len(value)]) + value


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


def from_base64(text: str, what: str) -> bytes:
    """Bytes in base64, written the one way an encoder writes them. Raises NoteInvalid calling it by `what`."""
    try:
        blob = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteInvalid(f"{what} is not base64") from error
    if base64.b64encode(blob).decode() != text:
        raise NoteInvalid(f"{what} is not written as base64 writes it")
    return blob
