"""What the desk fills in when it books by hand, looks at a past moment, or takes the journal along."""

from datetime import UTC, datetime
from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

from frontend import formats
from frontend.forms.money import DaysForm


class BookingForm(forms.Form):
    """Why, and where the paper lies."""

    reason = forms.CharField(label=_("Reason"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}))
    document = forms.CharField(
        label=_("Document"), max_length=120, help_text=_("where the paper lies: a slip's or a file's number")
    )


class MomentForm(forms.Form):
    """A moment in the market's time zone at which the books are looked at."""

    at_moment = forms.DateTimeField(
        label=_("As the books stood at"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    @property
    def at(self) -> datetime | None:
        """The moment in UTC, or None for now."""
        found: datetime | None = self.cleaned_data["at_moment"] if self.is_valid() else None
        return None if found is None else found.replace(tzinfo=formats.market_zone()).astimezone(UTC)


class JournalForm(DaysForm):
    """The days of the journal, and the kind of file."""

    BEANCOUNT: Final = "beancount"

    form = forms.ChoiceField(label=_("File"), choices=[("xlsx", "Excel"), ("csv", "CSV"), (BEANCOUNT, "beancount")])
