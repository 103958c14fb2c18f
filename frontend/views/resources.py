"""A supplier's files: upload, watch them being read, correct the reading."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from frontend import formats, jobs, refusals
from frontend.forms.resources import ReadAgainForm, ReadingForm, UploadForm
from listings import faults, queries, resources
from listings.models import DataResource
from listings.states import ResourceState
from market.access import MEMBER, allow
from market.kernel.errors import MarketError
from market.participants.members import Role
from market.requests import MemberRequest

# What each kind of finding is called and how grave it is (PIPL 28; GB/T 45574).
KINDS = {
    "identity": _("identity number"),
    "mobile": _("mobile number"),
    "bank_card": _("bank card"),
    "email": _("e-mail address"),
    "plate": _("number plate"),
}
GRAVE = {"identity", "bank_card"}


@allow(MEMBER)
def index(request: MemberRequest) -> HttpResponse:
    """The organisation's files, newest first."""
    page = page_of(request)
    rows = queries.resources_of(request.member.organisation_id, page=page, size=settings.PAGE_SIZE + 1)
    context = {"resources": rows[: settings.PAGE_SIZE], "pager": pager(page, has_next=len(rows) > settings.PAGE_SIZE)}
    return render(request, "frontend/resources/index.html", context)


@allow(Role.TRADER, Role.DEVELOPER)
def upload(request: MemberRequest) -> HttpResponse:
    """Send a file; it is streamed to disk, hashed, stored, and read as a job."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            received = resources.receive(file.chunks(1 << 20))
            resource = resources.upload(
                received,
                name=form.cleaned_data["name"],
                filename=file.name or "",
                choices=form.choices,
                by=request.member,
            )
        except MarketError as error:
            refusals.explain(form, error)
        else:
            return redirect("frontend:resource", resource.id)
    context = {"form": form, "limit": formats.size(settings.UPLOAD_BYTES_MAX)}
    return render(request, "frontend/resources/upload.html", context, status=422 if form.errors else 200)


@allow(MEMBER)
def show(request: MemberRequest, resource_id: UUID) -> HttpResponse:
    """One file: how far reading it is, what was found, a masked sample."""
    resource = queries.resource_of(request.member.organisation_id, resource_id)
    return _show(request, resource, ReadAgainForm(resource=resource))


def _show(request: MemberRequest, resource: DataResource, form: ReadAgainForm) -> HttpResponse:
    sample = resource.sample or {}
    context = {
        "resource": resource,
        "job": jobs.of(resource),
        "problem": faults.in_words(resource.problem),
        "findings": [_finding(each, resource) for each in resource.findings],
        "columns": sample.get("columns", [])[:100],
        "rows": [row[:100] for row in sample.get("rows", [])[:10]],
        "form": form,
        "read_as": _read_as(resource),
        "versions": list(resource.versions.select_related("product").order_by("-created_at")[:20]),
        "may_read_again": resource.state in {ResourceState.READY, ResourceState.REFUSED}
        and not resource.versions.exists(),
        "crumbs": [{"label": _t("Data resources"), "url": "/workbench/resources/"}, {"label": resource.name}],
    }
    return render(request, "frontend/resources/show.html", context, status=422 if form.errors else 200)


@allow(MEMBER)
def progress(request: MemberRequest, resource_id: UUID) -> HttpResponse:
    """The progress card alone; once the job is over the whole page is asked for."""
    resource = queries.resource_of(request.member.organisation_id, resource_id)
    response = render(request, "components/progress_card.html", {"job": jobs.of(resource)})
    if resource.state in {ResourceState.READY, ResourceState.REFUSED}:
        response.headers["HX-Refresh"] = "true"
    return response


@allow(Role.TRADER, Role.DEVELOPER)
def read_again(request: MemberRequest, resource_id: UUID) -> HttpResponse:
    """Read the file as its supplier says."""
    resource = queries.resource_of(request.member.organisation_id, resource_id)
    form = ReadAgainForm(request.POST or None, resource=resource)
    if request.method == "POST" and form.is_valid():
        try:
            resources.read_again(resource.id, choices=form.choices, by=request.member)
        except MarketError as error:
            refusals.explain(form, error)
        else:
            return redirect("frontend:resource", resource.id)
    return _show(request, resource, form)


def _read_as(resource: DataResource) -> list[dict[str, str]]:
    """How the table was read, so that a wrong guess is seen."""
    profile = resource.profile or {}
    delimiters = dict(ReadingForm.base_fields["delimiter"].choices)  # type: ignore[attr-defined]  # a ChoiceField
    said = [
        (_t("Encoding"), profile.get("encoding")),
        (_t("Delimiter"), delimiters.get(profile.get("delimiter"))),
        (pgettext("of a workbook", "Sheet"), profile.get("sheet")),
        (_t("Other sheets, not read"), pgettext("between names", ", ").join(profile.get("other_sheets", []))),
    ]
    if profile.get("format") in {"delimited", "workbook"}:
        said.append((_t("First row"), _t("names the columns") if profile["header"] else _t("is data already")))
    return [{"label": label, "value": str(value)} for label, value in said if value]


def _finding(found: dict[str, Any], resource: DataResource) -> dict[str, Any]:
    rows = resource.row_count or 0
    basis = ""
    if found["checksum_count"] is not None:
        basis = _t("check digit right in %(n)s") % {"n": f"{found['checksum_count']:,}"}
    return {
        "column": found["column"],
        "kind": kind_in_words(found["kind"]),
        "is_grave": found["kind"] in GRAVE,
        "hits": f"{found['cell_count']:,} / {rows:,}",
        "basis": basis,
    }


def kind_in_words(kind: str) -> str:
    """What a kind of finding is called."""
    return str(KINDS.get(kind, kind))


def page_of(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return max(1, min(int(text), 100_000)) if text.isascii() and text.isdigit() else 1


def pager(page: int, *, has_next: bool) -> dict[str, str]:
    """Links to the neighbours of a page."""
    return {
        "text": _t("Page %(n)d") % {"n": page},
        "previous_url": f"?page={page - 1}" if page > 1 else "",
        "next_url": f"?page={page + 1}" if has_next else "",
    }
