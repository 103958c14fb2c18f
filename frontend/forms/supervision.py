"""What the supervision desk fills in: measures with their reason and basis, searches, filters of its lists."""

from datetime import date, datetime, time, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from contracts.oversight import Choice
from frontend import formats
from frontend.forms.desk import ReasonForm
from market import places
from market.holds import Scope
from market.participants.members import Member


class SubjectSearchForm(forms.Form):
    """What is to be held, by kind and by number or name."""

    scope = forms.ChoiceField(label=_("What is held"), choices=Scope.choices, widget=forms.RadioSelect)
    q = forms.CharField(
        label=_("Its number or name"),
        max_length=200,
        help_text=_("A trade's number, a product's number or title, a firm's name or credit code"),
    )


class HoldForm(ReasonForm):
    """Why a thing is held, and on which article or rule that rests."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The parties concerned read it"),
    )
    legal_basis = forms.CharField(
        label=_("Legal basis"), max_length=200, help_text=_("Article of the regulation, or of the trading rules")
    )


class LiftForm(forms.Form):
    """Why a hold may end."""

    reason = forms.CharField(
        label=_("Why it may end"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The parties concerned read it"),
    )


class RefusalForm(forms.Form):
    """Why an order is dropped."""

    reason = forms.CharField(label=_("Why not"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class TradeFilterForm(forms.Form):
    """Which trades the list shows, besides their stage."""

    q = forms.CharField(label=_("Trade number or party"), max_length=200, required=False)
    district = forms.ChoiceField(label=_("District"), required=False)

    def __init__(self, *args: object, by: Member, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they came
        reached = [(code, name) for code, name in places.DISTRICTS.items() if code.startswith(by.district)]
        # 140100 stands for the whole city, as a prefix 1401.
        named = [(code.removesuffix("00"), name) for code, name in reached]
        self.fields["district"].choices = [("", _("All in reach")), *named]  # type: ignore[attr-defined]

    def choice(self, stage: str) -> Choice:
        """What the query takes; a filter that cannot be read is left out, and its field says so."""
        chosen = self.cleaned_data if self.is_valid() else {}
        return Choice(stage=stage, words=chosen.get("q", ""), district=chosen.get("district", ""))


class JournalFilterForm(forms.Form):
    """Which acts the journal shows."""

    KINDS = (
        ("looks", _("Looks, refused ones too")),
        ("measures", _("Holds and orders")),
        ("decisions", _("Decisions of review")),
        ("", _("All acts")),
    )
    who = forms.CharField(label=_("Person or organisation"), max_length=100, required=False)
    kind = forms.ChoiceField(label=_("Acts"), choices=KINDS, required=False, initial="looks")
    first_on = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last_on = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> dict[str, object]:
        """The days stand in their order."""
        found = super().clean() or {}
        first, last = found.get("first_on"), found.get("last_on")
        if first and last and last < first:
            self.add_error("last_on", _("The last day lies before the first."))
        return found

    def since(self) -> datetime | None:
        """The first moment of the first day, as the market counts days."""
        first = self.cleaned_data.get("first_on")
        return datetime.combine(first, time.min, formats.market_zone()) if first else None

    def until(self) -> datetime | None:
        """The moment after the last day; None where there is none, as after the calendar's own last day."""
        last = self.cleaned_data.get("last_on")
        if last is None or last == date.max:
            return None
        return datetime.combine(last + timedelta(days=1), time.min, formats.market_zone())
