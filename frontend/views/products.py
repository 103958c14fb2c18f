"""A supplier's products: describe, explain the fields, price, submit, withdraw, take down."""

from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST

from contracts import papers
from contracts.queries.stops import hold_rows
from frontend import answers, refusals
from frontend.forms.products import DescriptionForm, OfferForm, ReasonForm
from frontend.views.resources import page_of, pager
from listings import checks, offers, products, queries, reviews
from listings.models import Offer, ProductVersion
from listings.products import DESCRIBED, Description
from listings.states import ResourceState, VersionState
from market import licences, policy
from market.access import MEMBER, allow
from market.kernel.errors import MarketError
from market.participants.members import Member, Role
from market.requests import MemberRequest

FIELDS_A_PAGE = 100
OPEN = {VersionState.DRAFT, VersionState.RETURNED}


@allow(MEMBER)
def index(request: MemberRequest) -> HttpResponse:
    """The organisation's product versions, newest first."""
    page = page_of(request)
    rows = queries.versions_of(request.member.organisation_id, page=page, size=settings.PAGE_SIZE + 1)
    context = {"versions": rows[: settings.PAGE_SIZE], "pager": pager(page, has_next=len(rows) > settings.PAGE_SIZE)}
    return render(request, "frontend/products/index.html", context)


@allow(Role.TRADER)
def new(request: MemberRequest, resource_id: UUID) -> HttpResponse:
    """Describe a file as a new product, or as the next version of one (?product=)."""
    resource = queries.resource_of(request.member.organisation_id, resource_id)
    if resource.state != ResourceState.READY:
        return redirect("frontend:resource", resource.id)
    known = queries.products_of(request.member.organisation_id)
    chosen = request.POST.get("product") or request.GET.get("product") or ""
    earlier = next((version for version in known if str(version.product_id) == chosen), None)
    start = _initial(earlier) if earlier else {"title": resource.name, "district": "140100", "preview": "public"}
    form = DescriptionForm(request.POST or None, initial=start | {"contains_pi": bool(resource.findings)})
    if request.method == "POST" and form.is_valid():
        try:
            version = products.draft(
                resource.id,
                _description(form),
                product_id=earlier.product_id if earlier else None,
                by=request.member,
            )
        except MarketError as error:
            refusals.explain(form, error)
        else:
            return redirect("frontend:version", version.id)
    context = {
        "form": form,
        "resource": resource,
        "known": known,
        "chosen": chosen,
        "crumbs": _crumbs(_t("New product")),
    }
    return render(request, "frontend/products/describe.html", context, status=422 if form.errors else 200)


@allow(MEMBER)
def show(request: MemberRequest, version_id: UUID) -> HttpResponse:
    """One version: what is done, what is missing, what may be done next."""
    return _show(request, _own(request.member, version_id))


def _show(
    request: MemberRequest, version: ProductVersion, *, refusal: MarketError | None = None, form: Any = None
) -> HttpResponse:
    live = list(Offer.objects.filter(version=version, withdrawn_at__isnull=True).order_by("price_minor"))
    answers = checks.run(version, live) if version.state in OPEN else version.checks
    failed = [answer for answer in answers if answer["verdict"] == "failed"]
    context = {
        "version": version,
        "resource": version.resource,
        "offers": [
            {"row": offer, "words": licences.sentences(policy.words(policy.parse(offer.policy)))} for offer in live
        ],
        "answers": answers,
        "missing": [answer["reason"] for answer in failed],
        "tasks": _tasks(version, live, answers),
        "is_open": version.state in OPEN,
        "may_withdraw": version.state in OPEN | {VersionState.SUBMITTED, VersionState.PUBLICITY},
        "is_listed": version.state == VersionState.LISTED,
        "refusal": refusal,
        "holds": hold_rows([version.id, version.product_id, version.product.supplier_id]),
        "reason_form": form or ReasonForm(),
        "crumbs": _crumbs(version.title),
    }
    status = int(refusal.status) if refusal else 422 if form is not None and form.errors else 200
    return render(request, "frontend/products/show.html", context, status=status)


def _words(offer: Offer) -> licences.Sentences:
    """The licence in plain words."""
    return licences.sentences(policy.words(policy.parse(offer.policy)))


def _tasks(version: ProductVersion, live: list[Offer], answers: list[checks.Answer]) -> list[dict[str, Any]]:
    """The task list of a version, in any order (ux.md §1.2)."""
    failed = {answer["check"] for answer in answers if answer["verdict"] == "failed"}
    explained = sum(1 for each in version.dictionary if each.get("meaning"))
    columns = version.resource.column_count or 0
    return [
        {
            "name": _t("Description"),
            "url": "frontend:product_description",
            "is_done": not failed & {"required", "source"},
            "note": "",
        },
        {
            "name": _t("Field dictionary"),
            "url": "frontend:product_dictionary" if columns else "",
            "is_done": explained >= columns,
            "note": _t("%(done)d of %(all)d fields explained") % {"done": explained, "all": columns},
        },
        {
            "name": _t("Price and licence"),
            "url": "frontend:product_offer",
            "is_done": "licence" not in failed,
            "note": _t("%(n)d plans") % {"n": len(live)} if live else "",
        },
        {
            "name": _t("Personal data"),
            "url": "frontend:product_description",
            "is_done": "personal_data" not in failed,
            "note": "",
        },
    ]


