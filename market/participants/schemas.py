"""What comes in and goes out at the participants' doors."""

from datetime import datetime
from uuid import UUID

from ninja import Schema
from pydantic import Field, SecretStr

from market.participants.members import OrganisationKind, Role


class MeOut(Schema):
    """Who is acting."""

    person: UUID
    organisation: UUID
    organisation_name: str
    kind: str
    roles: list[str]
    is_admitted: bool
    district: str
    sector: str


class OrganisationIn(Schema):
    """A registration."""

    kind: OrganisationKind
    name: str = Field(max_length=200)
    district: str
    sector: str = Field(max_length=16)
    uscc: str = ""
    identity_number: str = ""


class OrganisationChangeIn(Schema):
    """What may change about an organisation."""

    contact_name: str = Field(max_length=80)
    contact_phone: str = Field(default="", max_length=32)
    contact_email: str = Field(default="", max_length=254)
    name: str | None = Field(default=None, max_length=200)
    district: str | None = None
    sector: str | None = Field(default=None, max_length=16)


class OrganisationOut(Schema):
    """An organisation as its members see it."""

    id: UUID
    kind: str
    name: str
    uscc: str
    identity_masked: str
    district: str
    sector: str
    contact_name: str
    contact_phone: str
    contact_email: str
    admitted_at: datetime | None


class ChoiceIn(Schema):
    """The organisation to act for."""

    organisation: UUID


class SeatOut(Schema):
    """An organisation the person may act for."""

    organisation: UUID = Field(alias="organisation_id")
    name: str
    is_current: bool


class TaskOut(Schema):
    """One thing that waits."""

    id: UUID
    kind: str
    title: str
    url: str
    subject: UUID
    thread: UUID | None
    due_at: datetime | None
    created_at: datetime
    is_overdue: bool


class InboxOut(Schema):
    """What waits for the caller."""

    count: int
    tasks: list[TaskOut]


class InvitationIn(Schema):
    """Whom to invite to what. organisation_id: an authority, for the operator who keeps its seats."""

    email: str = Field(max_length=254)
    roles: list[Role]
    district: str = ""
    sector: str = Field(default="", max_length=16)
    organisation_id: UUID | None = None


class InvitationOut(Schema):
    """An open invitation; its link is in the mail alone."""

    id: UUID
    email: str
    roles: list[str]
    district: str
    sector: str
    created_at: datetime
    expires_at: datetime


class AcceptIn(Schema):
    """The last part of the link."""

    secret: str = Field(max_length=100)


class MembershipIn(Schema):
    """A member's roles and bounds."""

    roles: list[Role]
    district: str = ""
    sector: str = Field(default="", max_length=16)


class MembershipOut(Schema):
    """A member."""

    id: UUID
    person: UUID = Field(alias="person_id")
    name: str = Field(alias="person.name")
    email: str = Field(alias="person.email")
    roles: list[str]
    district: str
    sector: str
    created_at: datetime


class SubmissionIn(Schema):
    """What an application declares."""

    source_statement: str = Field(max_length=4000)
    legal_representative: str = Field(default="", max_length=80)
    terms_version: int
    has_clean_record: bool


class QueuedOut(Schema):
    """An application on the reviewers' desk."""

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


class VerdictOut(Schema):
    """What one automatic check says."""

    check: str
    passed: bool
    sentence: str


class AdmissionFileOut(Schema):
    """An application in full."""

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
    findings: list[VerdictOut]
    decision_reason: str
    submitted_at: datetime | None
    due_at: datetime | None
    decided_at: datetime | None


class IdentityIn(Schema):
    """For which case and why an identity number is looked at."""

    case: str = Field(max_length=80)
    reason: str = Field(max_length=2000)


class IdentityOut(Schema):
    """An identity number in full."""

    identity_number: str


class PinIn(Schema):
    """A PIN for a key in the platform's keeping; never logged."""

    pin: SecretStr = Field(max_length=128)


class AdmissionOut(Schema):
    """An application."""

    id: UUID
    number: str
    state: str
    decision_reason: str
    licence_name: str
    licence_type: str
    submitted_at: datetime | None
    review_due_at: datetime | None
    decided_at: datetime | None


class ReasonIn(Schema):
    """Why."""

    reason: str = Field(max_length=2000)


class KeyIn(Schema):
    """The public half of a signing key, 32 bytes in lower-case hex."""

    public_key: str = Field(min_length=64, max_length=64, pattern="^[0-9a-f]{64}$")


class KeyOut(Schema):
    """A registered signing key."""

    id: UUID
    public_key: str
    provider: str
    algorithm: str
    created_at: datetime
    revoked_at: datetime | None

    @staticmethod
    def resolve_public_key(key: object) -> str:
        """As hex."""
        return bytes(key.public_key).hex()  # type: ignore[attr-defined]  # a PublicKey row


class ApiKeyIn(Schema):
    """A program's key to be made."""

    name: str = Field(max_length=80)
    scopes: list[str]
    days: int | None = Field(default=None, ge=1, le=3650)


class ApiKeyOut(Schema):
    """A program's key; `key` is there once, at its making."""

    id: UUID
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    key: str | None = None
