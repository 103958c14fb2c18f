"""Signatures over agreements: one interface, whoever holds the private half of the key."""

import hashlib
from dataclasses import dataclass
from typing import Protocol, Self
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.utils.translation import gettext as _t

from contracts.errors import TextChanged, UnknownKey, WrongSignature
from market.kernel import rows
from market.participants import sealed_keys
from market.participants.members import Member
from market.participants.models import PublicKey


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature and the key under which it verifies."""

    key: PublicKey
    signature: bytes


class SignatureProvider(Protocol):
    """Gives one signatory's signature over a digest of 32 bytes. Raises a refusal, never a wrong signature."""

    def sign(self, digest: bytes, *, by: Member) -> Signed: ...


@dataclass(frozen=True, slots=True)
class OwnKey:
    """The caller signed with a key that the platform never had; here it is only checked."""

    key_id: UUID
    signature: bytes

    def sign(self, digest: bytes, *, by: Member) -> Signed:
        """Take the caller's signature if it verifies. Raises UnknownKey, WrongSignature."""
        key = live_key(self.key_id, by)
        verify(bytes(key.public_key), self.signature, digest)
        return Signed(key=key, signature=self.signature)


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A signature made with a key in the platform's keeping (平台托管签名), under the signatory's PIN.

    Made by `unlock` before the verb begins: a wrong PIN is counted in a transaction of its own.
    """

    key_id: UUID
    signature: bytes
    digest: bytes

    @classmethod
    def unlock(cls, key_id: UUID, *, pin: str, document: bytes, by: Member) -> Self:
        """Sign the document's digest. Raises NotFound, WrongPin, KeyLocked, Unavailable, NotAllowed."""
        digest = digest_of(document)
        signature = sealed_keys.open_and_sign(key_id, pin=pin, message=digest, by=by)
        return cls(key_id=key_id, signature=signature, digest=digest)

    def sign(self, digest: bytes, *, by: Member) -> Signed:
        """Give the signature if the text is still the one that was read. Raises TextChanged, UnknownKey."""
        if digest != self.digest:
            raise TextChanged(_t("Read it again; nothing was signed."))
        key = live_key(self.key_id, by)
        verify(bytes(key.public_key), self.signature, digest)
        return Signed(key=key, signature=self.signature)


def live_key(key_id: UUID, by: Member) -> PublicKey:
    """The signatory's own key in use for this organisation. Raises UnknownKey."""
    key = rows.get(PublicKey, id=key_id, organisation_id=by.organisation_id, person_id=by.person_id)
    if key is None or key.revoked_at is not None:
        raise UnknownKey(_t("Register the public half of the key first, as the person who signs."))
    return key


def digest_of(document: bytes) -> bytes:
    """What is signed: the SHA-256 of the agreement's exact canonical bytes."""
    return hashlib.sha256(document).digest()


def verify(public_key: bytes, signature: bytes, digest: bytes) -> None:
    """Raise WrongSignature unless the Ed25519 signature over the digest verifies (RFC 8032)."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, digest)
    except (InvalidSignature, ValueError) as error:
        raise WrongSignature(_t("Sign the SHA-256 of the exact bytes that the draft answers.")) from error
