"""The reviewer's desk: submitted versions, what they say and what the checks found; approve, return, reject."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from frontend import details, refusals
from frontend.forms.desk import ReasonForm
from frontend.forms.products import DescriptionForm
from frontend.views.resources import kind_in_words, page_of, pager
from listings import detail, queries, reviews
from listings.models import Offer, ProductVersion
from listings.states import VersionState
from market import access, licences, places, policy
from market.kernel import clock
from market.kernel.errors import MarketError
from market.participants.members import Role
from market.requests import MemberRequest

_CODES: Final[dict[str, Callable[[str], str]]] = {"sector": places.sector, "district": places.district}


@require_safe
@access.allow(Role.REVIEWER)
def queue(request: MemberRequest) -> HttpResponse:
    """Versions that wait for a reviewer, oldest first."""
    page = page_of(request)
    rows = queries.review_queue(page=page, size=settings.PAGE_SIZE + 1)
    now = clock.now()
    due = [(row, reviews.due_at(row)) for row in rows]
    waiting = [(row, due_at, due_at is not None and due_at < now) for row, due_at in due]
    context = {
        "waiting": waiting[: settings.PAGE_SIZE],
        "pager": pager(page, has_next=len(rows) > settings.PAGE_SIZE),
    }
    return render(request, "frontend/desk/reviews.html", context)


@require_safe
@access.allow(Role.REVIEWER)
def show(request: MemberRequest, version_id: UUID) -> HttpResponse:
    """One version as its reviewer reads it."""
    return _show(request, queries.version_for(request.member, version_id), ReasonForm())


@require_POST
@access.allow(Role.REVIEWER)
def approve(request: MemberRequest, version_id: UUID) -> HttpResponse:
    """List the version, or publicise it first."""
    try:
        reviews.approve(version_id, by=request.member)
    except MarketError as error:
        return _show(request, queries.version_for(request.member, version_id), ReasonForm(), refusal=error)
    return redirect("frontend:reviews")


@require_POST
@access.allow(Role.REVIEWER)
def refuse(request: MemberRequest, version_id: UUID) -> HttpResponse:
    """Return the version to be mended, or reject it for good, with a reason."""
    form = ReasonForm(request.POST)
    version = queries.version_for(request.member, version_id)
    if not form.is_valid():
        return _show(request, version, form)
    act = reviews.reject if request.POST.get("act") == "reject" else reviews.send_back
    try:
        act(version.id, reason=form.cleaned_data["reason"], by=request.member)
    except MarketError as error:
        return _show(request, version, form, refusal=refusals.place(form, error))
    return redirect("frontend:reviews")


def _show(
    request: MemberRequest, version: ProductVersion, form: ReasonForm, *, refusal: MarketError | None = None
) -> HttpResponse:
    live = Offer.objects.filter(version=version, withdrawn_at__isnull=True).order_by("price_minor")
    seen = details.context(detail.read_whole(version.id), request.member)
    context = {name: seen[name] for name in ("heads", "rows", "fields", "preview_note", "columns_pager")} | {
        "version": version,
        "resource": version.resource,
        "facts": _facts(version),
        "offers": [
            {"row": offer, "words": licences.sentences(policy.words(policy.parse(offer.policy)))} for offer in live
        ],
        "answers": version.checks,
        "findings": [
            {"column": each["column"], "kind": kind_in_words(each["kind"]), "count": each["cell_count"]}
            for each in version.resource.findings
        ],
        "form": form,
        "refusal": refusal,
        "may_decide": version.state == VersionState.SUBMITTED,
        "crumbs": [{"label": _t("Product reviews"), "url": "/desk/reviews/"}, {"label": version.title}],
    }
    status = int(refusal.status) if refusal else 422 if form.errors else 200
    return render(request, "frontend/desk/review.html", context, status=status)


def _facts(version: ProductVersion) -> list[dict[str, Any]]:
    """The description under the same names as its supplier saw."""
    found = []
    for name, field in DescriptionForm.base_fields.items():
        value = getattr(version, name)
        if name in _CODES:
            value = _CODES[name](value)
        elif isinstance(value, bool):
            value = _t("yes") if value else _t("no")
        elif isinstance(value, list):
            value = ", ".join(value)
        elif hasattr(version, f"get_{name}_display"):
            value = getattr(version, f"get_{name}_display")()
        if value not in {None, ""}:
            found.append({"label": field.label, "value": value})
    return found
