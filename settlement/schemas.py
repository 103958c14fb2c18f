"""What comes in and goes out at the settlement room's doors. Amounts are in minor units (分)."""

from datetime import date, datetime
from uuid import UUID

from ninja import Schema


class ObligationOut(Schema):
    """What is owed for a reference."""

    id: UUID
    reference: UUID
    thread: UUID | None
    payer_id: UUID
    payee_id: UUID
    amount_minor: int
    currency: str
    payment_reference: str
    due_at: datetime
    state: str
    received_minor: int
    refunded_minor: int
    opened_at: datetime
    funded_at: datetime | None
    ended_at: datetime | None


class StatementOut(Schema):
    """An imported statement."""

    id: UUID
    number: int
    name: str
    sha256: str
    currency: str
    opening_minor: int | None
    closing_minor: int | None
    first_on: date
    last_on: date
    rows: int
    known: int
    matched: int = 0
    suspended: int = 0
    imported_at: datetime
