"""The clerk's desk: money without a clear owner, what it may be for, and the decision with its reason."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from frontend import answers, formats, paging, refusals
from frontend.forms.bookkeeping import BookingForm
from frontend.forms.desk import ReasonForm
from frontend.forms.moneydesk import AssignForm
from market import access
from market.kernel import clock
from market.kernel.errors import MarketError
from market.participants.members import Role
from market.requests import MemberRequest
from settlement import bookings, candidates, desk, queries, suspense
from settlement.candidates import Candidate, Sign
from settlement.models import StatementLine
from settlement.queries import DESK
from settlement.states import Doubt, LineState, ObligationState

OLD: timedelta = timedelta(days=3)  # after three days in suspense a line is marked


@require_safe
@access.allow(*DESK)
def index(request: MemberRequest) -> HttpResponse:
    """What waits, the oldest first, each line with its likeliest candidates; or what was decided."""
    by, number = request.member, paging.number(request)
    is_decided = request.GET.get("shown") == "decided"
    totals = queries.suspense_totals(for_=by)
    page = desk.decided(for_=by, number=number) if is_decided else desk.waiting(for_=by, number=number)
    found = {} if is_decided else candidates.of(page.rows)
    names = desk.names_of(line.decided_by for line in page.rows) if is_decided else {}
    now = clock.now()
    context = {
        "rows": [
            {
                "line": line,
                "age": formats.span(now - line.statement.imported_at),
                "is_old": now - line.statement.imported_at > OLD,
                "best": next(iter(found.get(line.id, [])), None),
                "more": max(0, len(found.get(line.id, [])) - 1),
                "decided_by": names.get(line.decided_by, ""),
            }
            for line in page.rows
        ],
        "tabs": [
            {
                "url": reverse("frontend:suspense"),
                "label": _t("To decide"),
                "count": sum(total.count for total in totals),
                "is_current": not is_decided,
            },
            {"url": "?shown=decided", "label": _t("Decided"), "count": None, "is_current": is_decided},
        ],
        "is_decided": is_decided,
        "totals": totals,
        "pager": paging.pager(request, page),
        "may_decide": by.has(Role.CLERK),
        "may_import": by.has(Role.CLERK),
    }
    return render(request, "frontend/desk/suspense.html", context)


@require_safe
@access.allow(*DESK)
def show(request: MemberRequest, line_id: UUID) -> HttpResponse:
    """One line: what the bank says, what it may be for, and the two ways out of suspense."""
    return _page(request, desk.line(line_id, for_=request.member))


@require_POST
@access.allow(Role.CLERK)
def assign(request: MemberRequest, line_id: UUID) -> HttpResponse:
    """Say what the line is for."""
    line = desk.line(line_id, for_=request.member)
    found = candidates.of([line])[line.id]
    form = AssignForm(request.POST, references=[each.payment_reference for each in found])
    if not form.is_valid():
        return _page(request, line, found=found, assigning=form, status=422)
    reference, reason = form.cleaned_data["reference"], form.cleaned_data["reason"]
    try:
        suspense.assign(line_id, payment_reference=reference, reason=reason, by=request.member)
    except MarketError as error:
        refusal = refusals.place(form, error)
        return _page(request, line, found=found, assigning=form, refusal=refusal, status=int(error.status))
    said = _t("%(amount)s is assigned to %(reference)s.")
    messages.success(request, said % {"amount": _amount(line), "reference": reference})
    return answers.see_other("frontend:suspense_line", line.id)


@require_POST
@access.allow(Role.CLERK)
def give_back(request: MemberRequest, line_id: UUID) -> HttpResponse:
    """Send the money back to the account it came from, once an approver agrees."""
    line = desk.line(line_id, for_=request.member)
    form = ReasonForm(request.POST, auto_id="return_%s")
    if not form.is_valid():
        return _page(request, line, returning=form, status=422)
    try:
        payout = suspense.give_back(line_id, reason=form.cleaned_data["reason"], by=request.member)
    except MarketError as error:
        refusal = refusals.place(form, error)
        return _page(request, line, returning=form, refusal=refusal, status=int(error.status))
    said = _t("%(amount)s goes back by payout %(reference)s, once an approver agrees.")
    messages.success(request, said % {"amount": _amount(line), "reference": payout.payment_reference})
    return answers.see_other("frontend:suspense_line", line.id)


@require_POST
@access.allow(Role.CLERK)
def propose(request: MemberRequest, line_id: UUID) -> HttpResponse:
    """Propose to book the line by hand, or to reverse what a person had booked from it."""
    line = desk.line(line_id, for_=request.member)
    form = BookingForm(request.POST, auto_id="booking_%s")
    wanted = bookings.by_hand(line)
    if wanted is None or not form.is_valid():
        return _page(request, line, booking=form, status=422)
    try:
        bookings.propose(*wanted, **form.cleaned_data, by=request.member)
    except MarketError as error:
        return _page(request, line, booking=form, refusal=refusals.place(form, error), status=int(error.status))
    messages.success(request, _t("A second person decides about the booking."))
    return answers.see_other("frontend:bookkeeping")


def _amount(line: StatementLine) -> str:
    return formats.money(line.amount_minor, line.currency, language=get_language())


def _page(
    request: MemberRequest,
    line: StatementLine,
    *,
    found: list[Candidate] | None = None,
    assigning: AssignForm | None = None,
    returning: ReasonForm | None = None,
    booking: BookingForm | None = None,
    refusal: MarketError | None = None,
    status: int = 200,
) -> HttpResponse:
    line = line if status == 200 else desk.line(line.id, for_=request.member)
    is_waiting = line.state == LineState.SUSPENSE
    may_decide = is_waiting and request.member.has(Role.CLERK)
    if found is None:
        found = candidates.of([line])[line.id] if is_waiting else []
    references = [each.payment_reference for each in found]
    form = assigning or AssignForm(references=references, initial={"candidate": _sure(found)})
    context = {
        "line": line,
        "age": formats.span(clock.now() - line.statement.imported_at),
        "candidates": [_told(each, line, form) for each in found],
        "form": form,
        "returning": returning or ReasonForm(auto_id="return_%s"),
        "wrong": booking or returning or form,
        "by_hand": bookings.by_hand(line) if request.member.has(Role.CLERK) else None,
        "booking": booking or BookingForm(auto_id="booking_%s"),
        "refusal": refusal,
        "is_waiting": is_waiting,
        "may_decide": may_decide,
        "may_return": may_decide and line.is_incoming and line.account_sealed is not None,
        "is_held": line.doubt == Doubt.HELD,
        "decided_by": desk.names_of([line.decided_by]).get(line.decided_by, "") if line.decided_by else "",
        "booked": desk.journal(desk.line_sources(line), for_=request.member),
        "crumbs": answers.crumbs((_t("Suspense"), reverse("frontend:suspense")), (_amount(line), "")),
    }
    return render(request, "frontend/desk/suspense_line.html", context, status=status)


def _sure(found: list[Candidate]) -> str:
    """The candidate that is chosen beforehand: only one that the text names, or all but names, and no other does."""
    named = [each for each in found if {Sign.NAMED, Sign.NEAR} & set(each.signs)]
    return named[0].payment_reference if len(named) == 1 else ""


def _told(each: Candidate, line: StatementLine, form: AssignForm) -> dict[str, Any]:
    """A candidate with what speaks for it and what would happen."""
    return {
        "row": each,
        "signs": [str(sign.label) for sign in each.signs],
        "outcome": _outcome(each, line),
        "is_chosen": form["candidate"].value() == each.payment_reference,
    }


def _outcome(each: Candidate, line: StatementLine) -> str:
    """What assigning would do with the money, in figures."""
    difference = line.amount_minor - each.missing_minor
    text = formats.money(abs(difference), line.currency, language=get_language(), form="balance")
    if not line.is_incoming:
        return _t("the payout is confirmed")
    if each.state != ObligationState.DUE:
        return _t("this has ended, so all of it stays available to the payer")
    if difference < 0:
        return _t("%(amount)s too little: it stays with the payer until the rest comes") % {"amount": text}
    if difference > 0:
        return _t("goes into escrow; %(amount)s too much stays available to the payer") % {"amount": text}
    return _t("all of it goes into escrow")
