"""Checking: in the reader's own browser where it can, by the market where a reader asks; always saying which."""

from typing import Final

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from frontend import checks, lookups, refusals
from market import access, limits
from market.kernel.errors import Invalid, TooLarge
from provenance.verifier.bundle import BUNDLE_BYTES_MAX
from provenance.verifier.checks import examine
from provenance.verifier.errors import Unreadable
from provenance.verifier.report import Report

FORM_BYTES: Final = 65_536  # what a form has beside its file


class LookupForm(forms.Form):
    """A number, a fingerprint or a certificate's id."""

    q = forms.CharField(
        label=_("Number, fingerprint or certificate id"),
        max_length=lookups.TEXT_MAX,
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "spellcheck": "false"}),
    )


class BundleForm(forms.Form):
    """An evidence file and the key it is to be checked with."""

    bundle = forms.FileField(
        label=_("Evidence file or data file"),
        help_text=_("With script it stays in this browser: only its fingerprint is looked up."),
    )
    vkey = forms.CharField(
        label=_("Key of the log"),
        required=False,
        help_text=_("As had from elsewhere, such as a contract or a newspaper. Empty: the key that this page carries."),
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "spellcheck": "false"}),
    )


@access.allow(access.PUBLIC)
def verify(request: HttpRequest) -> HttpResponse:
    """GET looks something up; POST has the market check an evidence file, for readers without script."""
    return _examine(request) if request.method == "POST" else _look_up(request)


def _look_up(request: HttpRequest) -> HttpResponse:
    if "q" not in request.GET:
        return _page(request, lookup=LookupForm())
    limits.take("look_up", access.client_address(request))
    form = LookupForm(request.GET)
    if not form.is_valid():
        return _page(request, lookup=form, status=422)
    try:
        answer = lookups.find(form.cleaned_data["q"], getattr(request, "member", None) or None)
    except Invalid as error:
        refusals.explain(form, error)
        return _page(request, lookup=form, status=422)
    if answer.entry is not None and answer.entry.index is not None:
        return redirect("frontend:entry", answer.entry.index)
    if answer.certificate_id is not None:
        return redirect("frontend:certificate", answer.certificate_id)
    if answer.trade_id is not None:
        return redirect("frontend:trade", answer.trade_id)
    return _page(request, lookup=form, answer=answer)


def _examine(request: HttpRequest) -> HttpResponse:
    limits.take("look_up", access.client_address(request))
    if int(request.META.get("CONTENT_LENGTH") or 0) > BUNDLE_BYTES_MAX + FORM_BYTES:
        raise TooLarge(
            _("An evidence file has at most %(size)s MiB. Paste the fingerprint of a larger file instead.")
            % {"size": BUNDLE_BYTES_MAX // 2**20}
        )
    form = BundleForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, bundle=form, status=422)
    try:
        report = examine(form.cleaned_data["bundle"].read(), form.cleaned_data["vkey"] or _own_key())
    except Unreadable as error:
        field = "vkey" if str(error).startswith("--vkey") else "bundle"
        form.add_error(field, _problem(field))
        return _page(request, bundle=form, status=422)
    return _page(request, bundle=form, report=report, is_given=bool(form.cleaned_data["vkey"]))


def _problem(field: str) -> str:
    if field == "vkey":
        return str(_("This is no key of a log: it is written name+8 characters+base64"))
    return str(_("This is not an evidence file of the format dm-bundle/v1"))


def _own_key() -> str | None:
    key: str | None = checks.checkpoint().get("vkey")
    return key


def _page(
    request: HttpRequest,
    *,
    lookup: LookupForm | None = None,
    bundle: BundleForm | None = None,
    answer: lookups.Answer | None = None,
    report: Report | None = None,
    is_given: bool = False,
    status: int = 200,
) -> HttpResponse:
    failed = (
        next((step for step in report.steps if step.status in {"false", "not found", "erased"}), None)
        if report
        else None
    )
    context = {
        "lookup": lookup or LookupForm(),
        "bundle": bundle or BundleForm(),
        "answer": answer,
        "report": report,
        "failed": failed,
        "is_given": is_given,
        "mib": BUNDLE_BYTES_MAX // 2**20,
        **checks.checkpoint(),
    }
    return render(request, "frontend/verify/check.html", context, status=status)
