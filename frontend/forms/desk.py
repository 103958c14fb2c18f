"""What the operator's desk fills in: reasons and holds."""

from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from market.holds import Scope
from market.kernel import ids


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}))


class HoldForm(ReasonForm):
    """A measure on a party, a listing, a trade or a delivery."""

    scope = forms.ChoiceField(label=_("What is held"), choices=Scope.choices)
    subject = forms.CharField(label=_("Its number (urn:uuid:…)"), max_length=60)
    legal_basis = forms.CharField(label=_("Legal basis"), max_length=200)
    field_order = ("scope", "subject", "reason", "legal_basis")

    def clean_subject(self) -> UUID:
        """The number without its prefix, which may be left out."""
        text = str(self.cleaned_data["subject"]).strip()
        try:
            return ids.from_urn(text if text.startswith("urn:uuid:") else f"urn:uuid:{text}")
        except ValueError as error:
            raise forms.ValidationError(_("This is no number of the form urn:uuid:…")) from error
