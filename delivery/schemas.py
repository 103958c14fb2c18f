"""What comes in and goes out at this room's doors."""

from datetime import date, datetime
from uuid import UUID

from ninja import Schema
from pydantic import Field


class UseIn(Schema):
    """What the file will be used for, and who will hold it (urn of the organisation; the buyer where left out)."""

    purpose: str = Field(default="", max_length=200)
    recipient: str | None = Field(default=None, max_length=200)


class UseOut(Schema):
    """A use with what left under it."""

    id: UUID
    number: int
    opened_by: UUID
    purpose: str
    recipient: str
    state: str
    opened_at: datetime
    expires_at: datetime
    closed_at: datetime | None
    bytes_sent: int
    ranges: int
    is_complete: bool


class OpenedOut(UseOut):
    """A use that was just opened: whoever has its address may fetch the file until it expires."""

    address: str
    filename: str
    file_bytes: int
    file_sha256: str


class GrantOut(Schema):
    """A grant as its parties see it."""

    id: UUID
    urn: str
    reference: str
    thread: str
    version: str
    agreement: str
    supplier_id: UUID
    supplier: str
    buyer_id: UUID
    buyer: str
    filename: str
    media_type: str
    file_bytes: int
    file_sha256: str
    state: str
    opened_at: datetime
    expires_at: datetime | None
    closed_at: datetime | None
    use_count: int


class DayOut(Schema):
    """What left under a grant on one day (Asia/Shanghai)."""

    on: date
    uses: int
    ranges: int
    bytes_sent: int
