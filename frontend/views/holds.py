"""Holds: what stands and stood, placing one on a thing that was looked for, lifting it, what the held party reads."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contracts.oversight import READERS
from frontend import answers, paging, refusals, subjects
from frontend.forms.supervision import HoldForm, LiftForm, SubjectSearchForm
from market import access, holds
from market.holds import Scope
from market.kernel.errors import MarketError, NotFound
from market.participants.members import OPERATOR_ROLES, Member
from market.requests import MemberRequest
from supervision import measures, orders
from supervision import subjects as things
from supervision.measures import HoldLine, OrderLine
from supervision.subjects import Subject


@require_safe
@access.allow(*READERS)
def listing(request: MemberRequest) -> HttpResponse:
    """Holds that stand, those that were lifted, and for the operator the orders behind them."""
    member = request.member
    sees_orders = member.has(*OPERATOR_ROLES)
    shown = request.GET.get("shown", "standing")
    if shown not in {"standing", "lifted"} and not (shown == "orders" and sees_orders):
        shown = "standing"
    words = [("standing", _t("In force")), ("lifted", _t("Lifted"))]
    if sees_orders:
        words.append(("orders", _t("Orders")))
    number = paging.number(request)
    context: dict[str, Any] = {
        "tabs": [{"url": f"?shown={key}", "label": label, "is_current": key == shown} for key, label in words],
        "shown": shown,
        "may_place": member.has(*subjects.MOVERS),
    }
    if shown == "orders":
        page = measures.orders_page(member, number=number)
        context |= {"orders": [order_line(each, member) for each in page.rows], "pager": paging.pager(request, page)}
    else:
        found = measures.holds_page(member, stands=shown == "standing", number=number)
        context |= {"rows": [hold_line(each, member) for each in found.rows], "pager": paging.pager(request, found)}
    return render(request, "frontend/desk/holds.html", context)


def hold_line(line: HoldLine, reader: Member) -> dict[str, Any]:
    """One hold as lists show it."""
    hold = line.hold
    return {
        "hold": hold,
        "line": line,
        "about": subjects.write(line.subject, hold.subject, what=hold.scope, reader=reader),
        "url": reverse("frontend:hold", args=[hold.id]),
    }


def order_line(line: OrderLine, reader: Member) -> dict[str, Any]:
    """One order as lists show it."""
    order = line.order
    return {
        "order": order,
        "line": line,
        "about": subjects.write(line.subject, order.subject, what=order.scope, reader=reader),
        "url": reverse("frontend:order", args=[order.id]),
    }


@require_safe
@access.allow(*READERS)
def show(request: MemberRequest, hold_id: UUID) -> HttpResponse:
    """One hold from its placing to its end."""
    return _show(request, hold_id, LiftForm())


@require_POST
@access.allow(*subjects.MOVERS)
def lift(request: MemberRequest, hold_id: UUID) -> HttpResponse:
    """End the hold; where two persons are needed, ask the second one."""
    form = LiftForm(request.POST)
    if not form.is_valid():
        return _show(request, hold_id, form)
    line = measures.hold(hold_id, by=request.member)
    reason = form.cleaned_data["reason"]
    try:
        if _takes_two(line, request.member):
            order = orders.propose_lifting(hold_id, reason=reason, by=request.member)
            return answers.see_other("frontend:order", order.id)
        orders.lift(hold_id, reason=reason, by=request.member)
    except MarketError as error:
        return _show(request, hold_id, form, refusal=refusals.place(form, error))
    messages.success(request, _t("The hold is lifted. What it had stopped goes on."))
    return answers.see_other("frontend:hold", hold_id)


def _takes_two(line: HoldLine, member: Member) -> bool:
    return line.hold.scope == Scope.PARTY or line.hold.placed_by == member.urn


def _show(request: MemberRequest, hold_id: UUID, form: LiftForm, *, refusal: MarketError | None = None) -> HttpResponse:
    member = request.member
    line = measures.hold(hold_id, by=member)
    stands = line.hold.lifted_at is None
    waiting = measures.open_order_on(line.hold.subject) if stands and member.has(*OPERATOR_ROLES) else None
    context = hold_line(line, member) | {
        "form": form,
        "refusal": refusal,
        "waiting": waiting,
        "may_lift": stands and waiting is None and member.has(*subjects.MOVERS),
        "takes_two": _takes_two(line, member),
        "crumbs": answers.crumbs((_t("Holds"), reverse("frontend:holds")), (_t("Hold"), "")),
    }
    status = int(refusal.status) if refusal else 422 if form.errors else 200
    return render(request, "frontend/desk/hold.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@access.allow(*subjects.MOVERS)
def new(request: MemberRequest) -> HttpResponse:
    """Look for what is to be held; then say why and on which basis. On a party a second person confirms."""
    asked = request.POST.get("subject") or request.GET.get("subject")
    if not asked:
        return _search(request)
    subject = _subject(asked, request.member)
    form = HoldForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _new(request, subject, form)
    scope, said = Scope(subject.what), form.cleaned_data
    why = {"reason": said["reason"], "legal_basis": said["legal_basis"]}
    try:
        if scope == Scope.PARTY:
            order = orders.propose(subject.id, scope=scope, **why, by=request.member)
            return answers.see_other("frontend:order", order.id)
        hold = orders.place(subject.id, scope=scope, **why, by=request.member)
    except MarketError as error:
        return _new(request, subject, form, refusal=refusals.place(form, error))
    messages.success(request, _t("The hold stands. Every next step is refused from now on."))
    return answers.see_other("frontend:hold", hold.id)


def _subject(text: str, member: Member) -> Subject:
    """The thing to be held, within the seat's reach. Raises NotFound, OutOfScope."""
    try:
        identifier = UUID(text)
    except ValueError:
        raise NotFound from None
    subject = things.named_one(identifier)
    if subject is None or subject.what not in Scope:
        raise NotFound(_t("Nothing of this market has that number."))
    measures.require_sight(subject, identifier, by=member)
    return subject


