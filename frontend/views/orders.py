"""An order: what one person proposed; another confirms it, or it is dropped with a reason."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from frontend import answers, refusals, subjects
from frontend.forms.supervision import RefusalForm
from frontend.views.holds import order_line
from market import access
from market.kernel.errors import MarketError
from market.participants.members import Role
from market.requests import MemberRequest
from supervision import measures, orders
from supervision.states import OrderKind, OrderState


@require_safe
@access.allow(Role.REVIEWER, Role.APPROVER, Role.AUDITOR)
def show(request: MemberRequest, order_id: UUID) -> HttpResponse:
    """What is proposed, by whom and why; for the second person the two ways out."""
    return _show(request, order_id, RefusalForm())


@require_POST
@access.allow(Role.APPROVER)
def confirm(request: MemberRequest, order_id: UUID) -> HttpResponse:
    """Carry it out."""
    try:
        hold = orders.confirm(order_id, by=request.member)
    except MarketError as error:
        return _show(request, order_id, RefusalForm(), refusal=error)
    said = _t("The hold is lifted. What it had stopped goes on.") if hold.lifted_at else _t("The hold stands now.")
    messages.success(request, said)
    return answers.see_other("frontend:order", order_id)


@require_POST
@access.allow(*subjects.MOVERS)
def withdraw(request: MemberRequest, order_id: UUID) -> HttpResponse:
    """Drop it, with a reason."""
    form = RefusalForm(request.POST)
    if not form.is_valid():
        return _show(request, order_id, form)
    try:
        orders.withdraw(order_id, reason=form.cleaned_data["reason"], by=request.member)
    except MarketError as error:
        return _show(request, order_id, form, refusal=refusals.place(form, error))
    messages.success(request, _t("The order is dropped. Nothing changed."))
    return answers.see_other("frontend:order", order_id)


def _show(
    request: MemberRequest, order_id: UUID, form: RefusalForm, *, refusal: MarketError | None = None
) -> HttpResponse:
    member = request.member
    line = measures.order(order_id, by=member)
    order = line.order
    is_open = order.state == OrderState.PROPOSED
    is_own = order.proposed_by == member.urn
    context = order_line(line, member) | {
        "form": form,
        "refusal": refusal,
        "is_open": is_open,
        "is_own": is_own,
        "lifts": order.kind == OrderKind.LIFT,
        "may_confirm": is_open and not is_own and member.has(Role.APPROVER),
        "may_drop": is_open and member.has(*subjects.MOVERS),
        "hold_url": reverse("frontend:hold", args=[order.hold_id]) if order.hold_id else "",
        "crumbs": answers.crumbs(
            (_t("Holds"), reverse("frontend:holds")),
            (_t("Orders"), f"{reverse('frontend:holds')}?shown=orders"),
            (order.number, ""),
        ),
    }
    status = int(refusal.status) if refusal else 422 if form.errors else 200
    return render(request, "frontend/desk/order.html", context, status=status)
