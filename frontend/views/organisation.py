"""An organisation: registered by a person, admitted by the operator, joined by invitation."""

from typing import Any
from uuid import UUID

from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST

from contracts.queries.stops import hold_rows
from frontend import refusals
from frontend.forms.account import ApplicationForm, InviteForm, OrganisationForm
from market import rules
from market.access import MEMBER, SIGNED_IN, allow
from market.kernel.errors import MarketError
from market.participants import admissions, memberships, organisations, queries
from market.participants.members import TRADING_ROLES, OrganisationKind, Role
from market.participants.middleware import SESSION_KEY
from market.participants.models import Admission, Organisation
from market.participants.states import AdmissionState
from market.places import district, sector
from market.requests import MemberRequest

OPEN = {AdmissionState.DRAFT, AdmissionState.RETURNED}


@require_http_methods(["GET", "POST"])
@allow(SIGNED_IN)
def show(request: MemberRequest) -> HttpResponse:
    """The member's organisation; without one, the form that registers it."""
    if request.member:
        return _show(request)
    form = OrganisationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = organisations.create(
                kind=OrganisationKind(said["kind"]),
                name=said["name"],
                district=said["district"],
                sector=said["sector"],
                uscc=said["uscc"],
                identity_number=said["identity_number"],
                by=request.user,  # type: ignore[arg-type]  # signed in: a Person
            )
        except MarketError as error:
            refusals.explain(form, error)
        else:
            request.session[SESSION_KEY] = str(made.id)
            return redirect("frontend:organisation")
    return render(request, "frontend/account/register.html", {"form": form}, status=422 if form.errors else 200)


def _show(request: MemberRequest, *, application: Form | None = None, invite: Form | None = None) -> HttpResponse:
    by = request.member
    organisation = Organisation.objects.get(id=by.organisation_id)
    latest = Admission.objects.filter(organisation=organisation).order_by("-created_at").first()
    keeps = by.has(Role.ADMIN)
    start = {
        "source_statement": latest.source_statement if latest else "",
        "legal_representative": latest.legal_representative if latest else "",
        "contact_name": organisation.contact_name,
        "contact_phone": organisation.contact_phone,
        "contact_email": organisation.contact_email,
    }
    context: dict[str, Any] = {
        "organisation": organisation,
        "district": district(organisation.district),
        "sector": sector(organisation.sector),
        "admission": latest,
        "may_apply": keeps
        and organisation.admitted_at is None
        and organisation.kind not in {OrganisationKind.OPERATOR, OrganisationKind.AUTHORITY}
        and (latest is None or latest.state in OPEN | {AdmissionState.REJECTED}),
        "application": application or ApplicationForm(initial=start, kept_scan=_kept_scan(latest)),
        "terms": rules.current("terms.participant"),
        "kept_scan": _kept_scan(latest),
        "members": [(row, _roles(row.roles)) for row in queries.members(by)],
        "invitations": queries.invitations(by) if keeps else [],
        "invite": invite or InviteForm(),
        "keeps": keeps,
        "holds": hold_rows([organisation.id]),
        "may_invite": keeps and by.roles & TRADING_ROLES,
    }
    wrong = any(form is not None and form.errors for form in (application, invite))
    return render(request, "frontend/account/organisation.html", context, status=422 if wrong else 200)


def _kept_scan(admission: Admission | None) -> str:
    """The licence scan that lies with an application that can still be handed in."""
    return admission.licence_name if admission is not None and admission.state in OPEN else ""


def _roles(codes: list[str]) -> str:
    """Roles in the reader's language."""
    return pgettext("between names", ", ").join(str(Role(code).label) for code in codes)


@require_POST
@allow(Role.ADMIN)
def apply(request: MemberRequest) -> HttpResponse:
    """Hand in the application; what is missing is named beside its field."""
    by = request.member
    open_one = Admission.objects.filter(organisation_id=by.organisation_id, state__in=OPEN).first()
    form = ApplicationForm(request.POST, request.FILES, kept_scan=_kept_scan(open_one))
    if form.is_valid():
        said = form.cleaned_data
        try:
            contact = {name: said[name] for name in ("contact_name", "contact_phone", "contact_email")}
            known = Organisation.objects.get(id=by.organisation_id)
            if any(getattr(known, name) != value for name, value in contact.items()):
                organisations.change(**contact, by=by)
            admission = open_one or admissions.draft(by=by)
            if said["licence"]:
                admissions.attach_licence(admission.id, said["licence"].file, name=said["licence"].name, by=by)
            admissions.submit(
                admission.id,
                source_statement=said["source_statement"],
                legal_representative=said["legal_representative"],
                terms_version=rules.current("terms.participant").version if said["terms"] else 0,
                has_clean_record=said["has_clean_record"],
                by=by,
            )
        except MarketError as error:
            refusals.explain(form, error)
        else:
            return redirect("frontend:organisation")
    return _show(request, application=form)


@require_POST
@allow(Role.ADMIN)
def invite(request: MemberRequest) -> HttpResponse:
    """Invite somebody by e-mail."""
    form = InviteForm(request.POST)
    if form.is_valid():
        roles = [Role(each) for each in form.cleaned_data["roles"]]
        try:
            memberships.invite(email=form.cleaned_data["email"], roles=roles, by=request.member)
        except MarketError as error:
            refusals.explain(form, error)
        else:
            return redirect("frontend:organisation")
    return _show(request, invite=form)


@require_POST
@allow(Role.ADMIN)
def withdraw(request: MemberRequest, invitation_id: UUID) -> HttpResponse:
    """Withdraw an invitation."""
    memberships.withdraw(invitation_id, by=request.member)
    return redirect("frontend:organisation")


@require_POST
@allow(MEMBER)
def end(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """End a membership: an administrator anybody's, everybody their own."""
    memberships.end(membership_id, by=request.member)
    return redirect("frontend:inbox")


@require_http_methods(["GET", "POST"])
@allow(SIGNED_IN)
def accept(request: MemberRequest, secret: str) -> HttpResponse:
    """Join the organisation that sent the link. Raises the verb's refusals as pages."""
    invitation = memberships.find(secret)
    if request.method == "POST":
        membership = memberships.accept(secret, by=request.user)  # type: ignore[arg-type]  # signed in: a Person
        request.session[SESSION_KEY] = str(membership.organisation_id)
        return redirect("frontend:inbox")
    return render(
        request, "frontend/account/accept.html", {"invitation": invitation}, status=200 if invitation else 404
    )
