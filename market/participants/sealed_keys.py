"""Keys that the platform keeps for a signatory, sealed under the signatory's own PIN (平台托管签名).

Opened for one signature at a time. The private half exists in clear only inside `open_and_sign`; the PIN is neither
stored nor logged. Whoever takes the database alone has nothing; with FIELD_KEY too, 79 ms of one core for each guess.
"""

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _t

from market.events import outbox
from market.kernel import ids, seals
from market.kernel.errors import Invalid, NotFound, Unavailable
from market.participants import keys
from market.participants.errors import KeyLocked, WrongPin
from market.participants.members import Member, Role
from market.participants.models import PublicKey
from market.verbs import verb

PIN_LENGTH_MIN: Final = 8
PIN_DIFFERENT_MIN: Final = 4
WRONG_PINS_MAX: Final = 5
# RFC 7914: 32 MiB and 79 ms for each try; two at a time bound what one web process can be made to spend.
_SCRYPT: Final = {"n": 2**15, "r": 8, "p": 1, "dklen": 32, "maxmem": 64 * 1024 * 1024}
_AT_ONCE: Final = threading.BoundedSemaphore(2)
_WAIT_S: Final = 5.0


@verb("key.registered")
def make(*, pin: str, by: Member) -> PublicKey:
    """Make a key pair that the platform keeps under this PIN. Raises Invalid, NotAllowed, Unavailable."""
    by.require(Role.SIGNATORY)
    problem = pin_problem(pin)
    if problem:
        raise Invalid.field("pin", problem, _t("choose at least 8 characters that are hard to guess"))
    private = Ed25519PrivateKey.generate()
    salt = os.urandom(16)
    key = PublicKey(provider=PublicKey.Provider.SEALED, public_key=private.public_key().public_bytes_raw(), salt=salt)
    key.sealed = _seal(private.private_bytes_raw(), pin, salt, key.id)
    return keys.keep(key, by=by)


def pin_problem(pin: str) -> str:
    """Why a PIN will not do; empty when it will."""
    if len(pin) < PIN_LENGTH_MIN:
        return _t("is shorter than 8 characters")
    if len(set(pin)) < PIN_DIFFERENT_MIN or pin in "0123456789" * 2 or pin in "9876543210" * 2:
        return _t("is too easy to guess")
    return ""


def open_and_sign(key_id: UUID, *, pin: str, message: bytes, by: Member) -> bytes:
    """The Ed25519 signature (64 bytes) over the message, by a key in the platform's keeping.

    Call it before the verb, with no transaction open: each try is counted in one of its own before the PIN is looked
    at, so that neither a rollback nor tries at the same moment gain one. Raises NotFound, KeyLocked (for good, after
    five wrong PINs), WrongPin, Unavailable (too many at once), RuntimeError inside a transaction.
    """
    by.require(Role.SIGNATORY)
    with _slot():
        key = _begin_try(key_id, by)
        try:
            private = _unseal(key, pin)
        except WrongPin:
            _refuse(key, by=by)
            raise
        PublicKey.objects.filter(id=key.id).update(wrong_pins=0)
        return private.sign(message)


def _begin_try(key_id: UUID, by: Member) -> PublicKey:
    with transaction.atomic(durable=True):
        mine = PublicKey.objects.filter(
            id=key_id,
            organisation_id=by.organisation_id,
            person_id=by.person_id,
            provider=PublicKey.Provider.SEALED,
            revoked_at__isnull=True,
        )
        key = mine.select_for_update(no_key=True).first()
        if key is None:
            raise NotFound
        if key.wrong_pins >= WRONG_PINS_MAX:
            raise KeyLocked(_t("Five wrong PINs: revoke it and make a new key."))
        mine.update(wrong_pins=F("wrong_pins") + 1)
        key.wrong_pins += 1
    return key


@verb("key.refused", durable=True)
def _refuse(key: PublicKey, *, by: Member) -> None:
    """Record a wrong PIN; what was typed is nowhere."""
    outbox.record(
        "key.refused",
        subject=ids.urn(key.id),
        actor=by.urn,
        parties=[by.organisation_id],
        owner=by.organisation_urn,
        wrong_pins=key.wrong_pins,
    )


@contextmanager
def _slot() -> Iterator[None]:
    """One of two places for scrypt in this process."""
    if not _AT_ONCE.acquire(timeout=_WAIT_S):
        raise Unavailable(_t("Many signatures at once; try again in a moment."))
    try:
        yield
    finally:
        _AT_ONCE.release()


def _purpose(key_id: UUID) -> str:
    return f"sealed-key/{key_id}"  # of this row: sealed bytes moved to another row do not open


def _wrap(pin: str, salt: bytes) -> AESGCM:
    return AESGCM(hashlib.scrypt(pin.encode(), salt=salt, **_SCRYPT))


def _seal(private: bytes, pin: str, salt: bytes, key_id: UUID) -> bytes:
    nonce = os.urandom(12)
    with _slot():
        inner = nonce + _wrap(pin, salt).encrypt(nonce, private, _purpose(key_id).encode())
    return seals.seal(inner, settings.FIELD_KEY, purpose=_purpose(key_id))


def _unseal(key: PublicKey, pin: str) -> Ed25519PrivateKey:
    inner = seals.unseal(bytes(key.sealed or b""), settings.FIELD_KEY, purpose=_purpose(key.id))
    try:
        raw = _wrap(pin, bytes(key.salt or b"")).decrypt(inner[:12], inner[12:], _purpose(key.id).encode())
    except InvalidTag as error:
        left = WRONG_PINS_MAX - key.wrong_pins
        raise WrongPin(_t("%(n)d tries are left.") % {"n": left}, tries_left=left) from error
    return Ed25519PrivateKey.from_private_bytes(raw)
