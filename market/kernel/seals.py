"""Sealing of small secrets at rest (AES-256-GCM) and keyed hashes for look-up."""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class BrokenSeal(Exception):
    """The sealed bytes were changed, or the key is not the one they were sealed with."""


def _subkey(key: bytes, purpose: str) -> bytes:
    if len(key) != 32:
        raise ValueError("FIELD_KEY is not set: nothing can be sealed")
    return hmac.digest(key, b"dm-seal/v1\x00" + purpose.encode(), hashlib.sha256)


def seal(plain: bytes, key: bytes, *, purpose: str) -> bytes:
    """nonce(12) ‖ ciphertext ‖ tag under a key of its own for each purpose. key: 32 bytes."""
    nonce = os.urandom(12)
    return nonce + AESGCM(_subkey(key, purpose)).encrypt(nonce, plain, purpose.encode())


def unseal(sealed: bytes, key: bytes, *, purpose: str) -> bytes:
    """What was sealed. Raises BrokenSeal."""
    try:
        return AESGCM(_subkey(key, purpose)).decrypt(sealed[:12], sealed[12:], purpose.encode())
    except InvalidTag as error:
        raise BrokenSeal(purpose) from error


def digest(plain: bytes, key: bytes, *, purpose: str) -> bytes:
    """A keyed hash (HMAC-SHA-256): a plain one of an identity number could be guessed by trying all."""
    return hmac.digest(_subkey(key, purpose + "/digest"), plain, hashlib.sha256)
