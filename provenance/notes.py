"""Signing notes with the log's key; reading and checking them comes from the verifier."""

from dataclasses import dataclass, field
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .verifier.errors import NoteInvalid
from .verifier.keys import ED25519_COSIGNER, TIME_BYTES, ed25519_message
from .verifier.notes import (
    Checkpoint,
    NoteSignature,
    SignedNote,
    VerifierKey,
    require_name,
    require_text,
)

__all__ = ["Checkpoint", "CosigningKey", "NoteInvalid", "NoteSignature", "SignedNote", "SigningKey", "VerifierKey"]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A named Ed25519 key that signs notes; its secret never shows in a representation or a log line."""

    name: str
    _secret: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> Self:
        """A key from its 32 secret bytes. Raises NoteInvalid for the name, ValueError for the seed."""
        require_name(name)
        return cls(name, Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def verifier_key(self) -> VerifierKey:
        """The public half, as readers pin it."""
        return VerifierKey(self.name, self._secret.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """The signed note over a text that ends in a newline. Raises NoteInvalid for another."""
        return f"{text}\n{self.line(text)}"

    def line(self, text: str) -> str:
        """This key's signature line for a note's text, newline included. Raises NoteInvalid as `sign` does."""
        require_text(text)
        if not text.endswith("\n"):
            raise NoteInvalid("the text of a note ends in a newline")
        return f"{NoteSignature(self.name, self.verifier_key.id, self._secret.sign(text.encode()))}\n"


@dataclass(frozen=True, slots=True)
class CosigningKey:
    """A witness's named Ed25519 key: signs that it has seen a checkpoint at a time (C2SP tlog-cosignature)."""

    name: str
    _secret: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> Self:
        """A key from its 32 secret bytes. Raises NoteInvalid for the name, ValueError for the seed."""
        require_name(name)
        return cls(name, Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def verifier_key(self) -> VerifierKey:
        """The public half, as policies name it."""
        return VerifierKey(self.name, self._secret.public_key().public_bytes_raw(), ED25519_COSIGNER)

    def line(self, text: str, time_s: int) -> str:
        """The cosignature line for a checkpoint's text, newline included. time_s: Unix time of the statement."""
        made = self._secret.sign(ed25519_message(time_s, text.encode()))
        blob = time_s.to_bytes(TIME_BYTES, "big") + made
        return f"{NoteSignature(self.name, self.verifier_key.id, blob)}\n"
