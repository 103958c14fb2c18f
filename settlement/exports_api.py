"""Doors to files out of the ledger: statements and journal as CSV and xlsx, the journal as beancount text."""

from datetime import date
from typing import Annotated
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router

from market.access import allow
from market.participants.members import Role
from market.requests import MemberRequest
from settlement import exports
from settlement.exports import Form
from settlement.queries import DESK

router = Router(tags=["settlement"])
Currency = Annotated[str, Query(pattern="^[A-Z]{3}$")]


@router.get("/account-statement/file", response={200: None})
@allow(Role.FINANCE, Role.ADMIN, scope="finance")
def take_own_statement(
    request: MemberRequest, first_on: date, last_on: date, form: Form = Form.XLSX, currency: Currency = "CNY"
) -> HttpResponse:
    """The caller's organisation's account over calendar days, both included, as a file."""
    data = exports.own_statement(first_on, last_on, form, for_=request.auth, currency=currency)
    return exports.answer(data, form, f"statement-{first_on}-{last_on}")


@router.get("/accounts/{account_id}/statement/file", response={200: None})
@allow(*DESK, scope="operate")
def take_account_statement(
    request: MemberRequest, account_id: UUID, first_on: date, last_on: date, form: Form = Form.XLSX
) -> HttpResponse:
    """Any account over calendar days, both included, as a file."""
    data = exports.account_statement(account_id, first_on, last_on, form, for_=request.auth)
    return exports.answer(data, form, f"account-{first_on}-{last_on}")


@router.get("/journal/file", response={200: None})
@allow(*DESK, scope="operate")
def take_journal(request: MemberRequest, first_on: date, last_on: date, form: Form = Form.XLSX) -> HttpResponse:
    """Every posting of these days, both included, as a file."""
    return exports.answer(
        exports.journal(first_on, last_on, form, for_=request.auth), form, f"journal-{first_on}-{last_on}"
    )


@router.get("/journal/beancount", response={200: None})
@allow(*DESK, scope="operate")
def take_beancount(request: MemberRequest, last_on: date) -> HttpResponse:
    """The whole journal to the end of a day as beancount text, with every account's balance to be checked."""
    return exports.answer(exports.beancount(last_on, for_=request.auth), None, f"journal-{last_on}")
