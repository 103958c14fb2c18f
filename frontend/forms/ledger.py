"""Which entries the explorer shows."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from frontend import formats, kinds
from provenance.browsing import Filter


class ExplorerForm(forms.Form):
    """Kind, days, and for members a thing or a trade of their own."""

    kind = forms.ChoiceField(label=_("Kind"), required=False)
    first_on = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last_on = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    about = forms.CharField(
        label=_("About"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"class": "mono", "placeholder": "urn:uuid:…"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"] = forms.ChoiceField(
            label=_("Kind"), required=False, choices=[("", _("All kinds")), *kinds.choices()]
        )

    def clean_about(self) -> str:
        """An id, with or without urn:uuid: before it."""
        text: str = self.cleaned_data["about"].strip().removeprefix("urn:uuid:")
        try:
            return str(UUID(text)) if text else ""
        except ValueError as error:
            raise forms.ValidationError(
                _t("This is no id of a thing: it is written urn:uuid: and 36 characters.")
            ) from error

    def clean(self) -> dict[str, Any]:
        """The days stand in their order."""
        found = super().clean() or {}
        first, last = found.get("first_on"), found.get("last_on")
        if first and last and last < first:
            self.add_error("last_on", _t("The last day lies before the first."))
        return found

    def filter(self) -> Filter:
        """What the query takes; a choice that cannot be read is left out, and its field says so."""
        self.full_clean()
        said = self.cleaned_data if self.is_bound else {}
        first, last, zone = said.get("first_on"), said.get("last_on"), formats.market_zone()
        return Filter(
            kinds=[said["kind"]] if said.get("kind") else (),
            since=datetime.combine(first, time.min, zone) if first else None,
            until=datetime.combine(last + timedelta(days=1), time.min, zone) if last else None,
        )

    def subject(self) -> UUID | None:
        """The thing asked for."""
        about = self.cleaned_data.get("about") if self.is_bound else None
        return UUID(about) if about else None

    def query(self) -> dict[str, str]:
        """The choice as it stands in an address."""
        if not self.is_bound:
            return {}
        names = ("kind", "first_on", "last_on", "about")
        return {name: str(value) for name in names if (value := self.cleaned_data.get(name))}
