"""What comes in and goes out at this room's doors."""

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Schema
from pydantic import Field


class TermsIn(Schema):
    """What differs from what lies on the table; nothing sent means as it stands.

    `silence_accepts: false` takes acceptance by silence out of the contract; `acceptance_days` puts it back.
    """

    price_minor: int | None = Field(default=None, ge=0)
    policy: dict[str, Any] | None = None
    acceptance_days: int | None = Field(default=None, ge=1, le=90)
    silence_accepts: bool | None = None
    note: str = Field(default="", max_length=2000)


class RequestIn(TermsIn):
    """A buyer's request on an offer."""

    offer: UUID
    purpose: str = Field(default="", max_length=200)


class NegotiationOut(Schema):
    """A negotiation as its two sides see it."""

    id: UUID
    state: str
    thread: UUID
    supplier_id: UUID
    buyer_id: UUID
    price_minor: int
    currency: str
    turns: int
    requested_at: datetime
    changed_at: datetime
    expires_at: datetime


class SignatureIn(Schema):
    """A signature over the SHA-256 of the draft's exact bytes, under a registered key."""

    key: UUID
    signature: str = Field(min_length=128, max_length=128, pattern="^[0-9a-f]{128}$")


class AgreementOut(Schema):
    """An agreement."""

    id: UUID
    number: str
    sha256: str
    agreed_at: datetime


class PeriodOut(Schema):
    """A period of a trade."""

    id: UUID
    n: int
    state: str
    amount_minor: int
    currency: str
    due_at: datetime | None
    funded_at: datetime | None
    delivered_at: datetime | None
    acceptance_due_at: datetime | None
    accepted_at: datetime | None
    settled_at: datetime | None


class TradeOut(Schema):
    """A trade as its parties see it."""

    id: UUID
    number: str
    state: str
    title: str
    supplier_id: UUID
    buyer_id: UUID
    agreement_id: UUID
    created_at: datetime
    ended_at: datetime | None


class TradeDetail(TradeOut):
    """With its periods and, for each, how to pay and what may be downloaded."""

    periods: list[PeriodOut]
    payment: dict[str, Any] | None
    grant: UUID | None
    is_held: bool
    is_disputed: bool


class ReasonIn(Schema):
    """Why."""

    reason: str = Field(max_length=2000)


class AnswerIn(Schema):
    """What is answered."""

    answer: str = Field(default="", max_length=2000)


class DisputeOut(Schema):
    """A dispute."""

    id: UUID
    period_id: UUID
    state: str
    reason: str
    answer: str
    opened_at: datetime
    ended_at: datetime | None


class LogEntryOut(Schema):
    """Where one step of a trade stands in the log; the proof is at /api/log/entries/{index}."""

    index: int | None  # null while it waits for its place
    kind: str
    at: datetime
    leaf_hash: str
    is_signed: bool


class PaperOut(Schema):
    """A certificate's random id; anybody may read it at the log's door."""

    id: UUID
    kind: str
    issued_at: datetime
