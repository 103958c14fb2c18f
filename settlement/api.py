"""The settlement room's doors for programs. Changing doors take an Idempotency-Key (settlement.answers)."""

import hashlib
from datetime import date
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from ninja import Query, Router

from market.access import MEMBER, allow
from market.kernel import ids
from market.participants.members import Role
from market.requests import MemberRequest, RequestKey
from settlement import answers, bank_accounts, books, payout_files, payouts, queries, statements, suspense, whereabouts
from settlement.exports_api import router as exports_router
from settlement.ledger_api import router as ledger_router
from settlement.models import BankAccount, Obligation, Payout, PayoutFile, Statement, StatementLine
from settlement.queries import DESK
from settlement.schemas import (
    AccountStatementOut,
    AssignIn,
    BalanceOut,
    BankAccountIn,
    BankAccountOut,
    LineOut,
    ObligationOut,
    PayoutFileIn,
    PayoutFileOut,
    PayoutIn,
    PayoutOut,
    ReasonIn,
    StatementOut,
    WaitingOut,
    WhereaboutsOut,
)
from settlement.states import ObligationState, PayoutState
from settlement.uploads import read_limited

router = Router(tags=["settlement"])
router.add_router("", ledger_router)
router.add_router("", exports_router)
Page = Annotated[int, Query(ge=1, le=10_000)]
Size = Annotated[int, Query(ge=1, le=settings.PAGE_SIZE_MAX)]
Currency = Annotated[str, Query(pattern="^[A-Z]{3}$")]
SIZE = settings.PAGE_SIZE


# --- what is owed ---------------------------------------------------------------------------------
@router.get("/obligations", response=list[ObligationOut])
@allow(MEMBER)
def list_obligations(
    request: MemberRequest, state: ObligationState | None = None, page: Page = 1, size: Size = SIZE
) -> list[Obligation]:
    """What the caller's organisation owes and is owed, newest first; for the operator's desk, everything."""
    return queries.obligations(for_=request.auth, state=state, page=page, size=size)


@router.get("/obligations/{reference}", response=ObligationOut)
@allow(MEMBER)
def show_obligation(request: MemberRequest, reference: UUID) -> Obligation:
    """What is owed for a period, for its two sides and the operator's desk."""
    return queries.obligation(ids.urn(reference), for_=request.auth)


@router.get("/obligations/{reference}/money", response=WhereaboutsOut)
@allow(MEMBER)
def where_is_money(request: MemberRequest, reference: UUID) -> whereabouts.Whereabouts:
    """Where the money for a period is, since when, and who moves it next."""
    return whereabouts.where_is_money(ids.urn(reference), for_=request.auth)


# --- the bank's side ------------------------------------------------------------------------------
@router.post("/statements", response={201: StatementOut})
@allow(Role.CLERK, scope="operate")
def import_statement(request: MemberRequest, name: str = "statement.csv", key: RequestKey = "") -> HttpResponse:
    """Import a bank statement: the body, or the part `file` of a form. The same file again changes nothing."""
    data = read_limited(request)

    def act() -> Statement:
        made = statements.import_file(name=name, data=data, by=request.auth)
        return queries.statement(made.id, for_=request.auth)

    wanted = {"name": name, "sha256": hashlib.sha256(data).hexdigest()}
    return answers.once(request, key, wanted=wanted, act=act, schema=StatementOut, status=201)


@router.get("/statements", response=list[StatementOut])
@allow(*DESK, scope="operate")
def list_statements(request: MemberRequest, page: Page = 1, size: Size = SIZE) -> list[Statement]:
    """Imported statements, newest first."""
    return queries.statements(for_=request.auth, page=page, size=size)


@router.get("/statements/{statement_id}", response=StatementOut)
@allow(*DESK, scope="operate")
def show_statement(request: MemberRequest, statement_id: UUID) -> Statement:
    """One imported statement."""
    return queries.statement(statement_id, for_=request.auth)


@router.get("/statements/{statement_id}/lines", response=list[LineOut])
@allow(*DESK, scope="operate")
def list_lines(request: MemberRequest, statement_id: UUID, page: Page = 1, size: Size = SIZE) -> list[StatementLine]:
    """The lines of a statement in the order of the file."""
    return queries.lines(statement_id, for_=request.auth, page=page, size=size)


@router.get("/suspense", response=list[WaitingOut])
@allow(*DESK, scope="operate")
def list_suspense(request: MemberRequest, page: Page = 1, size: Size = SIZE) -> list[queries.Waiting]:
    """What waits in suspense, oldest first."""
    return queries.suspense(for_=request.auth, page=page, size=size)


@router.post("/suspense/{line_id}/assign", response=LineOut)
@allow(Role.CLERK, scope="operate")
def assign_line(request: MemberRequest, line_id: UUID, body: AssignIn, key: RequestKey = "") -> HttpResponse:
    """Say what a line in suspense is for."""
    act = partial(suspense.assign, line_id, **body.dict(), by=request.auth)
    return answers.once(request, key, wanted=body.dict(), act=act, schema=LineOut)


@router.post("/suspense/{line_id}/return", response=PayoutOut)
@allow(Role.CLERK, scope="operate")
def return_line(request: MemberRequest, line_id: UUID, body: ReasonIn, key: RequestKey = "") -> HttpResponse:
    """Send a receipt back to the account it came from; the payout waits for an approver."""
    act = partial(suspense.give_back, line_id, reason=body.reason, by=request.auth)
    return answers.once(request, key, wanted=body.dict(), act=act, schema=PayoutOut)


