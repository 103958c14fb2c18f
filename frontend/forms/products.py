"""Forms of a product version: description, dictionary, price and licence."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from listings.models import Frequency, PreviewAudience, RightsType, SourceType
from market.places import DISTRICTS, SECTORS


class DescriptionForm(forms.Form):
    """A version as its supplier describes it (regulation.md §2.3)."""

    title = forms.CharField(label=_("Title"), max_length=110)
    title_en = forms.CharField(label=_("Title in English"), max_length=160, required=False)
    abstract = forms.CharField(
        label=_("Abstract"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What is in it, for what area and time, and what it can be used for."),
    )
    abstract_en = forms.CharField(
        label=_("Abstract in English"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    keywords = forms.CharField(
        label=_("Keywords"), max_length=400, required=False, help_text=_("Separated by commas, at most 20.")
    )
    sector = forms.ChoiceField(label=_("Sector"), choices=list(SECTORS.items()))
    district = forms.ChoiceField(
        label=_("Division of the supplier"), choices=[(code, f"{name} {code}") for code, name in DISTRICTS.items()]
    )
    region = forms.CharField(label=_("Area the data speak of"), max_length=100, required=False)
    time_from = forms.DateField(
        label=_("Data from"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    time_to = forms.DateField(
        label=_("Data until"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    frequency = forms.ChoiceField(label=_("Renewed"), choices=Frequency.choices)
    source_type = forms.ChoiceField(label=_("Where the data come from"), choices=SourceType.choices)
    source_statement = forms.CharField(
        label=_("Statement of source"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("From whom, how and when the data were obtained (Data Security Law, Article 33)."),
    )
    collection_method = forms.CharField(
        label=_("How they were collected"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    rights_type = forms.ChoiceField(label=_("Right on which they are sold"), choices=RightsType.choices)
    rights_basis = forms.CharField(
        label=_("Basis of that right"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Contract, authorisation, licence of the source or registration number."),
    )
    contact = forms.CharField(label=_("Contact"), max_length=200)
    application_scene = forms.CharField(
        label=_("Typical uses"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    attribution = forms.CharField(label=_("Name to be cited"), max_length=200, required=False)
    contains_pi = forms.BooleanField(label=_("Contains personal information"), required=False)
    contains_spi = forms.BooleanField(label=_("Contains sensitive personal information"), required=False)
    cross_border = forms.BooleanField(label=_("May go to a buyer abroad"), required=False)
    preview = forms.ChoiceField(label=_("Who may see preview and statistics"), choices=PreviewAudience.choices)

    def clean(self) -> dict[str, Any]:
        """The data end no earlier than they begin."""
        said = super().clean() or {}
        first, last = said.get("time_from"), said.get("time_to")
        if first and last and last < first:
            self.add_error("time_to", _("The last day lies before the first."))
        return said

    def clean_keywords(self) -> list[str]:
        """A list without blanks; Chinese and Latin commas both divide."""
        text = str(self.cleaned_data["keywords"]).replace("，", ",").replace("、", ",")
        words = [word.strip() for word in text.split(",") if word.strip()]
        if len(words) > 20 or any(len(word) > 32 for word in words):
            raise forms.ValidationError(_("At most 20 keywords of at most 32 characters."))
        return words


class OfferForm(forms.Form):
    """Price plan and licence in the simple form; the machine-readable policy is built from it."""

    name = forms.CharField(label=_("Name of the plan"), max_length=60, help_text=_("For example: single download."))
    price = forms.DecimalField(
        label=_("Price in yuan, tax included"),
        min_value=Decimal(0),
        max_digits=15,
        decimal_places=2,
        help_text=_("0 for free."),
    )
    is_negotiable = forms.BooleanField(label=_("Buyers may make a counter-offer"), required=False, initial=True)
    acceptance_days = forms.IntegerField(
        label=_("Days for acceptance"),
        min_value=1,
        max_value=90,
        required=False,
        initial=3,
        help_text=_("After that, silence counts as acceptance. Empty: silence never does."),
    )
    term_days = forms.IntegerField(
        label=_("Term of use in days"),
        min_value=1,
        max_value=36_500,
        initial=365,
        help_text=_("From the agreement on."),
    )
    uses_max = forms.IntegerField(label=_("Number of downloads"), min_value=1, required=False, initial=20)
    purposes = forms.CharField(
        label=_("Permitted purposes"),
        max_length=500,
        initial="internal-analysis",
        help_text=_("Separated by commas; a buyer names one at each download. any-lawful: every lawful purpose."),
    )
    territory = forms.CharField(
        label=_("Territory"),
        max_length=100,
        initial="CN",
        help_text=_("CN, or CN-140100; 001: the world."),
    )
    may_derive = forms.BooleanField(label=_("Derived works are allowed"), required=False, initial=True)
    may_redistribute = forms.BooleanField(label=_("Passing the data on is allowed"), required=False)
    attribution = forms.CharField(label=_("Name to be cited"), max_length=200, required=False)
    delete_within_days = forms.IntegerField(
        label=_("Delete within days after the term"), min_value=1, max_value=36_500, initial=30
    )
    incident_report_hours = forms.IntegerField(label=_("Report incidents within hours"), min_value=1, initial=24)

    def usage(self) -> dict[str, Any]:
        """The fields of market.policy.UsageTerms."""
        said = self.cleaned_data
        return {
            "term_days": said["term_days"],
            "uses_max": said["uses_max"],
            "purposes": _items(said["purposes"]),
            "territory": _items(said["territory"]),
            "may_derive": said["may_derive"],
            "may_redistribute": said["may_redistribute"],
            "attribution": said["attribution"],
            "delete_within_days": said["delete_within_days"],
            "incident_report_hours": said["incident_report_hours"],
        }

    def price_minor(self) -> int:
        """The price in fen."""
        return int(self.cleaned_data["price"] * 100)


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.replace("，", ",").split(",") if item.strip()]


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
