"""The reviewer's desk: applications of organisations. A file opens only after its reader said why."""

from urllib.parse import quote
from uuid import UUID

from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from frontend import refusals
from frontend.forms.desk import ReasonForm
from market import access
from market.kernel.errors import MarketError
from market.participants import admissions, queries
from market.participants.members import Role
from market.requests import MemberRequest

READERS = (Role.REVIEWER, Role.AUDITOR, Role.REGULATOR_DATA)


@require_safe
@access.allow(Role.REVIEWER, Role.AUDITOR)
def queue(request: MemberRequest) -> HttpResponse:
    """Applications that wait, the nearest deadline first."""
    return render(request, "frontend/desk/admissions.html", {"rows": queries.queue(request.member)})


@require_http_methods(["GET", "HEAD", "POST"])
@access.allow(*READERS)
def show(request: MemberRequest, admission_id: UUID) -> HttpResponse:
    """Ask why the file is read; then show it. The look is recorded before anything is shown."""
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _show(request, admission_id, form)
    reason = form.cleaned_data["reason"]
    try:
        file = queries.file(admission_id, by=request.member, reason=reason)
    except MarketError as error:
        return _show(request, admission_id, form, refusal=refusals.place(form, error))
    return _show(request, admission_id, form, file=file)


@require_POST
@access.allow(*READERS)
def licence(request: MemberRequest, admission_id: UUID) -> HttpResponse | StreamingHttpResponse:
    """The licence scan, as a download: nothing a stranger uploaded is shown inside our pages."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _show(request, admission_id, form)
    found, size, blocks = queries.licence(admission_id, by=request.member, reason=form.cleaned_data["reason"])
    response = StreamingHttpResponse(blocks, content_type="application/octet-stream")
    response.headers["Content-Length"] = str(size)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.licence_name, safe='')}"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
@access.allow(Role.REVIEWER)
def admit(request: MemberRequest, admission_id: UUID) -> HttpResponse:
    """Let the organisation trade."""
    try:
        admissions.admit(admission_id, by=request.member)
    except MarketError as error:
        return _reopen(request, admission_id, _decision(), refusal=error)
    return redirect("frontend:admissions")


@require_POST
@access.allow(Role.REVIEWER)
def refuse(request: MemberRequest, admission_id: UUID) -> HttpResponse:
    """Return the application to be mended, or reject it, with a reason."""
    form = _decision(request.POST)
    if not form.is_valid():
        return _reopen(request, admission_id, form)
    act = admissions.reject if request.POST.get("act") == "reject" else admissions.send_back
    try:
        act(admission_id, reason=form.cleaned_data["reason"], by=request.member)
    except MarketError as error:
        return _reopen(request, admission_id, form, refusal=refusals.place(form, error))
    return redirect("frontend:admissions")


@require_safe
@access.allow(access.MEMBER)
def own(request: MemberRequest) -> HttpResponse:
    """Where letters about one's own application lead."""
    return redirect("frontend:organisation")


def _decision(data: QueryDict | None = None) -> ReasonForm:
    return ReasonForm(data, auto_id="decision_%s")


def _reopen(
    request: MemberRequest, admission_id: UUID, decision: ReasonForm, *, refusal: MarketError | None = None
) -> HttpResponse:
    """The file again, when a decision did not come about. It is one more look, for the reason it was opened with."""
    opened = ReasonForm({"reason": request.POST.get("look_reason", "")})
    if not opened.is_valid():
        return _show(request, admission_id, ReasonForm(), decision=decision, refusal=refusal)
    try:
        file = queries.file(admission_id, by=request.member, reason=opened.cleaned_data["reason"])
    except MarketError as error:
        return _show(request, admission_id, opened, refusal=refusal or error)
    return _show(request, admission_id, opened, file=file, decision=decision, refusal=refusal)


def _show(
    request: MemberRequest,
    admission_id: UUID,
    form: ReasonForm,
    *,
    file: queries.File | None = None,
    decision: ReasonForm | None = None,
    refusal: MarketError | None = None,
) -> HttpResponse:
    context = {
        "admission_id": admission_id,
        "form": form,
        "file": file,
        "look_reason": form.cleaned_data["reason"] if file else "",
        "decision": decision or _decision(),
        "may_decide": request.member.has(Role.REVIEWER) and file is not None and file.state == "submitted",
        "refusal": refusal,
        "crumbs": [{"label": _t("Admissions"), "url": "/desk/admissions/"}, {"label": file.name if file else "…"}],
    }
    is_wrong = bool(form.errors or (decision and decision.errors))
    response = render(
        request,
        "frontend/desk/admission.html",
        context,
        status=int(refusal.status) if refusal else 422 if is_wrong else 200,
    )
    response.headers["Cache-Control"] = "no-store"
    return response
