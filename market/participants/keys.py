"""Signing keys and programs' keys: the platform keeps public halves and hashes."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _t

from market.events import outbox
from market.kernel import clock, ids
from market.kernel.errors import Conflict, FieldProblem, Invalid, NotFound
from market.participants.errors import KeyTaken
from market.participants.members import Actor, Member, Process, Role
from market.participants.models import ApiKey, Membership, PublicKey
from market.verbs import verb

SCOPES = frozenset({"read", "trade", "sign", "deliver", "finance", "review", "operate", "admin"})
ISSUERS = (Role.DEVELOPER, Role.ADMIN, Role.SYSADMIN, Role.SECADMIN)  # who may make and end programs' keys
# Points of small order: a signature under one of them proves nothing (ledgers.md B1).
_SMALL_ORDER = {
    bytes(32),
    b"\x01" + bytes(31),
    b"\xec" + b"\xff" * 30 + b"\x7f",
    b"\xed" + b"\xff" * 30 + b"\x7f",
    b"\xee" + b"\xff" * 30 + b"\x7f",
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
}


@verb("key.registered")
def register(*, public_key: bytes, by: Member) -> PublicKey:
    """Register the public half of a key that the platform does not hold. Raises Invalid, KeyTaken, NotAllowed.

    public_key: 32 bytes, Ed25519 (RFC 8032).
    """
    by.require(Role.SIGNATORY)
    return keep(PublicKey(public_key=public_key, provider=PublicKey.Provider.OWN), by=by)


def keep(key: PublicKey, *, by: Member) -> PublicKey:
    """Write a key's row and tell of it, inside a verb of this room. Raises Invalid, KeyTaken."""
    public_key = bytes(key.public_key)
    try:
        Ed25519PublicKey.from_public_bytes(public_key)
    except (ValueError, UnsupportedAlgorithm) as error:
        fix = _t("send the 32 bytes of an Ed25519 public key")
        raise Invalid.field("public_key", _t("is not an Ed25519 public key"), fix) from error
    if public_key in _SMALL_ORDER or public_key[:31] + bytes([public_key[31] & 0x7F]) in _SMALL_ORDER:
        raise Invalid.field("public_key", _t("is a point of small order"), _t("make a new key pair"))
    key.organisation_id, key.person_id = by.organisation_id, by.person_id
    key.event_id = outbox.record(
        "key.registered",
        subject=ids.urn(key.id),
        actor=by.urn,
        parties=[by.organisation_id],
        owner=by.organisation_urn,
        public_key=public_key.hex(),
        algorithm="Ed25519",
        provider=str(key.provider),
    )
    try:
        with transaction.atomic():
            key.save(force_insert=True)
    except IntegrityError as error:
        raise KeyTaken from error
    return key


@verb("key.revoked")
def revoke(key_id: UUID, *, by: Member) -> PublicKey:
    """Take a key out of use; what it signed stays signed. Raises NotFound, Conflict."""
    by.require(Role.SIGNATORY, Role.ADMIN)
    key = PublicKey.objects.select_for_update(no_key=True).filter(id=key_id, organisation_id=by.organisation_id).first()
    if key is None:
        raise NotFound
    if key.revoked_at is not None:
        raise Conflict(_t("This key was revoked already."))
    _revoke(key, actor=by.urn)
    return key


def revoke_of(membership: Membership, *, actor: str) -> None:
    """Take out of use all signing keys that a person held for an organisation, inside a verb of this room."""
    live = PublicKey.objects.select_for_update(no_key=True).filter(
        organisation_id=membership.organisation_id, person_id=membership.person_id, revoked_at__isnull=True
    )
    for key in live.order_by("id"):
        _revoke(key, actor=actor)


def _revoke(key: PublicKey, *, actor: str) -> None:
    key.revoked_at = clock.now()
    key.save(update_fields=["revoked_at"])
    outbox.record(
        "key.revoked",
        subject=ids.urn(key.id),
        actor=actor,
        parties=[key.organisation_id],
        owner=ids.urn(key.organisation_id),
        public_key=bytes(key.public_key).hex(),
    )


@verb("api_key.issued")
def issue(*, name: str, scopes: list[str], days: int | None = None, by: Member) -> tuple[ApiKey, str]:
    """Make a program's key for the caller's own membership; the text is returned once and kept as a hash.

    Raises Invalid for unknown scopes. days: life time, None for no end.
    """
    by.require(*ISSUERS)
    return _issue(by, name=name, scopes=scopes, days=days, by=by)


@verb("api_key.issued")
def issue_for_seat(seat: Member, *, name: str, scopes: list[str], by: Process) -> tuple[ApiKey, str]:
    """Make a program's key for an operator's seat from the machine's console, never over the web."""
    return _issue(seat, name=name, scopes=scopes, days=None, by=by)


def _issue(member: Member, *, name: str, scopes: list[str], days: int | None, by: Actor) -> tuple[ApiKey, str]:
    wrong: list[FieldProblem] = []
    if not name.strip():
        wrong.append(FieldProblem(field="name", reason=_t("is empty"), fix=_t("name the program that will use it")))
    if not scopes or set(scopes) - SCOPES:
        wrong.append(
            FieldProblem(field="scopes", reason=_t("names an unknown scope or none"), fix=", ".join(sorted(SCOPES)))
        )
    if wrong:
        raise Invalid(wrong)
    membership = Membership.objects.get(
        person_id=member.person_id, organisation_id=member.organisation_id, ended_at__isnull=True
    )
    secret = secrets.token_urlsafe(32)
    key = ApiKey(
        membership=membership,
        name=name.strip(),
        prefix=secret[:8],
        digest=hashlib.sha256(secret.encode()).digest(),
        scopes=sorted(set(scopes)),
        expires_at=clock.now() + timedelta(days=days) if days else None,
    )
    key.save(force_insert=True)
    outbox.record(
        "api_key.issued",
        subject=ids.urn(key.id),
        actor=by.urn,
        parties=[member.organisation_id],
        key=key.prefix,
        scopes=key.scopes,
    )
    return key, f"dm_{secret}"


@verb("api_key.revoked")
def revoke_api_key(key_id: UUID, *, by: Member) -> ApiKey:
    """End a program's key at once. Raises NotFound, Conflict."""
    by.require(*ISSUERS)
    key = (
        ApiKey.objects.select_for_update(no_key=True)
        .filter(id=key_id, membership__organisation_id=by.organisation_id)
        .first()
    )
    if key is None:
        raise NotFound
    if key.revoked_at is not None:
        raise Conflict(_t("This key was revoked already."))
    key.revoked_at = clock.now()
    key.save(update_fields=["revoked_at"])
    outbox.record(
        "api_key.revoked", subject=ids.urn(key.id), actor=by.urn, parties=[by.organisation_id], key=key.prefix
    )
    return key


def find(text: str) -> ApiKey | None:
    """The live key behind a bearer text, or None. Looked up by hash, so that timing tells nothing."""
    if not text.startswith("dm_"):
        return None
    digest = hashlib.sha256(text.removeprefix("dm_").encode()).digest()
    key = ApiKey.objects.select_related("membership__organisation", "membership__person").filter(digest=digest).first()
    if key is None or key.revoked_at or (key.expires_at and key.expires_at <= clock.now()):
        return None
    if key.membership.ended_at or not key.membership.person.is_active:
        return None
    today = clock.now().date()
    if key.last_used_on != today:  # one write a day tells whether a key is still needed
        ApiKey.objects.filter(id=key.id).update(last_used_on=today)
    return key
