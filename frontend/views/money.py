"""An organisation's money: what it has, what is on its way, its statement, and paying out."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contracts.queries import trades
from frontend import answers, formats, paging, refusals
from frontend.forms.money import BankAccountForm, DaysForm, PayoutForm
from frontend.forms.negotiations import ReasonForm
from market import access
from market.kernel import clock
from market.kernel.errors import MarketError, NotFound
from market.participants.members import Member, Role
from market.requests import MemberRequest
from settlement import bank_accounts, exports, payouts, queries, sheets, whereabouts
from settlement.books import AccountLine, AccountStatement
from settlement.errors import NotCovered
from settlement.models import BankAccount
from settlement.sheets import Amount, Cell
from settlement.states import PayoutState, TransferKind

KEEPERS: Final = (Role.FINANCE, Role.ADMIN)
LINES: Final = 50
EXPORT_LINES_MAX: Final = 20_000
PAYOUTS: Final = 10


@require_safe
@access.allow(*KEEPERS)
def account(request: MemberRequest) -> HttpResponse:
    """What the organisation has at the market, and its statement over some days."""
    return _page(request)


@require_POST
@access.allow(Role.FINANCE)
def pay_out(request: MemberRequest) -> HttpResponse:
    """Ask for a payout to the organisation's own bank account."""
    form = PayoutForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        made = payouts.request(
            amount_minor=form.cleaned_data["amount_minor"], key=form.cleaned_data["key"], by=request.member
        )
    except NotCovered as error:
        most = formats.money(error.extra["available_minor"], "CNY", language=get_language())
        form.add_error("amount_minor", _t("At most %(amount)s can be paid out now") % {"amount": most})
        return _page(request, form, status=int(error.status))
    except MarketError as error:
        return _page(request, form, refusal=refusals.place(form, error), status=int(error.status))
    said = _t("Payout %(reference)s of %(amount)s is requested.") % {
        "reference": made.payment_reference,
        "amount": formats.money(made.amount_minor, made.currency, language=get_language()),
    }
    messages.success(request, said)
    return answers.see_other("frontend:money", anchor="payouts")


