"""Applications for admission: the applicant's doors and the reviewer's."""

from typing import Any
from uuid import UUID

from django.http import HttpResponseBase, StreamingHttpResponse
from ninja import File, Router, Status
from ninja.files import UploadedFile

from market.access import MEMBER, allow
from market.participants import admissions, identities, queries
from market.participants.members import Role
from market.participants.models import Admission
from market.participants.schemas import (
    AdmissionFileOut,
    AdmissionOut,
    IdentityIn,
    IdentityOut,
    QueuedOut,
    ReasonIn,
    SubmissionIn,
)
from market.requests import MemberRequest

router = Router(tags=["admissions"])


@router.get("/admissions", response=list[AdmissionOut])
@allow(MEMBER)
def list_own(request: MemberRequest) -> list[Admission]:
    """The applications of the caller's organisation."""
    return queries.applications(by=request.auth)


@router.post("/admissions", response={201: AdmissionOut})
@allow(Role.ADMIN, scope="admin")
def draft(request: MemberRequest) -> Status[Admission]:
    """Begin an application for the caller's organisation."""
    return Status(201, admissions.draft(by=request.auth))


@router.get("/admissions/queue", response=list[QueuedOut])
@allow(Role.REVIEWER, Role.AUDITOR)
def queue(request: MemberRequest) -> list[queries.Queued]:
    """Applications that wait for a reviewer, the nearest deadline first."""
    return queries.queue(by=request.auth)


@router.get("/admissions/{uuid:admission_id}", response=AdmissionFileOut)
@allow(MEMBER)
def file(request: MemberRequest, admission_id: UUID, reason: str = "") -> queries.File:
    """An application in full. Seats of the operator and authorities say why: the look is recorded first."""
    return queries.file(admission_id, by=request.auth, reason=reason)


@router.post("/admissions/{uuid:admission_id}/licence", response=AdmissionOut)
@allow(Role.ADMIN, scope="admin")
def attach_licence(request: MemberRequest, admission_id: UUID, licence: File[UploadedFile]) -> Admission:
    """Attach the licence scan: PDF, PNG or JPEG, at most 10 MiB (multipart field `licence`)."""
    return admissions.attach_licence(
        admission_id,
        licence,  # type: ignore[arg-type]  # reads and seeks as a file
        name=licence.name or "",
        by=request.auth,
    )


@router.get("/admissions/{uuid:admission_id}/licence", response={200: None})
@allow(MEMBER)
def licence_scan(request: MemberRequest, admission_id: UUID, reason: str = "") -> HttpResponseBase:
    """The licence scan as an attachment, never shown inline. Seats say why."""
    admission, size, blocks = queries.licence(admission_id, by=request.auth, reason=reason)
    return StreamingHttpResponse(
        blocks,
        content_type="application/octet-stream",
        headers={
            "Content-Length": str(size),
            "Content-Disposition": f'attachment; filename="licence-{admission.number}.{admission.licence_type}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-store",
        },
    )


@router.post("/admissions/{uuid:admission_id}/submit", response=AdmissionOut)
@allow(Role.ADMIN, scope="admin")
def submit(request: MemberRequest, admission_id: UUID, body: SubmissionIn) -> Admission:
    """Hand the application in for review."""
    return admissions.submit(admission_id, **body.dict(), by=request.auth)


@router.post("/admissions/{uuid:admission_id}/admit", response=AdmissionOut)
@allow(Role.REVIEWER, scope="review")
def admit(request: MemberRequest, admission_id: UUID) -> Admission:
    """Let the organisation trade."""
    return admissions.admit(admission_id, by=request.auth)


@router.post("/admissions/{uuid:admission_id}/return", response=AdmissionOut)
@allow(Role.REVIEWER, scope="review")
def send_back(request: MemberRequest, admission_id: UUID, body: ReasonIn) -> Admission:
    """Return the application with reasons."""
    return admissions.send_back(admission_id, reason=body.reason, by=request.auth)


@router.post("/admissions/{uuid:admission_id}/reject", response=AdmissionOut)
@allow(Role.REVIEWER, scope="review")
def reject(request: MemberRequest, admission_id: UUID, body: ReasonIn) -> Admission:
    """Reject the application."""
    return admissions.reject(admission_id, reason=body.reason, by=request.auth)


@router.post("/organisations/{uuid:organisation_id}/identity-number", response=IdentityOut)
@allow(Role.REVIEWER, scope="review")
def reveal_identity(request: MemberRequest, organisation_id: UUID, body: IdentityIn) -> dict[str, Any]:
    """A natural person's identity number in full; the look is recorded first."""
    number = identities.reveal(organisation_id, case=body.case, reason=body.reason, by=request.auth)
    return {"identity_number": number}
