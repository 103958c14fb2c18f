"""The delivery room's doors for programs. All but the two parties hear that there is nothing here."""

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from ninja import Query, Router, Status

from delivery import queries, uses
from delivery.queries import DayRow, GrantRow, UseRow
from delivery.schemas import DayOut, GrantOut, OpenedOut, UseIn, UseOut
from market.access import MEMBER, allow
from market.kernel.errors import Invalid
from market.requests import MemberRequest, RequestKey

router = Router(tags=["delivery"])
Page = Annotated[int, Query(ge=1, le=10_000)]


@router.get("/grants", response=list[GrantOut])
@allow(MEMBER)
def list_grants(
    request: MemberRequest, thread: str | None = None, reference: str | None = None, page: Page = 1
) -> list[GrantRow]:
    """What the caller's organisation may fetch or has granted, newest first; 100 a page."""
    try:
        return queries.grants_of(request.auth, thread=thread, reference=reference, page=page)
    except ValueError as error:
        raise Invalid.field("thread", "is not a urn:uuid name", "send urn:uuid:…") from error


@router.get("/grants/{grant_id}", response=GrantOut)
@allow(MEMBER)
def show_grant(request: MemberRequest, grant_id: UUID) -> GrantRow:
    """One grant."""
    return queries.grant(grant_id, by=request.auth)


@router.get("/grants/{grant_id}/uses", response=list[UseOut])
@allow(MEMBER)
def list_uses(request: MemberRequest, grant_id: UUID, page: Page = 1) -> list[UseRow]:
    """The uses taken under a grant, newest first; 100 a page."""
    return queries.uses_of(grant_id, by=request.auth, page=page)


@router.get("/grants/{grant_id}/days", response=list[DayOut])
@allow(MEMBER)
def list_days(request: MemberRequest, grant_id: UUID) -> list[DayRow]:
    """The meter of a grant day by day, newest first."""
    return queries.days_of(grant_id, by=request.auth)


@router.post("/grants/{grant_id}/uses", response={201: OpenedOut})
@allow(*uses.USERS, scope="deliver")
def open_use(
    request: MemberRequest,
    grant_id: UUID,
    body: UseIn,
    key: RequestKey = "",
) -> Status[dict[str, Any]]:
    """Open one use and get the file's address. A refusal (403) names the clause. Only the buyer's people may."""
    opened = uses.open(grant_id, purpose=body.purpose, recipient=body.recipient, key=key, by=request.auth)
    grant = queries.grant(grant_id, by=request.auth)
    shown = asdict(queries.use_row(opened.use)) | {
        "address": opened.address,
        "filename": grant.filename,
        "file_bytes": grant.file_bytes,
        "file_sha256": grant.file_sha256,
    }
    return Status(201, shown)


@router.post("/uses/{use_id}/close", response=UseOut)
@allow(*uses.USERS, scope="deliver")
def close_use(request: MemberRequest, use_id: UUID) -> UseRow:
    """End a use; its sum is written and told."""
    return queries.use_row(uses.close(use_id, by=request.auth))