@require_http_methods(["GET", "HEAD", "POST"])
@access.allow(Role.FINANCE)
def cancel_payout(request: MemberRequest, payout_id: UUID) -> HttpResponse:
    """Take back a payout that nobody approved yet."""
    found = queries.payout(payout_id, for_=request.member)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    refusal, status = None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                payouts.cancel(payout_id, reason=form.cleaned_data["reason"], by=request.member)
            except MarketError as error:
                refusal, status = refusals.place(form, error), int(error.status)
            else:
                messages.success(request, _t("The payout was taken back."))
                return answers.see_other("frontend:money", anchor="payouts")
    crumbs = answers.crumbs((_t("Money"), reverse("frontend:money")), (found.payment_reference, ""))
    context = {"payout": found, "form": form, "refusal": refusal, "crumbs": crumbs}
    return render(request, "frontend/money/cancel.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@access.allow(Role.FINANCE)
def bank_account(request: MemberRequest) -> HttpResponse:
    """Say where the organisation wants its money; an earlier account is used no longer."""
    form = BankAccountForm(request.POST if request.method == "POST" else None)
    refusal, status = None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                bank_accounts.register(**form.cleaned_data, holder=request.member.organisation_name, by=request.member)
            except MarketError as error:
                refusal, status = refusals.place(form, error), int(error.status)
            else:
                messages.success(request, _t("The bank account is registered."))
                return answers.see_other("frontend:money")
    crumbs = answers.crumbs((_t("Money"), reverse("frontend:money")), (_t("Bank account"), ""))
    context = {"form": form, "refusal": refusal, "present": _bank_account(request.member), "crumbs": crumbs}
    return render(request, "frontend/money/bank_account.html", context, status=status)


@require_safe
@access.allow(*KEEPERS)
def export(request: MemberRequest) -> HttpResponse:
    """The statement on the screen as CSV in UTF-8 with a mark that Excel reads, every line of it."""
    days = DaysForm(request.GET).days
    if days is None:
        raise NotFound(_t("Name the first and the last day of the statement."))
    lines = list(_all_lines(request.member, *days))
    numbers = trades.numbers_of(request.member, [line.thread for line in lines if line.thread])
    head: list[Cell] = [
        _t("Day"), _t("Time"), _t("What for"), _t("Trade"), _t("Reason"), _t("Money in"), _t("Money out"), _t("Balance")
    ]  # fmt: skip
    rows = [
        [
            line.booked_on,
            formats.when(line.at, language="zh").partition(" ")[2],
            _what(line),
            numbers.get(line.thread, "") if line.thread else "",
            line.reason,
            Amount(line.change_minor) if line.change_minor > 0 else "",
            Amount(-line.change_minor) if line.change_minor < 0 else "",
            Amount(line.balance_minor),
        ]
        for line in lines
    ]
    return exports.answer(sheets.write_csv([head, *rows]), exports.Form.CSV, f"statement-{days[0]}-{days[1]}")


def _all_lines(by: Member, first_on: date, last_on: date) -> Iterator[AccountLine]:
    number, size, told = 1, EXPORT_LINES_MAX, 0
    while True:
        found = queries.account_statement(first_on, last_on, for_=by, page=number, size=size)
        yield from found.lines
        told += len(found.lines)
        if not found.lines or told >= min(found.count, EXPORT_LINES_MAX):
            return
        number += 1


def _page(
    request: MemberRequest,
    form: PayoutForm | None = None,
    *,
    refusal: MarketError | None = None,
    status: int = 200,
) -> HttpResponse:
    by = request.member
    balance = queries.balance(for_=by)
    days = DaysForm(request.GET if "first_on" in request.GET else _this_month())
    chosen = days.days
    number = paging.number(request)
    statement = queries.account_statement(*chosen, for_=by, page=number, size=LINES) if chosen else None
    rows = _rows(by, statement) if statement else []
    free = balance.available_minor - balance.requested_minor
    payout_rows = [
        (payout, whereabouts.mover_of(payout), payout.state == PayoutState.REQUESTED)
        for payout in queries.payouts(for_=by, size=PAYOUTS)
    ]
    context = {
        "balance": balance,
        "free_minor": free,
        "escrowed": queries.escrowed(for_=by),
        "underway_minor": balance.payout_minor + balance.refund_minor,
        "bank_account": _bank_account(by),
        "form": form or PayoutForm(initial={"amount_minor": free} if free > 0 else None),
        "refusal": refusal,
        "may_pay_out": by.has(Role.FINANCE),
        "payouts": payout_rows,
        "days": days,
        "statement": statement,
        "rows": rows,
        "export_url": f"{reverse('frontend:money_export')}?first_on={chosen[0]}&last_on={chosen[1]}" if chosen else "",
        "pager": paging.pager(request, _Lines(statement, number)) if statement else None,
    }
    return render(request, "frontend/money/account.html", context, status=status)


class _Lines:
    """The place of a page of lines, as the pager asks it."""

    def __init__(self, statement: AccountStatement, number: int) -> None:
        self.number, self.total = number, statement.count
        self.first = (number - 1) * LINES + 1 if statement.lines else 0
        self.last = (number - 1) * LINES + len(statement.lines)
        self.has_next = self.last < self.total


def _rows(by: Member, statement: AccountStatement) -> list[dict[str, Any]]:
    numbers = trades.numbers_of(by, [line.thread for line in statement.lines if line.thread])
    return [
        {
            "line": line,
            "what": _what(line),
            "change": ("+" if line.change_minor > 0 else "") + _exact(line.change_minor, statement.currency),
            "number": numbers.get(line.thread) if line.thread else None,
        }
        for line in statement.lines
    ]


def _exact(minor: int, currency: str) -> str:
    return formats.money(minor, currency, language=get_language(), form="balance")


def _what(line: AccountLine) -> str:
    """What moved the money, as its owner sees it: a payment comes in and leaves at once for escrow."""
    if line.kind == TransferKind.PAYMENT_IN and line.change_minor < 0:
        return _t("into escrow")
    return str(line.kind.label)


def _this_month() -> dict[str, date]:
    today = clock.now().astimezone(formats.market_zone()).date()
    return {"first_on": today.replace(day=1), "last_on": today}


def _bank_account(by: Member) -> BankAccount | None:
    try:
        return queries.bank_account(for_=by)
    except NotFound:
        return None