# --- an organisation's money ------------------------------------------------------------------------
@router.get("/balance", response=BalanceOut)
@allow(Role.FINANCE, Role.ADMIN, scope="finance")
def show_balance(request: MemberRequest, currency: Currency = "CNY") -> queries.Balance:
    """What the caller's organisation has with the custodian."""
    return queries.balance(for_=request.auth, currency=currency)


@router.get("/account-statement", response=AccountStatementOut)
@allow(Role.FINANCE, Role.ADMIN, scope="finance")
def show_account_statement(
    request: MemberRequest,
    first_on: date,
    last_on: date,
    currency: Currency = "CNY",
    page: Page = 1,
    size: Size = SIZE,
) -> books.AccountStatement:
    """Opening, lines and closing of the caller's organisation over calendar days, both included."""
    return queries.account_statement(first_on, last_on, for_=request.auth, currency=currency, page=page, size=size)


@router.get("/bank-account", response=BankAccountOut)
@allow(Role.FINANCE, Role.ADMIN, scope="finance")
def show_bank_account(request: MemberRequest) -> BankAccount:
    """Where the caller's organisation wants its money."""
    return queries.bank_account(for_=request.auth)


@router.put("/bank-account", response=BankAccountOut)
@allow(Role.FINANCE, scope="finance")
def register_bank_account(request: MemberRequest, body: BankAccountIn, key: RequestKey = "") -> HttpResponse:
    """Say where the organisation wants its money; the holder must be the organisation."""
    act = partial(bank_accounts.register, **body.dict(), by=request.auth)
    return answers.once(request, key, wanted=body.dict(), act=act, schema=BankAccountOut)


@router.get("/payouts", response=list[PayoutOut])
@allow(Role.FINANCE, Role.ADMIN, *DESK, scope="finance")
def list_payouts(
    request: MemberRequest, state: PayoutState | None = None, page: Page = 1, size: Size = SIZE
) -> list[Payout]:
    """The caller's payouts, newest first; for the operator's desk, everybody's."""
    return queries.payouts(for_=request.auth, state=state, page=page, size=size)


@router.post("/payouts", response={201: PayoutOut})
@allow(Role.FINANCE, scope="finance")
def request_payout(request: MemberRequest, body: PayoutIn, key: RequestKey = "") -> HttpResponse:
    """Ask for earned money."""
    act = partial(payouts.request, **body.dict(), by=request.auth)
    return answers.once(request, key, wanted=body.dict(), act=act, schema=PayoutOut, status=201)


@router.get("/payouts/{payout_id}", response=PayoutOut)
@allow(Role.FINANCE, Role.ADMIN, *DESK, scope="finance")
def show_payout(request: MemberRequest, payout_id: UUID) -> Payout:
    """One payout."""
    return queries.payout(payout_id, for_=request.auth)


@router.post("/payouts/{payout_id}/cancel", response=PayoutOut)
@allow(Role.FINANCE, Role.APPROVER, scope="finance")
def cancel_payout(request: MemberRequest, payout_id: UUID, body: ReasonIn, key: RequestKey = "") -> HttpResponse:
    """Take back a payout that was not sent yet."""
    act = partial(payouts.cancel, payout_id, reason=body.reason, by=request.auth)
    return answers.once(request, key, wanted=body.dict(), act=act, schema=PayoutOut)


# --- the operator's approver --------------------------------------------------------------
@router.post("/payouts/{payout_id}/approve", response=PayoutOut)
@allow(Role.APPROVER, scope="operate")
def approve_payout(request: MemberRequest, payout_id: UUID, key: RequestKey = "") -> HttpResponse:
    """Let a payout go into the next file; never by the person who asked for it."""
    act = partial(payouts.approve, payout_id, by=request.auth)
    return answers.once(request, key, wanted={}, act=act, schema=PayoutOut)


@router.post("/payouts/{payout_id}/fail", response=PayoutOut)
@allow(Role.CLERK, Role.APPROVER, scope="operate")
def fail_payout(request: MemberRequest, payout_id: UUID, body: ReasonIn, key: RequestKey = "") -> HttpResponse:
    """Write down that the bank did not make a payout."""
    act = partial(payouts.fail, payout_id, reason=body.reason, by=request.auth)
    return answers.once(request, key, wanted=body.dict(), act=act, schema=PayoutOut)


@router.get("/payout-files", response=list[PayoutFileOut])
@allow(*DESK, scope="operate")
def list_payout_files(request: MemberRequest, page: Page = 1, size: Size = SIZE) -> list[PayoutFile]:
    """Orders to the bank, newest first."""
    return queries.payout_files(for_=request.auth, page=page, size=size)


@router.post("/payout-files", response={201: PayoutFileOut})
@allow(Role.APPROVER, scope="operate")
def make_payout_file(request: MemberRequest, body: PayoutFileIn, key: RequestKey = "") -> HttpResponse:
    """Put every approved payout that nothing holds into one order to the bank."""
    act = partial(payout_files.make, currency=body.currency, by=request.auth)
    return answers.once(request, key, wanted=body.dict(), act=act, schema=PayoutFileOut, status=201)


@router.get("/payout-files/{file_id}/content", response={200: None})
@allow(Role.APPROVER, scope="operate")
def download_payout_file(request: MemberRequest, file_id: UUID) -> Any:
    """The order as CSV, byte for byte as it was approved."""
    file, data = payout_files.content(file_id, by=request.auth)
    response = HttpResponse(data, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file.number}.csv"'
    response["Cache-Control"] = "no-store"
    return response
