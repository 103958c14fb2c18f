"""What comes in and goes out at the settlement room's doors. Amounts are in minor units (分)."""

from datetime import date, datetime
from uuid import UUID

from ninja import Schema
from pydantic import Field

from settlement.models import Payout, StatementLine
from settlement.queries import Waiting


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
    due_at: datetime  # as it was set; time that a hold took comes on top
    state: str
    received_minor: int
    refunded_minor: int
    opened_at: datetime
    funded_at: datetime | None
    ended_at: datetime | None


class PileOut(Schema):
    """One amount in one place, and who moves it next."""

    place: str
    amount_minor: int
    since: datetime
    mover: str
    until: datetime | None


class WhereaboutsOut(Schema):
    """Where the money for one reference is."""

    payment_reference: str
    currency: str
    amount_minor: int
    state: str
    piles: list[PileOut]


class StatementOut(Schema):
    """An imported statement. known: lines that another file had brought before."""

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
    matched: int
    suspended: int
    imported_at: datetime


class LineOut(Schema):
    """One line of a statement and what became of it."""

    id: UUID
    row: int
    is_incoming: bool
    amount_minor: int
    currency: str
    booked_on: date
    booked_time: str
    serial: str
    counterparty: str
    account_masked: str
    memo: str
    balance_minor: int | None
    payment_reference: str
    state: str
    doubt: str
    obligation: str | None
    payout: str | None
    decided_at: datetime | None
    decision: str

    @staticmethod
    def resolve_obligation(line: StatementLine) -> str | None:
        """The payment reference of the obligation that the line names or pays."""
        return line.obligation.payment_reference if line.obligation else None

    @staticmethod
    def resolve_payout(line: StatementLine) -> str | None:
        """The reference of the payout that the line names, confirms or caused."""
        return line.payout.payment_reference if line.payout else None


class WaitingOut(Schema):
    """A line in suspense and its age in whole days."""

    line: LineOut
    age_days: int

    @staticmethod
    def resolve_age_days(waiting: Waiting) -> int:
        """Whole days since its import."""
        return waiting.age.days


class AssignIn(Schema):
    """What a line in suspense is for."""

    payment_reference: str = Field(max_length=40)
    reason: str = Field(max_length=200)


class ReasonIn(Schema):
    """Why."""

    reason: str = Field(max_length=200)


class BalanceOut(Schema):
    """What an organisation has with the custodian."""

    currency: str
    available_minor: int
    requested_minor: int
    reserved_minor: int
    payout_minor: int
    refund_minor: int


class AccountLineOut(Schema):
    """One movement of the organisation's money; balance_minor is after it."""

    transfer: UUID
    at: datetime
    booked_on: date
    kind: str
    reference: UUID | None
    thread: UUID | None
    reason: str
    change_minor: int
    balance_minor: int


class AccountStatementOut(Schema):
    """An organisation's money in a period; opening + in - out = closing. lines: one page, oldest first."""

    currency: str
    first_on: date
    last_on: date
    opening_minor: int
    in_minor: int
    out_minor: int
    closing_minor: int
    count: int
    lines: list[AccountLineOut]


class BankAccountIn(Schema):
    """Where the organisation wants its money."""

    holder: str = Field(max_length=200)
    number: str = Field(max_length=60)
    bank: str = Field(max_length=120)
    bank_code: str = Field(default="", max_length=12)


class BankAccountOut(Schema):
    """A bank account; the number is shown masked."""

    id: UUID
    holder: str
    number_masked: str
    bank: str
    bank_code: str
    registered_at: datetime


class PayoutIn(Schema):
    """Earned money that is asked for. key: a UUID of the caller's; the same again is the same payout."""

    amount_minor: int = Field(gt=0)
    currency: str = Field(default="CNY", pattern="^[A-Z]{3}$")
    key: UUID | None = None


class PayoutOut(Schema):
    """Money on its way out."""

    id: UUID
    kind: str
    organisation: UUID | None
    amount_minor: int
    currency: str
    payment_reference: str
    holder: str
    number_masked: str
    bank: str
    state: str
    requested_at: datetime
    approved_at: datetime | None
    ended_at: datetime | None
    end_reason: str
    file: str | None

    @staticmethod
    def resolve_organisation(payout: Payout) -> UUID | None:
        """Whose money it is; none for a receipt that nobody owned."""
        return payout.organisation_id

    @staticmethod
    def resolve_file(payout: Payout) -> str | None:
        """The number of the order to the bank that it went into."""
        return payout.file.number if payout.file else None


class PayoutFileIn(Schema):
    """Which payouts to send."""

    currency: str = Field(default="CNY", pattern="^[A-Z]{3}$")


class PayoutFileOut(Schema):
    """An order to the bank."""

    id: UUID
    number: str
    currency: str
    total_minor: int
    count: int
    sha256: str
    made_at: datetime


class TrialRowOut(Schema):
    """All accounts of one purpose."""

    book: str
    code: str
    currency: str
    debits: int
    credits: int
    balance: int
    accounts: int


class FindingOut(Schema):
    """Something that must agree and does not."""

    name: str
    subject: str
    expected_minor: int
    found_minor: int
    currency: str


class BooksOut(Schema):
    """The trial balance, and what does not agree (nothing, when the books hold)."""

    rows: list[TrialRowOut]
    findings: list[FindingOut]
