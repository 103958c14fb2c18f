"""Doors to the ledger itself, for the operator's desk: accounts, manual bookings by two people, periods that close."""

from datetime import date, datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, Field

from market.access import allow
from market.participants.members import Role
from market.requests import MemberRequest, RequestKey
from settlement import answers, bookings, books, ledger_queries, periods, queries
from settlement.accounts import Code
from settlement.models import AccountingPeriod, Booking
from settlement.queries import DESK
from settlement.schemas import AccountStatementOut, BooksOut, ReasonIn
from settlement.states import BookingKind, BookingState

router = Router(tags=["settlement"])
Page = Annotated[int, Query(ge=1, le=10_000)]
Size = Annotated[int, Query(ge=1, le=settings.PAGE_SIZE_MAX)]
SIZE = settings.PAGE_SIZE


class AccountOut(Schema):
    """One account; the balance is on its normal side, in minor units."""

    id: UUID
    book: str
    code: str
    owner: str
    reference: UUID | None
    currency: str
    is_debit_normal: bool
    balance_minor: int


class BookingIn(Schema):
    """An entry by hand. subject: the line in suspense, or for a reversal the transfer."""

    kind: BookingKind
    subject: UUID
    reason: str = Field(max_length=200)
    document: str = Field(max_length=120)
    booked_on: date | None = None


class BookingOut(Schema):
    """A proposed, booked or refused entry."""

    id: UUID
    kind: str
    line_id: UUID | None
    reverses_id: UUID | None
    amount_minor: int
    currency: str
    booked_on: date | None
    reason: str
    document: str
    state: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision: str
    made_id: UUID | None


class ReopeningIn(Schema):
    """Why a closed month has to open, and where the paper lies."""

    reason: str = Field(max_length=200)
    document: str = Field(max_length=120)


class PeriodOut(Schema):
    """A month that was closed at least once. trial_sha256: of its trial balance when it was closed."""

    first_on: date
    last_on: date
    state: str
    closed_by: str
    closed_at: datetime
    transfers: int
    trial_sha256: str
    asked_by: str
    reason: str
    document: str
    reopened_by: str
    reopened_at: datetime | None


@router.get("/books", response=BooksOut)
@allow(*DESK, scope="operate")
def show_books(request: MemberRequest, at: AwareDatetime | None = None) -> dict[str, Any]:
    """The trial balance now, and whatever does not agree; or the trial balance as it stood at a past moment."""
    rows = queries.trial_balance(for_=request.auth, at=at)
    return {"rows": rows, "findings": queries.findings(for_=request.auth) if at is None else []}


@router.get("/accounts", response=list[AccountOut])
@allow(*DESK, scope="operate")
def list_accounts(
    request: MemberRequest,
    code: Code | None = None,
    organisation: UUID | None = None,
    page: Page = 1,
    size: Size = SIZE,
) -> list[ledger_queries.AccountRow]:
    """Accounts by purpose and owner, with their balances."""
    return ledger_queries.accounts(for_=request.auth, code=code, organisation=organisation, page=page, size=size)


@router.get("/accounts/{account_id}", response=AccountOut)
@allow(*DESK, scope="operate")
def show_account(
    request: MemberRequest, account_id: UUID, at: AwareDatetime | None = None
) -> ledger_queries.AccountRow:
    """One account with its balance now, or as it was at a past moment."""
    return ledger_queries.account(account_id, for_=request.auth, at=at)


@router.get("/accounts/{account_id}/statement", response=AccountStatementOut)
@allow(*DESK, scope="operate")
def show_statement_of_account(
    request: MemberRequest, account_id: UUID, first_on: date, last_on: date, page: Page = 1, size: Size = SIZE
) -> books.AccountStatement:
    """Opening, lines and closing of any account over calendar days, both included."""
    return ledger_queries.account_statement(account_id, first_on, last_on, for_=request.auth, page=page, size=size)


@router.get("/bookings", response=list[BookingOut])
@allow(*DESK, scope="operate")
def list_bookings(
    request: MemberRequest, state: BookingState | None = None, page: Page = 1, size: Size = SIZE
) -> list[Booking]:
    """Entries by hand, newest first."""
    return ledger_queries.bookings(for_=request.auth, state=state, page=page, size=size)


@router.post("/bookings", response={201: BookingOut})
@allow(Role.CLERK, Role.APPROVER, scope="operate")
def propose_booking(request: MemberRequest, body: BookingIn, key: RequestKey = "") -> HttpResponse:
    """Propose an entry by hand: a bank fee, own money for fees, or a reversal. A second person books it."""
    values = body.dict()
    act = partial(bookings.propose, values.pop("kind"), values.pop("subject"), **values, by=request.auth)
    return answers.once(request, key, wanted=body.dict(), act=act, schema=BookingOut, status=201)


@router.post("/bookings/{booking_id}/approve", response=BookingOut)
@allow(Role.APPROVER, scope="operate")
def approve_booking(request: MemberRequest, booking_id: UUID, key: RequestKey = "") -> HttpResponse:
    """Book what another person proposed."""
    act = partial(bookings.approve, booking_id, by=request.auth)
    return answers.once(request, key, wanted={}, act=act, schema=BookingOut)


@router.post("/bookings/{booking_id}/refuse", response=BookingOut)
@allow(Role.APPROVER, scope="operate")
def refuse_booking(request: MemberRequest, booking_id: UUID, body: ReasonIn, key: RequestKey = "") -> HttpResponse:
    """Turn down what another person proposed."""
    act = partial(bookings.refuse, booking_id, reason=body.reason, by=request.auth)
    return answers.once(request, key, wanted=body.dict(), act=act, schema=BookingOut)


@router.get("/periods", response=list[PeriodOut])
@allow(*DESK, scope="operate")
def list_periods(request: MemberRequest) -> list[AccountingPeriod]:
    """Months that were closed at least once, newest first; a month that is not here is open."""
    return ledger_queries.periods(for_=request.auth)


@router.post("/periods/{first_on}/close", response=PeriodOut)
@allow(Role.APPROVER, scope="operate")
def close_period(request: MemberRequest, first_on: date, key: RequestKey = "") -> HttpResponse:
    """Close the month that begins on this day."""
    act = partial(periods.close, first_on, by=request.auth)
    return answers.once(request, key, wanted={}, act=act, schema=PeriodOut)


@router.post("/periods/{first_on}/ask-reopening", response=PeriodOut)
@allow(Role.CLERK, Role.APPROVER, scope="operate")
def ask_reopening(request: MemberRequest, first_on: date, body: ReopeningIn, key: RequestKey = "") -> HttpResponse:
    """Ask for a closed month to be opened; it stays closed until a second person agrees."""
    act = partial(periods.ask_reopening, first_on, **body.dict(), by=request.auth)
    return answers.once(request, key, wanted=body.dict(), act=act, schema=PeriodOut)


@router.post("/periods/{first_on}/reopen", response=PeriodOut)
@allow(Role.APPROVER, scope="operate")
def reopen_period(request: MemberRequest, first_on: date, key: RequestKey = "") -> HttpResponse:
    """Agree to a reopening that another person asked for."""
    act = partial(periods.reopen, first_on, by=request.auth)
    return answers.once(request, key, wanted={}, act=act, schema=PeriodOut)
