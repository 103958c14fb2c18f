"""What finance fills in: a payout, a reason, a bank account, the days of a statement."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from frontend.forms.amounts import AmountField
from market.kernel import ids


class PayoutForm(forms.Form):
    """How much of the available money to pay out."""

    amount_minor = AmountField(label=_("Amount to pay out (yuan)"))
    # the page's own name for this request: sent twice, it is one payout
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("key", ids.new_id())


class BankAccountForm(forms.Form):
    """Where the organisation wants its money; the holder is the organisation itself."""

    number = forms.CharField(
        label=_("Account number"),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    bank = forms.CharField(label=_("Bank and branch"), max_length=120)
    bank_code = forms.CharField(label=_("Bank code"), max_length=12, required=False, help_text=_("12 digits, or empty"))


class DaysForm(forms.Form):
    """The calendar days of a statement, both included."""

    first_on = forms.DateField(label=_("First day"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    last_on = forms.DateField(label=_("Last day"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))

    def clean(self) -> dict[str, Any]:
        """The later day comes last."""
        values = super().clean() or {}
        if "first_on" in values and "last_on" in values and values["last_on"] < values["first_on"]:
            self.add_error("last_on", _t("This day lies before the first one"))
        return values

    @property
    def days(self) -> tuple[date, date] | None:
        """Both days, or None while they cannot be read."""
        return (self.cleaned_data["first_on"], self.cleaned_data["last_on"]) if self.is_valid() else None
