"""What can be asked about organisations, their members and their applications."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _t

from market import access
from market.kernel import clock
from market.kernel.errors import NotFound
from market.participants import checks, licences
from market.participants.members import Member, OrganisationKind, Role
from market.participants.models import Admission, Invitation, Membership, Organisation
from market.participants.states import AdmissionState

PAGE_MAX = 100
# What a look at an application shows; the identity number is masked, its own look is identities.reveal.
FILE_FIELDS = ("contact", "identity_masked", "legal_representative", "licence", "source_statement")


@dataclass(frozen=True, slots=True)
class Queued:
    """One application on the reviewers' desk: enough to choose the next, nothing from its file."""

    id: UUID
    number: str
    organisation: UUID
    name: str
    kind: str
    submitted_at: datetime | None
    due_at: datetime | None
    is_overdue: bool
    checks_passed: int
    checks_total: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one automatic check says."""

    check: str
    passed: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class File:
    """An application with everything that was handed in."""

    id: UUID
    number: str
    state: str
    organisation: UUID
    name: str
    kind: str
    uscc: str
    identity_masked: str
    district: str
    sector: str
    contact_name: str
    contact_phone: str
    contact_email: str
    legal_representative: str
    source_statement: str
    has_clean_record: bool
    terms_version: int
    licence_name: str
    licence_type: str
    licence_sha256: str
    findings: list[Verdict]
    decision_reason: str
    submitted_at: datetime | None
    due_at: datetime | None
    decided_at: datetime | None


def members(by: Member) -> list[Membership]:
    """The live memberships of the caller's organisation, oldest first; at most 100."""
    found = Membership.objects.filter(organisation_id=by.organisation_id, ended_at__isnull=True)
    return list(found.select_related("person").order_by("created_at")[:PAGE_MAX])


def seats_of_authority(organisation_id: UUID, by: Member) -> list[Membership]:
    """The live seats of an authority, for the operator's security administrator who keeps them. Raises NotFound."""
    by.require(Role.SECADMIN)
    found = Membership.objects.filter(
        organisation_id=organisation_id, organisation__kind=OrganisationKind.AUTHORITY, ended_at__isnull=True
    )
    return list(found.select_related("person").order_by("created_at")[:PAGE_MAX])


def invitations(by: Member) -> list[Invitation]:
    """The open invitations of the caller's organisation, newest first; at most 100."""
    found = Invitation.objects.filter(
        organisation_id=by.organisation_id,
        accepted_at__isnull=True,
        withdrawn_at__isnull=True,
        expires_at__gt=clock.now(),
    )
    return list(found.order_by("-created_at")[:PAGE_MAX])


def applications(by: Member) -> list[Admission]:
    """The caller's own organisation's applications, newest first."""
    found = Admission.objects.filter(organisation_id=by.organisation_id)
    return list(found.order_by("-created_at")[:PAGE_MAX])


def queue(by: Member) -> list[Queued]:
    """Applications that wait for a reviewer, the nearest deadline first; at most 100."""
    by.require(Role.REVIEWER, Role.AUDITOR)
    now = clock.now()
    found = Admission.objects.select_related("organisation").filter(state=AdmissionState.SUBMITTED)
    rows = []
    for row in found.order_by("review_due_at")[:PAGE_MAX]:
        rows.append(
            Queued(
                id=row.id,
                number=row.number,
                organisation=row.organisation_id,
                name=row.organisation.name,
                kind=row.organisation.kind,
                submitted_at=row.submitted_at,
                due_at=row.review_due_at,
                is_overdue=row.review_due_at is not None and row.review_due_at < now,
                checks_passed=sum(finding["passed"] for finding in row.findings),
                checks_total=len(row.findings),
            )
        )
    return rows


def file(admission_id: UUID, *, by: Member, reason: str = "") -> File:
    """An application in full: for its own organisation as it is, for a seat after a recorded look.

    reason: why a seat reads it. Raises NotFound, Invalid without a reason, OutOfScope.
    """
    return _file(_readable(admission_id, by, reason, FILE_FIELDS))


def licence(admission_id: UUID, *, by: Member, reason: str = "") -> tuple[Admission, int, Iterator[bytes]]:
    """The licence scan: its application, size in bytes and blocks. Who may read it: as `file`."""
    admission = _readable(admission_id, by, reason, ("licence",))
    if not admission.licence_key:
        raise NotFound(_t("No scan was attached."))
    size, blocks = licences.read(admission.licence_key)
    return admission, size, blocks


def _readable(admission_id: UUID, by: Member, reason: str, fields: tuple[str, ...]) -> Admission:
    admission = Admission.objects.select_related("organisation").filter(id=admission_id).first()
    if admission is None:
        raise NotFound
    if admission.organisation_id == by.organisation_id:
        return admission
    if not by.is_seat:
        raise NotFound
    by.require(Role.REVIEWER, Role.AUDITOR, Role.REGULATOR_DATA)
    organisation = admission.organisation
    access.require_sight(
        by,
        subject=admission.urn,
        district=organisation.district,
        sector=organisation.sector,
        parties=[organisation.id],
        case=admission.number,
        reason=reason,
    )
    access.look(
        by, subject=admission.urn, parties=[organisation.id], case=admission.number, reason=reason, fields=fields
    )
    return admission


def _file(row: Admission) -> File:
    organisation: Organisation = row.organisation
    return File(
        id=row.id,
        number=row.number,
        state=row.state,
        organisation=organisation.id,
        name=organisation.name,
        kind=organisation.kind,
        uscc=organisation.uscc,
        identity_masked=organisation.identity_masked,
        district=organisation.district,
        sector=organisation.sector,
        contact_name=organisation.contact_name,
        contact_phone=organisation.contact_phone,
        contact_email=organisation.contact_email,
        legal_representative=row.legal_representative,
        source_statement=row.source_statement,
        has_clean_record=row.has_clean_record,
        terms_version=row.terms_version,
        licence_name=row.licence_name,
        licence_type=row.licence_type,
        licence_sha256=row.licence_sha256,
        findings=[
            Verdict(finding.check, finding.passed, finding.sentence()) for finding in checks.stored(row.findings)
        ],
        decision_reason=row.decision_reason,
        submitted_at=row.submitted_at,
        due_at=row.review_due_at,
        decided_at=row.decided_at,
    )
