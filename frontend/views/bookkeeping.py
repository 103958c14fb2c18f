"""Booking by hand and closing months: what waits for a second person, what is closed, the journal as a file."""

from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from frontend import answers, formats
from frontend.forms.bookkeeping import BookingForm, JournalForm
from frontend.forms.desk import ReasonForm
from market import access
from market.kernel import clock
from market.kernel.errors import MarketError, NotFound
from market.participants.members import Member, Role
from market.requests import MemberRequest
from settlement import bookings, desk, exports, ledger_queries, periods
from settlement.exports import Form
from settlement.models import AccountingPeriod
from settlement.queries import DESK
from settlement.states import PeriodState

MONTHS: Final = 6  # shown besides those that were closed
ROWS: Final = 50


@require_safe
@access.allow(*DESK)
def index(request: MemberRequest) -> HttpResponse:
    """Proposals, what was decided, the months, and the journal to take along."""
    return _page(request)


@require_safe
@access.allow(*DESK)
def take(request: MemberRequest) -> HttpResponse:
    """The journal of some days as CSV or xlsx, or all of it to the last day as beancount text."""
    form = JournalForm(request.GET)
    if form.days is None:
        return _page(request, days=form, status=422)
    first, last = form.days
    if form.cleaned_data["form"] == JournalForm.BEANCOUNT:
        return exports.answer(exports.beancount(last, for_=request.member), None, f"journal-{last}")
    kind = Form(form.cleaned_data["form"])
    return exports.answer(exports.journal(first, last, kind, for_=request.member), kind, f"journal-{first}-{last}")


@require_POST
@access.allow(Role.APPROVER)
def approve(request: MemberRequest, booking_id: UUID) -> HttpResponse:
    """Book what another person proposed."""
    return _step(request, _t("The entry is booked."), bookings.approve, booking_id)


@require_POST
@access.allow(Role.APPROVER)
def refuse(request: MemberRequest, booking_id: UUID) -> HttpResponse:
    """Turn down what another person proposed."""
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    return _step(request, _t("The proposal is turned down."), bookings.refuse, booking_id, reason=reason)


@require_POST
@access.allow(Role.APPROVER)
def close(request: MemberRequest, month: str) -> HttpResponse:
    """Close a month."""
    return _step(request, _t("The month is closed."), periods.close, _first_on(month))


@require_POST
@access.allow(Role.CLERK, Role.APPROVER)
def ask(request: MemberRequest, month: str) -> HttpResponse:
    """Ask for a closed month to be opened."""
    form = BookingForm(request.POST)
    values = form.cleaned_data if form.is_valid() else {"reason": "", "document": ""}
    return _step(
        request, _t("A second person decides about the reopening."), periods.ask_reopening, _first_on(month), **values
    )


@require_POST
@access.allow(Role.APPROVER)
def reopen(request: MemberRequest, month: str) -> HttpResponse:
    """Agree to a reopening."""
    return _step(request, _t("The month is open again."), periods.reopen, _first_on(month))


def _step(request: MemberRequest, said: str, verb: Any, *what: Any, **more: Any) -> HttpResponse:
    """One step of the desk: done and told, or the page again with what was refused."""
    try:
        verb(*what, **more, by=request.member)
    except NotFound:
        raise
    except MarketError as error:
        return _page(request, refusal=error, status=int(error.status))
    messages.success(request, said)
    return answers.see_other("frontend:bookkeeping")


def _first_on(month: str) -> date:
    try:
        return date.fromisoformat(month)
    except ValueError as error:
        raise NotFound from error


def _page(
    request: MemberRequest,
    *,
    days: JournalForm | None = None,
    refusal: MarketError | None = None,
    status: int = 200,
) -> HttpResponse:
    by = request.member
    found = ledger_queries.bookings(for_=by, size=ROWS)
    names = desk.names_of(urn for each in found for urn in (each.proposed_by, each.decided_by))
    rows = [
        {"booking": each, "proposed_by": names.get(each.proposed_by, ""), "decided_by": names.get(each.decided_by, "")}
        for each in found
    ]
    context = {
        "waiting": [row for row in rows if not row["decided_by"]],
        "decided": [row for row in rows if row["decided_by"]],
        "months": _months(by),
        "may_approve": by.has(Role.APPROVER),
        "may_ask": by.has(Role.CLERK, Role.APPROVER),
        "me": by.urn,
        "days": days or JournalForm(initial=_last_month()),
        "refusal": refusal,
    }
    return render(request, "frontend/desk/bookkeeping.html", context, status=status)


def _today() -> date:
    return clock.now().astimezone(formats.market_zone()).date()


def _last_month() -> dict[str, date]:
    last = _today().replace(day=1) - timedelta(days=1)
    return {"first_on": last.replace(day=1), "last_on": last}


def _months(by: Member) -> list[dict[str, Any]]:
    """The last months that have ended, and all that were closed, newest first."""
    known: dict[date, AccountingPeriod] = {each.first_on: each for each in ledger_queries.periods(for_=by)}
    first, past = _today().replace(day=1), []
    for _ in range(MONTHS):
        first = (first - timedelta(days=1)).replace(day=1)
        past.append(first)
    shut = [each for each, period in known.items() if period.state != PeriodState.OPEN]
    return [
        {
            "first_on": each,
            "period": known.get(each),
            "is_open": not shut or each > max(shut),
            "is_before": each not in known and bool(shut) and each < max(shut),
            "is_asked": each in known and known[each].state == PeriodState.ASKED,
            "is_last": bool(shut) and each == max(shut),
        }
        for each in sorted({*past, *known}, reverse=True)
    ]
