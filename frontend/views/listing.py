"""The public page of one version, its sample and its terms as files, and the way to a contract."""

import csv
import io
from urllib.parse import quote
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from frontend import details
from listings import detail
from market import access
from market.kernel import canonical_json, spreadsheets
from market.kernel.errors import NotFound
from market.participants.members import Member


@require_safe
@access.allow(access.PUBLIC)
def show(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """A version that is or was public; a product's id leads to its listed version. Raises NotFound."""
    member = _member(request)
    number = request.GET.get("columns", "1")
    page = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 1
    try:
        found = detail.read(version_id, member, column_page=page)
    except NotFound:
        if latest := detail.latest_of(version_id):
            return redirect("frontend:product", latest)
        raise
    return render(request, "frontend/listing/show.html", details.context(found, member))


@require_safe
@access.allow(access.PUBLIC)
def sample(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """The masked sample as CSV that spreadsheets open rightly. Raises NotFound where this reader sees none."""
    version, found = detail.sample_of(version_id, _member(request))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(found["columns"])
    writer.writerows([["" if cell is None else spreadsheets.harmless(cell) for cell in row] for row in found["rows"]])
    response = HttpResponse(spreadsheets.BOM + text.getvalue(), content_type="text/csv; charset=utf-8")
    name = quote(f"{version.title}-{_t('sample')}.csv")
    response["Content-Disposition"] = f"attachment; filename=sample.csv; filename*=UTF-8''{name}"
    return response


@require_safe
@access.allow(access.PUBLIC)
def policy(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """The usage policies of the open offers as canonical ODRL, each under its offer's name. Raises NotFound."""
    found = detail.read(version_id, _member(request))
    policies = [{"offer": str(each.id), "name": each.name, "policy": each.policy} for each in found.offers]
    return HttpResponse(canonical_json.dumps(policies), content_type="application/json")


@require_safe
@access.allow(access.PUBLIC)
def buy(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """From the chosen plan to the page that asks for a contract. 404 for a plan that is not open to this reader."""
    found = detail.read(version_id, _member(request))
    chosen = request.GET.get("offer", "")
    offer = next((each for each in found.offers if str(each.id) == chosen), None)
    if offer is None or not found.is_open:
        raise Http404
    return HttpResponseRedirect(reverse("frontend:offer_request", args=(offer.id,)), status=303)


def _member(request: HttpRequest) -> Member | None:
    return getattr(request, "member", None) or None