@allow(Role.TRADER)
def description(request: MemberRequest, version_id: UUID) -> HttpResponse:
    """Change the description of a draft or returned version."""
    version = _own(request.member, version_id)
    form = DescriptionForm(request.POST or None, initial=_initial(version))
    if request.method == "POST" and form.is_valid():
        try:
            products.change(version.id, _description(form), by=request.member)
        except MarketError as error:
            refusals.explain(form, error)
        else:
            return redirect("frontend:version", version.id)
    context = {"form": form, "version": version, "resource": version.resource, "crumbs": _crumbs(version.title)}
    return render(request, "frontend/products/describe.html", context, status=422 if form.errors else 200)


@allow(Role.TRADER)
def dictionary(request: MemberRequest, version_id: UUID) -> HttpResponse:
    """Meaning and unit of each field, a hundred fields a page."""
    version = _own(request.member, version_id)
    columns = (version.resource.profile or {}).get("columns", [])
    page = page_of(request)
    start = (page - 1) * FIELDS_A_PAGE
    shown = columns[start : start + FIELDS_A_PAGE]
    if not shown:
        raise Http404
    known = {each["name"]: each for each in version.dictionary}
    refusal: MarketError | None = None
    if request.method == "POST":
        for number, column in enumerate(shown):
            known[column["name"]] = {
                "name": column["name"],
                "meaning": request.POST.get(f"meaning-{number}", "").strip()[:200],
                "unit": request.POST.get(f"unit-{number}", "").strip()[:40],
            }
        ordered = [known[column["name"]] for column in columns if column["name"] in known]
        try:
            products.change(version.id, Description(dictionary=ordered), by=request.member)
        except MarketError as error:
            refusal = error
        else:
            return redirect("frontend:version", version.id)
    rows = [
        {
            "number": number,
            "name": column["name"],
            "type": column["type"],
            "meaning": known.get(column["name"], {}).get("meaning", ""),
            "unit": known.get(column["name"], {}).get("unit", ""),
        }
        for number, column in enumerate(shown)
    ]
    context = {
        "version": version,
        "rows": rows,
        "refusal": refusal,
        "pager": pager(page, has_next=len(columns) > start + FIELDS_A_PAGE),
        "crumbs": _crumbs(version.title),
    }
    return render(request, "frontend/products/dictionary.html", context, status=int(refusal.status) if refusal else 200)


@allow(Role.TRADER)
def offer(request: MemberRequest, version_id: UUID) -> HttpResponse:
    """Set price and licence on a version."""
    version = _own(request.member, version_id)
    form = OfferForm(request.POST or None, initial={"attribution": version.attribution})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            offers.open(
                version.id,
                name=said["name"],
                price_minor=form.price_minor(),
                usage=form.usage(),
                acceptance_days=said["acceptance_days"],
                is_negotiable=said["is_negotiable"],
                by=request.member,
            )
        except MarketError as error:
            refusals.explain(form, error, prefix="usage.")
        else:
            return redirect("frontend:version", version.id)
    context = {"form": form, "version": version, "crumbs": _crumbs(version.title)}
    return render(request, "frontend/products/offer.html", context, status=422 if form.errors else 200)


@require_POST
@allow(Role.TRADER)
def withdraw_offer(request: MemberRequest, offer_id: UUID) -> HttpResponse:
    """Close a plan for new requests."""
    closed = offers.withdraw(offer_id, by=request.member)
    return redirect("frontend:version", closed.version_id)


@require_POST
@allow(Role.TRADER)
def submit(request: MemberRequest, version_id: UUID) -> HttpResponse:
    """Hand in for review; what the automatic checks refuse is named on the page."""
    version = _own(request.member, version_id)
    try:
        products.submit(version.id, by=request.member)
    except MarketError as error:
        return _show(request, version, refusal=error)
    return redirect("frontend:version", version.id)


@require_POST
@allow(Role.TRADER)
def withdraw(request: MemberRequest, version_id: UUID) -> HttpResponse:
    """Take a version back before it is listed."""
    products.withdraw(_own(request.member, version_id).id, by=request.member)
    return redirect("frontend:version", version_id)


@require_POST
@allow(Role.TRADER)
def certify(request: MemberRequest, version_id: UUID) -> HttpResponse:
    """The certificate of a listed version, made at the first asking."""
    return answers.see_other("frontend:certificate", papers.of_version(version_id, by=request.member).id)


@require_POST
@allow(Role.TRADER)
def delist(request: MemberRequest, version_id: UUID) -> HttpResponse:
    """Take a listing down, with a reason that its page keeps."""
    version = _own(request.member, version_id)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            reviews.delist(version.id, reason=form.cleaned_data["reason"], by=request.member)
        except MarketError as error:
            refusals.explain(form, error)
        else:
            return redirect("frontend:version", version.id)
    return _show(request, version, form=form)


def _own(by: Member, version_id: UUID) -> ProductVersion:
    """The caller's own version. Raises NotFound for others'."""
    return queries.version_of(by.organisation_id, version_id)


def _initial(version: ProductVersion) -> dict[str, Any]:
    said = {name: getattr(version, name) for name in DESCRIBED}
    return said | {"keywords": ", ".join(version.keywords)}


def _description(form: DescriptionForm) -> Description:
    return cast("Description", {name: value for name, value in form.cleaned_data.items() if name in DESCRIBED})


def _crumbs(last: str) -> list[dict[str, str]]:
    return [{"label": _t("Products"), "url": "/workbench/products/"}, {"label": last}]
