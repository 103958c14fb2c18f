"""Erasures: what one person of the operator proposes, another carries out; what is gone is gone."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from frontend import answers, refusals, subjects
from frontend.forms.erasures import ErasureForm
from frontend.forms.supervision import RefusalForm
from market import access
from market.kernel.errors import MarketError
from market.participants.members import Role
from market.requests import MemberRequest
from provenance import erasures
from provenance.models import ErasureState
from supervision import subjects as things


@require_safe
@access.allow(Role.REVIEWER, Role.APPROVER, Role.AUDITOR)
def listing(request: MemberRequest) -> HttpResponse:
    """Erasures, those that wait for a second person first."""
    context = {
        "rows": erasures.listing(by=request.member),
        "may_propose": request.member.has(*subjects.MOVERS),
        "crumbs": answers.crumbs((_t("Erasures"), "")),
    }
    return render(request, "frontend/desk/erasures.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@access.allow(*subjects.MOVERS)
def new(request: MemberRequest) -> HttpResponse:
    """Say about what, which fields, why and on which basis; another person carries it out."""
    form = ErasureForm(request.POST if request.method == "POST" else None)
    refusal: MarketError | None = None
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        names = [name for name in said["fields"].replace("，", ",").split(",") if name.strip()]
        why = {"reason": said["reason"], "legal_basis": said["legal_basis"]}
        try:
            made = erasures.propose(said["subject"], fields=names, **why, by=request.member)
        except MarketError as error:
            refusal = refusals.place(form, error)
        else:
            return answers.see_other("frontend:erasure", made.id)
    context = {"form": form, "refusal": refusal, "crumbs": _crumbs(_t("Propose an erasure"))}
    status = int(refusal.status) if refusal else 422 if form.errors else 200
    return render(request, "frontend/desk/erasure_new.html", context, status=status)


@require_safe
@access.allow(Role.REVIEWER, Role.APPROVER, Role.AUDITOR)
def show(request: MemberRequest, erasure_id: UUID) -> HttpResponse:
    """What is proposed, by whom and why; for the second person the two ways out."""
    return _show(request, erasure_id, RefusalForm())


@require_POST
@access.allow(Role.APPROVER)
def confirm(request: MemberRequest, erasure_id: UUID) -> HttpResponse:
    """Carry it out."""
    try:
        erasures.confirm(erasure_id, by=request.member)
    except MarketError as error:
        return _show(request, erasure_id, RefusalForm(), refusal=error)
    messages.success(request, _t("The values are erased. The ledger says so, and still verifies."))
    return answers.see_other("frontend:erasure", erasure_id)


@require_POST
@access.allow(*subjects.MOVERS)
def withdraw(request: MemberRequest, erasure_id: UUID) -> HttpResponse:
    """Drop it, with a reason."""
    form = RefusalForm(request.POST)
    if not form.is_valid():
        return _show(request, erasure_id, form)
    try:
        erasures.withdraw(erasure_id, reason=form.cleaned_data["reason"], by=request.member)
    except MarketError as error:
        return _show(request, erasure_id, form, refusal=refusals.place(form, error))
    messages.success(request, _t("The proposal is dropped. Nothing was erased."))
    return answers.see_other("frontend:erasure", erasure_id)


def _show(
    request: MemberRequest, erasure_id: UUID, form: RefusalForm, *, refusal: MarketError | None = None
) -> HttpResponse:
    member = request.member
    erasure = erasures.find(erasure_id, by=member)
    is_open, is_own = erasure.state == ErasureState.PROPOSED, erasure.proposed_by == member.urn
    context = {
        "erasure": erasure,
        "about": subjects.write(things.named_one(erasure.subject), erasure.subject, reader=member),
        "entries": erasures.affected(erasure.subject, erasure.fields).count() if is_open else erasure.entry_count,
        "form": form,
        "refusal": refusal,
        "is_open": is_open,
        "is_own": is_own,
        "may_confirm": is_open and not is_own and member.has(Role.APPROVER),
        "may_drop": is_open and member.has(*subjects.MOVERS),
        "crumbs": _crumbs(erasure.number),
    }
    status = int(refusal.status) if refusal else 422 if form.errors else 200
    return render(request, "frontend/desk/erasure.html", context, status=status)


def _crumbs(here: str) -> list[dict[str, str]]:
    return answers.crumbs((_t("Erasures"), reverse("frontend:erasures")), (here, ""))
