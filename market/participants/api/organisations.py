"""Who is acting, for which organisation, and what waits for them."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from market.access import MEMBER, SIGNED_IN, allow
from market.authentication import PersonSession
from market.kernel.errors import NotFound
from market.notifications import queries as inbox
from market.participants import organisations, seats
from market.participants.members import Member, Role
from market.participants.models import Organisation
from market.participants.schemas import (
    ChoiceIn,
    InboxOut,
    MeOut,
    OrganisationChangeIn,
    OrganisationIn,
    OrganisationOut,
    SeatOut,
)
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
        "district": by.district,
        "sector": by.sector,
    }


@router.get("/organisations", response=list[SeatOut], auth=PersonSession())
@allow(SIGNED_IN)
def list_organisations(request: HttpRequest) -> list[seats.Seat]:
    """The organisations that the signed-in person may act for."""
    return seats.of(request)


@router.post("/organisations", response={201: OrganisationOut}, auth=PersonSession())
@allow(SIGNED_IN)
def create_organisation(request: HttpRequest, body: OrganisationIn) -> Status[Organisation]:
    """Register an organisation; the signed-in person becomes its first administrator and acts for it from now on."""
    made = organisations.create(**body.dict(), by=request.user)  # type: ignore[arg-type]  # a Person, by the door
    seats.choose(request, made.id)
    return Status(201, made)


@router.put("/organisations/current", response={204: None}, auth=PersonSession())
@allow(SIGNED_IN)
def choose_organisation(request: HttpRequest, body: ChoiceIn) -> Status[None]:
    """Act for another of one's organisations in this session."""
    seats.choose(request, body.organisation)
    return Status(204, None)


@router.get("/organisation", response=OrganisationOut)
@allow(MEMBER)
def organisation(request: MemberRequest) -> Organisation:
    """The caller's own organisation."""
    found = Organisation.objects.filter(id=request.auth.organisation_id).first()
    if found is None:
        raise NotFound
    return found


@router.put("/organisation", response=OrganisationOut)
@allow(Role.ADMIN, Role.SECADMIN, scope="admin")
def change_organisation(request: MemberRequest, body: OrganisationChangeIn) -> Organisation:
    """Change contact details; name, district and sector only before admission."""
    return organisations.change(**body.dict(), by=request.auth)


@router.get("/todo", response=InboxOut)
@allow(MEMBER)
def todo(request: MemberRequest) -> dict[str, Any]:
    """What waits for the caller, the nearest deadline first; at most 100 of `count`."""
    return {"count": inbox.count(request.auth), "tasks": inbox.listing(request.auth)}
