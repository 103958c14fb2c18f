"""The clerk's desk: statements of the custodian's account, taken in whole or not at all, and what each line did."""

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from frontend import answers, badges, formats, paging, refusals
from frontend.forms.moneydesk import StatementForm
from market import access
from market.kernel import clock
from market.kernel.errors import FieldProblem, MarketError
from market.participants.members import Role
from market.requests import MemberRequest
from settlement import desk, queries, statements
from settlement.errors import StatementGap, UnreadableStatement
from settlement.models import Statement
from settlement.queries import DESK
from settlement.states import LineState
from settlement.uploads import read_limited

SHOWN: Final = {"all": None} | {str(state): state for state in LineState}


@require_safe
@access.allow(*DESK)
def index(request: MemberRequest) -> HttpResponse:
    """Imported statements, and for the clerk the way to import one."""
    return _index(request, StatementForm())


@require_POST
@access.allow(Role.CLERK)
def take_in(request: MemberRequest) -> HttpResponse:
    """Import a statement; refused with row, column and figures, and then nothing of it is kept."""
    form = StatementForm(request.POST, request.FILES)
    if not form.is_valid():
        return _index(request, form, status=422)
    began = clock.now()
    try:
        data = read_limited(request)
        made = statements.import_file(name=form.cleaned_data["file"].name, data=data, by=request.member)
    except UnreadableStatement as error:
        said = ngettext(
            "%(count)d place could not be read. Nothing of the file was kept",
            "%(count)d places could not be read. Nothing of the file was kept",
            len(error.fields),
        )
        form.add_error("file", said % {"count": len(error.fields)})
        return _index(request, form, faults=error.fields, status=int(error.status))
    except MarketError as error:
        return _index(request, form, refusal=refusals.place(form, error), gap=_gap(error), status=int(error.status))
    _say(request, made, is_known=made.imported_at < began)
    return answers.see_other("frontend:statement", made.id)


def _say(request: MemberRequest, made: Statement, *, is_known: bool) -> None:
    if is_known:
        at = formats.when(made.imported_at, language=get_language())
        said = _t("This file was imported on %(time)s already, as statement %(number)d. Nothing was booked again.")
        messages.warning(request, said % {"time": at, "number": made.number})
        return
    messages.success(request, _t("The statement is imported. Each line that matched is booked."))


def _gap(error: MarketError) -> dict[str, Any] | None:
    """The figures of a hole between two statements, where that is the refusal and both are known."""
    if not isinstance(error, StatementGap) or "expected_minor" not in error.extra:
        return None
    expected, found = error.extra["expected_minor"], error.extra["found_minor"]
    return {"expected": expected, "found": found, "missing": found - expected, "currency": error.extra["currency"]}


def _index(
    request: MemberRequest,
    form: StatementForm,
    *,
    refusal: MarketError | None = None,
    faults: list[FieldProblem] | None = None,
    gap: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    page = desk.statement_page(for_=request.member, number=paging.number(request))
    totals = queries.suspense_totals(for_=request.member)
    context = {
        "rows": page.rows,
        "pager": paging.pager(request, page),
        "last": desk.newest_statement(for_=request.member) if page.number > 1 else next(iter(page.rows), None),
        "waiting_count": sum(total.count for total in totals),
        "waiting_since": min((total.oldest_at for total in totals), default=None),
        "form": form,
        "may_import": request.member.has(Role.CLERK),
        "refusal": refusal,
        "faults": faults or [],
        "gap": gap,
    }
    return render(request, "frontend/desk/statements.html", context, status=status)


@require_safe
@access.allow(*DESK)
def show(request: MemberRequest, statement_id: UUID) -> HttpResponse:
    """One statement: its figures, its lines, and what each of them did."""
    found = desk.statement(statement_id, for_=request.member)
    shown = request.GET.get("shown", "all")
    shown = shown if shown in SHOWN else "all"
    number = paging.number(request)
    page = desk.statement_lines(statement_id, for_=request.member, state=SHOWN[shown], number=number)
    counts = desk.counts_of(found)
    tabs = [
        {
            "url": f"?shown={name}",
            "label": badges.badge("line", state).word if state else _t("All lines"),
            "count": counts[state] if state else sum(counts.values()),
            "is_current": name == shown,
        }
        for name, state in SHOWN.items()
    ]
    context = {
        "statement": found,
        "days": formats.days(found.first_on, found.last_on, language=get_language()),
        "change_minor": None if found.opening_minor is None else (found.closing_minor or 0) - found.opening_minor,
        "rows": page.rows,
        "tabs": tabs,
        "pager": paging.pager(request, page),
        "may_decide": request.member.has(Role.CLERK),
        "crumbs": answers.crumbs((_t("Bank statements"), reverse("frontend:statements")), (str(found.number), "")),
    }
    return render(request, "frontend/desk/statement.html", context)
