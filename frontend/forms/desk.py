"""What the operator's desk fills in: reasons, files of the bank, references."""

from django import forms
from django.utils.translation import gettext_lazy as _

STATEMENT_BYTES_MAX = 20_000_000


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}))


class StatementForm(forms.Form):
    """A statement file as the bank gives it."""

    file = forms.FileField(label=_("Statement file of the bank"))


class AssignForm(ReasonForm):
    """What a line in suspense is for."""

    payment_reference = forms.CharField(label=_("Payment reference"), max_length=40)
