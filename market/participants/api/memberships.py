"""Members and invitations of the caller's organisation, and of authorities for the operator who keeps their seats."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from market.access import MEMBER, SIGNED_IN, allow
from market.authentication import PersonSession
from market.participants import memberships, queries
from market.participants.members import Role
from market.participants.models import Invitation, Membership
from market.participants.schemas import AcceptIn, InvitationIn, InvitationOut, MembershipIn, MembershipOut
from market.requests import MemberRequest

router = Router(tags=["participants"])


@router.get("/memberships", response=list[MembershipOut])
@allow(MEMBER)
def list_members(request: MemberRequest, authority: UUID | None = None) -> list[Membership]:
    """Live memberships of the caller's organisation. authority: that authority's seats, for the operator."""
    if authority is not None:
        return queries.seats_of_authority(authority, by=request.auth)
    return queries.members(by=request.auth)


@router.put("/memberships/{uuid:membership_id}", response=MembershipOut)
@allow(Role.ADMIN, Role.SECADMIN, scope="admin")
def change_membership(request: MemberRequest, membership_id: UUID, body: MembershipIn) -> Membership:
    """Give a member other roles or bounds."""
    return memberships.change(membership_id, **body.dict(), by=request.auth)


@router.delete("/memberships/{uuid:membership_id}", response={204: None})
@allow(MEMBER, scope="admin")
def end_membership(request: MemberRequest, membership_id: UUID) -> Status[None]:
    """End a membership: one's own, or as who keeps them any of the organisation."""
    memberships.end(membership_id, by=request.auth)
    return Status(204, None)


@router.get("/invitations", response=list[InvitationOut])
@allow(Role.ADMIN, Role.SECADMIN)
def list_invitations(request: MemberRequest) -> list[Invitation]:
    """Open invitations of the caller's organisation."""
    return queries.invitations(by=request.auth)


@router.post("/invitations", response={201: InvitationOut})
@allow(Role.ADMIN, Role.SECADMIN, scope="admin")
def invite(request: MemberRequest, body: InvitationIn) -> Status[Invitation]:
    """Invite an address; the link travels by mail only."""
    invitation, _ = memberships.invite(**body.dict(), by=request.auth)
    return Status(201, invitation)


@router.delete("/invitations/{uuid:invitation_id}", response={204: None})
@allow(Role.ADMIN, Role.SECADMIN, scope="admin")
def withdraw_invitation(request: MemberRequest, invitation_id: UUID) -> Status[None]:
    """Take an invitation back."""
    memberships.withdraw(invitation_id, by=request.auth)
    return Status(204, None)


@router.post("/invitations/accept", response={201: MembershipOut}, auth=PersonSession())
@allow(SIGNED_IN)
def accept_invitation(request: HttpRequest, body: AcceptIn) -> Status[Membership]:
    """Join by the secret of the link, as the signed-in person whose confirmed address it was sent to."""
    return Status(201, memberships.accept(body.secret, by=request.user))  # type: ignore[arg-type]  # a Person