def _search(request: MemberRequest) -> HttpResponse:
    form = SubjectSearchForm(request.GET if "q" in request.GET else None, initial={"scope": Scope.TRADE})
    found: list[dict[str, Any]] = []
    if form.is_bound and form.is_valid():
        scope = Scope(form.cleaned_data["scope"])
        found = [
            {"subject": each, "url": subjects.hold_url(scope, each.id, request.member)}
            for each in things.search(scope, form.cleaned_data["q"], by=request.member)
        ]
    context = {
        "form": form,
        "found": found,
        "is_asked": form.is_bound and not form.errors,
        "is_full": len(found) == things.FOUND_MAX,
        "crumbs": _new_crumbs(),
    }
    return render(request, "frontend/desk/hold_search.html", context, status=422 if form.errors else 200)


def _new(
    request: MemberRequest, subject: Subject, form: HoldForm, *, refusal: MarketError | None = None
) -> HttpResponse:
    standing = next(iter(holds.active([subject.id])), None)
    waiting = measures.open_order_on(subject.id)
    context = {
        "form": form,
        "subject": subject,
        "about": subjects.write(subject, subject.id, reader=request.member),
        "is_party": subject.what == Scope.PARTY,
        "standing": standing,
        "waiting": waiting,
        "refusal": refusal,
        "crumbs": _new_crumbs(),
    }
    status = int(refusal.status) if refusal else 422 if form.errors else 200
    return render(request, "frontend/desk/hold_new.html", context, status=status)


def _new_crumbs() -> list[dict[str, str]]:
    return answers.crumbs((_t("Holds"), reverse("frontend:holds")), (_t("Place a hold"), ""))


@require_safe
@access.allow(access.MEMBER)
def held(request: MemberRequest, subject_id: UUID) -> HttpResponse:
    """What a party reads of the holds on its own trade, listing, delivery or firm; letters about holds lead here."""
    member = request.member
    if member.is_seat or member.organisation_id not in orders.parties_of(subject_id):
        raise NotFound
    lines = measures.history(subject_id)
    if not lines:
        raise NotFound
    about = subjects.write(lines[0].subject, subject_id, what=lines[0].hold.scope, reader=member)
    context = {
        "about": about,
        "standing": [
            {
                "scope": about.kind,
                "reason": line.hold.reason,
                "legal_basis": line.hold.legal_basis,
                "placed_at": line.hold.placed_at,
            }
            for line in lines
            if line.hold.lifted_at is None
        ],
        "lifted": [line.hold for line in lines if line.hold.lifted_at is not None],
        "crumbs": answers.crumbs((_t("Holds"), "")),
    }
    return render(request, "frontend/desk/held.html", context)
