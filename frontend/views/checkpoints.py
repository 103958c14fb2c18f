"""Checkpoints: those that were signed, and whether one that a reader kept is of this log."""

import re
from base64 import b64decode
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from frontend import checks
from market import access, limits
from provenance import comparisons, queries
from provenance.comparisons import Between, Comparison
from provenance.errors import NoSuchSize
from provenance.verifier.errors import NoteInvalid

PAGE: Final = 20
NOTE_MAX: Final = 20_000
_SIZE_AND_ROOT: Final = re.compile(r"([0-9][0-9, ]{0,24})[\s;:]+([0-9a-fA-F]{64}|[A-Za-z0-9+/]{43}=)")


class CompareForm(forms.Form):
    """A checkpoint as its reader kept it: size and root, or the whole signed note."""

    kept = forms.CharField(
        label=_("Your checkpoint"),
        help_text=_("Size and root, such as from a certificate, or the whole signed note."),
        max_length=NOTE_MAX,
        strip=False,
        widget=forms.Textarea(attrs={"class": "mono", "rows": 4, "spellcheck": "false", "autocomplete": "off"}),
    )

    comparison: Comparison | None = None

    def clean_kept(self) -> str:
        """Read it and compare; the answer stands in `comparison`."""
        kept: str = self.cleaned_data["kept"].replace("\r\n", "\n")
        numbers = _SIZE_AND_ROOT.fullmatch(kept.strip())
        try:
            if numbers:
                root = bytes.fromhex(numbers[2]) if len(numbers[2]) == 64 else b64decode(numbers[2])
                size = int(re.sub(r"[^0-9]", "", numbers[1]))
                self.comparison = comparisons.compare(size, root)
            else:
                self.comparison = comparisons.compare_note(kept.lstrip("\n"))
        except NoteInvalid as error:
            raise forms.ValidationError(
                _t("This is neither a size with a root nor a signed note: paste the lines whole.")
            ) from error
        return kept


class BetweenForm(forms.Form):
    """Two sizes that the log had."""

    old = forms.IntegerField(label=_("Smaller size"), min_value=1, max_value=2**53)
    new = forms.IntegerField(label=_("Larger size"), min_value=1, max_value=2**53)

    between: Between | None = None

    def clean(self) -> dict[str, Any]:
        """Join the two; the proof stands in `between`."""
        found = super().clean() or {}
        if "old" in found and "new" in found:
            if found["old"] > found["new"]:
                raise forms.ValidationError(_t("The smaller size stands first."))
            try:
                self.between = comparisons.between(found["old"], found["new"])
            except NoSuchSize as error:
                raise forms.ValidationError(_t("The log never had that size under a published checkpoint.")) from error
        return found


@access.allow(access.PUBLIC)
def page(request: HttpRequest) -> HttpResponse:
    """The checkpoints, largest first; `kept` compares one of the reader's."""
    form = CompareForm()
    if "kept" in request.GET:
        limits.take("look_up", access.client_address(request))
        form = CompareForm(request.GET)
    joining = BetweenForm()
    if "old" in request.GET:
        limits.take("look_up", access.client_address(request))
        joining = BetweenForm(request.GET)
    status = 422 if any(each.is_bound and not each.is_valid() for each in (form, joining)) else 200
    before = request.GET.get("before", "")
    rows = queries.signed(
        PAGE + 1, before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    )
    context: dict[str, Any] = {
        "form": form,
        "joining": joining,
        "between": joining.between,
        "compared": form.comparison,
        "rows": [(each, bytes(each.root).hex()) for each in rows[:PAGE]],
        "next_url": "?" + urlencode({"before": rows[PAGE - 1].size}) if len(rows) > PAGE else "",
        **checks.checkpoint(),
    }
    if joining.between is not None:
        found = joining.between
        context |= {"old_root": found.old_root.hex(), "new_root": found.new_root.hex()}
        context["joined_by"] = [node.hex() for node in found.hashes]
    if form.comparison is not None:
        context |= {"kept_root": form.comparison.root.hex(), "path": [node.hex() for node in form.comparison.hashes]}
        context["root_here"] = form.comparison.root_here.hex() if form.comparison.root_here else ""
    return render(request, "frontend/ledger/checkpoints.html", context, status=status)
