"""Signing keys and programs' keys of the caller's organisation."""

from typing import Any
from uuid import UUID

from ninja import Router, Status

from market.access import MEMBER, allow
from market.participants import keys, sealed_keys
from market.participants.members import Role
from market.participants.models import ApiKey, PublicKey
from market.participants.schemas import ApiKeyIn, ApiKeyOut, KeyIn, KeyOut, PinIn
from market.requests import MemberRequest

router = Router(tags=["keys"])


@router.get("/keys", response=list[KeyOut])
@allow(MEMBER)
def list_keys(request: MemberRequest) -> list[PublicKey]:
    """The signing keys of the caller's organisation, newest first; at most 100."""
    return list(PublicKey.objects.filter(organisation_id=request.auth.organisation_id).order_by("-created_at")[:100])


@router.post("/keys", response={201: KeyOut})
@allow(Role.SIGNATORY, scope="sign")
def register_key(request: MemberRequest, body: KeyIn) -> Status[PublicKey]:
    """Register the public half of a key that the caller holds."""
    return Status(201, keys.register(public_key=bytes.fromhex(body.public_key), by=request.auth))


@router.post("/keys/sealed", response={201: KeyOut})
@allow(Role.SIGNATORY, scope="sign")
def make_sealed_key(request: MemberRequest, body: PinIn) -> Status[PublicKey]:
    """Make a key pair in the platform's keeping, sealed under the signatory's own PIN (at least 8 characters)."""
    return Status(201, sealed_keys.make(pin=body.pin.get_secret_value(), by=request.auth))


@router.delete("/keys/{uuid:key_id}", response=KeyOut)
@allow(Role.SIGNATORY, Role.ADMIN, scope="sign")
def revoke_key(request: MemberRequest, key_id: UUID) -> PublicKey:
    """Take a signing key out of use."""
    return keys.revoke(key_id, by=request.auth)


@router.get("/api-keys", response=list[ApiKeyOut])
@allow(*keys.ISSUERS)
def list_api_keys(request: MemberRequest) -> list[ApiKey]:
    """The programs' keys of the caller's organisation, newest first; at most 100."""
    found = ApiKey.objects.filter(membership__organisation_id=request.auth.organisation_id)
    return list(found.order_by("-created_at")[:100])


@router.post("/api-keys", response={201: ApiKeyOut})
@allow(*keys.ISSUERS, scope="admin")
def issue_api_key(request: MemberRequest, body: ApiKeyIn) -> Status[dict[str, Any]]:
    """Make a program's key; its text is in this answer and never again."""
    key, text = keys.issue(name=body.name, scopes=body.scopes, days=body.days, by=request.auth)
    shown = {name: getattr(key, name) for name in ApiKeyOut.model_fields if name != "key"}
    return Status(201, shown | {"key": text})


@router.delete("/api-keys/{uuid:key_id}", response=ApiKeyOut)
@allow(*keys.ISSUERS, scope="admin")
def revoke_api_key(request: MemberRequest, key_id: UUID) -> ApiKey:
    """End a program's key."""
    return keys.revoke_api_key(key_id, by=request.auth)
