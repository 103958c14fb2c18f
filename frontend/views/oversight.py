"""A version as seats read it: only within their reach, only with a reason, and the look is recorded first."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods

from frontend import details, listings, refusals, subjects
from frontend.forms.desk import ReasonForm
from listings import oversight
from listings.detail import Detail
from market import access
from market.holds import Scope
from market.kernel.errors import MarketError
from market.requests import MemberRequest


@require_http_methods(["GET", "HEAD", "POST"])
@access.allow(*oversight.READERS)
def show(request: MemberRequest, version_id: UUID) -> HttpResponse:
    """Ask why; then show everything. A seat whose reach ends before this listing is refused, and that is recorded."""
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        oversight.require(version_id, by=request.member)
        return _page(request, version_id, form, status=422 if form.errors else 200)
    try:
        found = oversight.read(version_id, reason=form.cleaned_data["reason"], by=request.member)
    except MarketError as error:
        refusal = refusals.place(form, error)
        if refusal is not None:
            raise
        return _page(request, version_id, form, status=422)
    return _page(request, version_id, form, found=found)


def _page(
    request: MemberRequest, version_id: UUID, form: ReasonForm, *, found: Detail | None = None, status: int = 200
) -> HttpResponse:
    crumbs = [
        {"label": _t("Product"), "url": listings.url_of(version_id)},
        {"label": _t("Under supervision"), "url": ""},
    ]
    context = (details.context(found, request.member) if found else {}) | {"form": form, "crumbs": crumbs}
    context["hold_url"] = subjects.hold_url(Scope.LISTING, version_id, request.member)
    response = render(request, "frontend/listing/oversight.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response
