"""What the two sides fill in while they negotiate: a request, a counter-offer, a reason to end."""

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from frontend.forms.amounts import AmountField
from market import licences, policy
from market.policy import PolicyInvalid, UsageTerms

AS_OFFERED, OTHER_PRICE = "offered", "other"
NOTE_MAX: Final = 2000


class RequestForm(forms.Form):
    """The buyer asks for an offer: what for, on its terms or for another price."""

    purpose = forms.ChoiceField(label=_("Purpose"), widget=forms.RadioSelect)
    terms = forms.ChoiceField(label=_("Price"), widget=forms.RadioSelect)
    price_minor = AmountField(label=_("Other price (yuan)"), required=False)
    note = forms.CharField(
        label=_("Note to the supplier"), required=False, max_length=NOTE_MAX, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, purposes: Sequence[str], price: str, is_negotiable: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if purposes:
            field = self.fields["purpose"]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101  stated above
            field.choices = [(each, licences.purpose(each)) for each in purposes]
            self.initial.setdefault("purpose", purposes[0])
            field.help_text = _t("The contract will allow these purposes and no other.")
        else:
            self.fields["purpose"] = forms.CharField(
                label=_("Purpose"),
                max_length=200,
                help_text=_("What the data will be used for. Any lawful purpose is allowed."),
            )
        choices = [(AS_OFFERED, _t("As offered: %(price)s") % {"price": price})]
        if is_negotiable:
            choices.append((OTHER_PRICE, _t("Another price; the supplier may accept it, counter, or end the talks")))
        chosen = self.fields["terms"]
        assert isinstance(chosen, forms.ChoiceField)  # noqa: S101  stated above
        chosen.choices = choices
        self.initial.setdefault("terms", AS_OFFERED)
        if not is_negotiable:
            del self.fields["terms"], self.fields["price_minor"]

    def clean(self) -> dict[str, Any]:
        """Another price needs a price."""
        values = super().clean() or {}
        if (
            values.get("terms") == OTHER_PRICE
            and values.get("price_minor") is None
            and "price_minor" not in self.errors
        ):
            self.add_error("price_minor", _t("Write the price that is proposed"))
        return values

    @property
    def price(self) -> int | None:
        """The proposed price in minor units; None for the offer's own."""
        if self.cleaned_data.get("terms") != OTHER_PRICE:
            return None
        proposed: int | None = self.cleaned_data["price_minor"]
        return proposed


class CounterForm(forms.Form):
    """Other terms: price, days, and the licence where the simple form can say it. Empty numbers set no limit."""

    price_minor = AmountField(label=_("Price (yuan)"))
    silence_accepts = forms.BooleanField(
        label=_("Silence accepts"),
        required=False,
        help_text=_("Without it only the buyer's own word releases the money."),
    )
    acceptance_days = forms.IntegerField(
        label=_("Days until silence accepts"),
        required=False,
        min_value=1,
        max_value=90,
        help_text=_("1 to 90, from delivery; they count where silence accepts."),
    )
    term_days = forms.IntegerField(
        label=_("Term of use (days)"), required=False, help_text=_("From conclusion. Empty: no end.")
    )
    uses_max = forms.IntegerField(label=_("Downloads at most"), required=False, help_text=_("Empty: no limit."))
    purposes = forms.CharField(
        label=_("Purposes"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One on each line. Empty: any lawful purpose."),
    )
    territory = forms.CharField(
        label=_("Territory"),
        required=False,
        max_length=200,
        help_text=_("Codes such as CN or CN-140100, separated by blanks. Empty: no limit."),
    )
    may_derive = forms.BooleanField(label=_("Derivatives may be made"), required=False)
    may_redistribute = forms.BooleanField(label=_("The data may be provided to others"), required=False)
    attribution = forms.CharField(
        label=_("Source to be named"), required=False, max_length=200, help_text=_("Empty: none.")
    )
    delete_within_days = forms.IntegerField(
        label=_("Delete within (days after the term)"), required=False, help_text=_("Empty: no such duty.")
    )
    incident_report_hours = forms.IntegerField(
        label=_("Report a leak within (hours)"), required=False, help_text=_("Empty: no such duty.")
    )
    note = forms.CharField(
        label=_("Note to the other side"), required=False, max_length=NOTE_MAX, widget=forms.Textarea(attrs={"rows": 3})
    )

    LICENCE: Final = (
        "term_days", "uses_max", "purposes", "territory", "may_derive", "may_redistribute", "attribution",
        "delete_within_days", "incident_report_hours",
    )  # fmt: skip

    def __init__(self, *args: Any, usage: UsageTerms | None, days: int | None, **kwargs: Any) -> None:
        """usage, days: the licence and the days for acceptance as they lie on the table."""
        super().__init__(*args, **kwargs)
        self.usage, self.days = usage, days
        if usage is None:
            for name in self.LICENCE:
                del self.fields[name]

    @classmethod
    def of_table(cls, *, usage: UsageTerms | None, price_minor: int, acceptance_days: int | None) -> "CounterForm":
        """The form as it opens: what lies on the table."""
        first: dict[str, Any] = {"price_minor": price_minor, "acceptance_days": acceptance_days}
        first["silence_accepts"] = acceptance_days is not None
        if usage is not None:
            first |= {name: getattr(usage, name) for name in cls.LICENCE}
            first |= {"purposes": "\n".join(usage.purposes), "territory": " ".join(usage.territory)}
        return cls(usage=usage, days=acceptance_days, initial=first)

    @property
    def licence_fields(self) -> list[forms.BoundField]:
        """The fields of the licence, in order; none where it is beyond the form."""
        return [self[name] for name in self.LICENCE if name in self.fields]

    def clean(self) -> dict[str, Any]:
        """Settle what silence does and build the policy, so that each fault stands beside its field."""
        values = super().clean() or {}
        self._settle_silence(values)
        if self.usage is None or any(name in self.errors for name in self.LICENCE):
            return values
        usage = UsageTerms(
            term_days=values["term_days"],
            uses_max=values["uses_max"],
            purposes=tuple(line.strip() for line in values["purposes"].splitlines() if line.strip()),
            recipients=self.usage.recipients,
            territory=tuple(values["territory"].split()),
            may_derive=values["may_derive"],
            may_redistribute=values["may_redistribute"],
            attribution=values["attribution"].strip(),
            delete_within_days=values["delete_within_days"],
            incident_report_hours=values["incident_report_hours"],
        )
        try:
            values["policy"] = dict(policy.canonical(policy.build(usage)))
        except PolicyInvalid as error:
            for each in licences.fields(error):
                self.add_error(each["field"], _t(", ").join([each["reason"], each["fix"]]))
        return values

    def _settle_silence(self, values: dict[str, Any]) -> None:
        days = values.get("acceptance_days")
        if values.get("silence_accepts"):
            if days is None and "acceptance_days" not in self.errors:
                self.add_error("acceptance_days", _t("Say after how many days silence accepts"))
        elif days not in (None, self.days):  # the days on the table stand in the field when the tick is taken out
            self.add_error("acceptance_days", _t("Tick that silence accepts, or leave the days empty"))
        else:
            values["acceptance_days"] = None


class ReasonForm(forms.Form):
    """Why a step is taken; the other side reads it."""

    reason = forms.CharField(label=_("Reason"), max_length=NOTE_MAX, widget=forms.Textarea(attrs={"rows": 4}))
