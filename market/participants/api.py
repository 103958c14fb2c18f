"""Participants' doors: who am I, organisations, keys."""

from typing import Any
from uuid import UUID

from ninja import Router, Status

from market.access import MEMBER, allow
from market.kernel.errors import NotFound
from market.participants import keys
from market.participants.members import Member, Role
from market.participants.models import ApiKey, Organisation, PublicKey
from market.participants.schemas import ApiKeyIn, ApiKeyOut, KeyIn, KeyOut, MeOut, OrganisationOut
from market.requests import MemberRequest

router = Router(tags=["participants"])


@router.get("/me", response=MeOut)
@allow(MEMBER)
def me(request: MemberRequest) -> dict[str, Any]:
    """Who is acting, for whom, in which roles."""
    by: Member = request.auth
    return {
        "person": by.person_id,
        "organisation": by.organisation_id,
        "organisation_name": by.organisation_name,
        "kind": by.organisation_kind,
        "roles": sorted(by.roles),
        "is_admitted": by.is_admitted,
    }


@router.get("/organisation", response=OrganisationOut)
@allow(MEMBER)
def organisation(request: MemberRequest) -> Organisation:
    """The caller's own organisation."""
    found = Organisation.objects.filter(id=request.auth.organisation_id).first()
    if found is None:
        raise NotFound
    return found


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


@router.delete("/keys/{key_id}", response=KeyOut)
@allow(Role.SIGNATORY, Role.ADMIN, scope="sign")
def revoke_key(request: MemberRequest, key_id: UUID) -> PublicKey:
    """Take a signing key out of use."""
    return keys.revoke(key_id, by=request.auth)


@router.get("/api-keys", response=list[ApiKeyOut])
@allow(Role.DEVELOPER, Role.ADMIN)
def list_api_keys(request: MemberRequest) -> list[ApiKey]:
    """The programs' keys of the caller's organisation, newest first; at most 100."""
    found = ApiKey.objects.filter(membership__organisation_id=request.auth.organisation_id)
    return list(found.order_by("-created_at")[:100])


@router.post("/api-keys", response={201: ApiKeyOut})
@allow(Role.DEVELOPER, Role.ADMIN)
def issue_api_key(request: MemberRequest, body: ApiKeyIn) -> Status[dict[str, Any]]:
    """Make a program's key; its text is in this answer and never again."""
    key, text = keys.issue(name=body.name, scopes=body.scopes, days=body.days, by=request.auth)
    shown = {name: getattr(key, name) for name in ApiKeyOut.model_fields if name != "key"}
    return Status(201, shown | {"key": text})


@router.delete("/api-keys/{key_id}", response=ApiKeyOut)
@allow(Role.DEVELOPER, Role.ADMIN)
def revoke_api_key(request: MemberRequest, key_id: UUID) -> ApiKey:
    """End a program's key."""
    return keys.revoke_api_key(key_id, by=request.auth)
