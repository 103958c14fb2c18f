"""What comes in and goes out at the participants' doors."""

from datetime import datetime
from uuid import UUID

from ninja import Schema
from pydantic import Field

from market.participants.members import OrganisationKind


class MeOut(Schema):
    """Who is acting."""

    person: UUID
    organisation: UUID
    organisation_name: str
    kind: str
    roles: list[str]
    is_admitted: bool


class OrganisationIn(Schema):
    """A registration."""

    kind: OrganisationKind
    name: str = Field(max_length=200)
    district: str
    sector: str = Field(max_length=16)
    uscc: str = ""
    identity_number: str = ""


class OrganisationOut(Schema):
    """An organisation as its members see it."""

    id: UUID
    kind: str
    name: str
    uscc: str
    district: str
    sector: str
    admitted_at: datetime | None


class AdmissionOut(Schema):
    """An application."""

    id: UUID
    number: str
    state: str
    decision_reason: str
    submitted_at: datetime | None
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
        return bytes(key.public_key).hex()  # type: ignore[attr-defined]  a PublicKey row


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
