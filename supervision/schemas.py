"""What comes in and goes out at supervision's doors."""

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Schema
from pydantic import Field

from market.holds import Scope


class OverviewOut(Schema):
    """Counters of the live view."""

    at: datetime
    events_24h: dict[str, int]
    admissions_waiting: int
    admissions_overdue: int
    holds_active: dict[str, int]
    orders_open: int
    news_waiting: int
    news_oldest_s: float
    letters_waiting: int
    letters_given_up: int


class HappeningOut(Schema):
    """One event of the live view."""

    id: UUID
    kind: str
    at: datetime
    subject: str | None
    thread: str | None
    values: dict[str, Any]


class EntryOut(Schema):
    """One entry of the journal."""

    id: UUID
    kind: str
    at: datetime
    actor: str
    actor_name: str
    acting_for: str
    subject: str
    thread: str | None
    values: dict[str, Any]


class HoldIn(Schema):
    """A measure: on what, why, and on which article or rule it rests."""

    subject: UUID
    scope: Scope
    reason: str = Field(max_length=2000)
    legal_basis: str = Field(max_length=200)


class HoldOut(Schema):
    """A hold."""

    id: UUID
    scope: str
    subject: UUID
    reason: str
    legal_basis: str
    placed_by: str
    placed_at: datetime
    lifted_by: str
    lifted_at: datetime | None


class ActiveHoldOut(Schema):
    """A hold that stands."""

    id: UUID
    scope: str
    subject: str
    reason: str
    legal_basis: str
    placed_by: str
    placed_by_name: str
    placed_at: datetime


class ReasonIn(Schema):
    """Why."""

    reason: str = Field(max_length=2000)


class OrderOut(Schema):
    """An order."""

    id: UUID
    number: str
    kind: str
    state: str
    scope: str
    subject: UUID
    hold: UUID | None = Field(alias="hold_id")
    reason: str
    legal_basis: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
