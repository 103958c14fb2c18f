"""What the desk fills in to have values behind the ledger erased."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ErasureForm(forms.Form):
    """About whom or what, which fields, why, and on which article that rests."""

    subject = forms.UUIDField(
        label=_("About whom or what"),
        help_text=_("The id of a person, an organisation, a trade or another subject, as entries name it"),
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "spellcheck": "false"}),
    )
    fields = forms.CharField(  # type: ignore[assignment]  # the form's own mapping is not asked for by this name
        label=_("Fields"),
        max_length=1000,
        help_text=_("Names as an entry's page has them, with commas: actor, name, reason"),
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "spellcheck": "false"}),
    )
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    legal_basis = forms.CharField(
        label=_("Legal basis"), max_length=200, help_text=_("It stands beside every erased value for ever, in public")
    )
