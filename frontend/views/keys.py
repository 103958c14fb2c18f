"""Signing keys of a signatory, and keys of programs."""

from uuid import UUID

from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from frontend import refusals
from frontend.forms.account import ApiKeyForm, PinForm, PublicKeyForm
from market.access import MEMBER, allow
from market.kernel.errors import MarketError
from market.participants import keys, sealed_keys
from market.participants.members import Role
from market.participants.models import ApiKey, PublicKey
from market.requests import MemberRequest


@require_safe
@allow(MEMBER)
def show(request: MemberRequest) -> HttpResponse:
    """The organisation's signing keys and programs' keys."""
    return _show(request)


def _show(
    request: MemberRequest,
    *,
    own: Form | None = None,
    pin: Form | None = None,
    program: Form | None = None,
    issued: str = "",
) -> HttpResponse:
    by = request.member
    signing = PublicKey.objects.select_related("person").filter(organisation_id=by.organisation_id)
    programs = ApiKey.objects.filter(membership__organisation_id=by.organisation_id)
    context = {
        "signing": [(key, bytes(key.public_key).hex()) for key in signing.order_by("-created_at")[:100]],
        "programs": list(programs.order_by("-created_at")[:100]) if by.has(Role.ADMIN, Role.DEVELOPER) else [],
        "may_sign": by.has(Role.SIGNATORY),
        "may_issue": by.has(Role.ADMIN, Role.DEVELOPER),
        "own": own or PublicKeyForm(prefix="own"),
        "pin": pin or PinForm(prefix="pin"),
        "program": program or ApiKeyForm(prefix="program"),
        "issued": issued,
    }
    wrong = any(form is not None and form.errors for form in (own, pin, program))
    response = render(request, "frontend/account/keys.html", context, status=422 if wrong else 200)
    if issued:
        response.headers["Cache-Control"] = "no-store"  # a secret is on this page, once
    return response


@require_POST
@allow(Role.SIGNATORY)
def register(request: MemberRequest) -> HttpResponse:
    """Register a public key."""
    form = PublicKeyForm(request.POST, prefix="own")
    if form.is_valid():
        try:
            keys.register(public_key=bytes.fromhex(form.cleaned_data["public_key"]), by=request.member)
        except MarketError as error:
            refusals.explain(form, error)
        else:
            return redirect("frontend:keys")
    return _show(request, own=form)


@require_POST
@allow(Role.SIGNATORY)
def make(request: MemberRequest) -> HttpResponse:
    """Make a key that the platform keeps under a PIN."""
    form = PinForm(request.POST, prefix="pin")
    if form.is_valid():
        try:
            sealed_keys.make(pin=form.cleaned_data["pin"], by=request.member)
        except MarketError as error:
            refusals.explain(form, error)
        else:
            return redirect("frontend:keys")
    return _show(request, pin=form)


@require_POST
@allow(Role.SIGNATORY, Role.ADMIN)
def revoke(request: MemberRequest, key_id: UUID) -> HttpResponse:
    """Take a signing key out of use."""
    keys.revoke(key_id, by=request.member)
    return redirect("frontend:keys")


@require_POST
@allow(Role.ADMIN, Role.DEVELOPER)
def issue(request: MemberRequest) -> HttpResponse:
    """Make a program's key; its text is on this one answer and never again."""
    form = ApiKeyForm(request.POST, prefix="program")
    if form.is_valid():
        try:
            _key, text = keys.issue(**form.cleaned_data, by=request.member)
        except MarketError as error:
            refusals.explain(form, error)
        else:
            return _show(request, issued=text)
    return _show(request, program=form)


@require_POST
@allow(Role.ADMIN, Role.DEVELOPER)
def revoke_api_key(request: MemberRequest, key_id: UUID) -> HttpResponse:
    """End a program's key."""
    keys.revoke_api_key(key_id, by=request.member)
    return redirect("frontend:keys")
