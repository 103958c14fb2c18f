"""Forms of a supplier's files."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from listings.intake.decode import ENDINGS
from listings.models import DataResource
from listings.resources import DELIMITERS, ENCODINGS, SHEET_MAX, Choices

FIND_OUT: Final = ("", _("find out"))


class ReadingForm(forms.Form):
    """How a file is to be read where the guess is wrong; what is left at “find out” is guessed."""

    READING: Final = ("encoding", "delimiter", "has_header", "sheet")

    encoding = forms.ChoiceField(
        label=_("Encoding"), required=False, choices=[FIND_OUT, *((name, name) for name in ENCODINGS)]
    )
    delimiter = forms.ChoiceField(
        label=_("Delimiter"),
        required=False,
        choices=[
            FIND_OUT,
            *zip(DELIMITERS, (_("comma"), _("semicolon"), _("tab"), _("vertical bar")), strict=True),
        ],
    )
    has_header = forms.TypedChoiceField(
        label=_("First row"),
        required=False,
        choices=[FIND_OUT, ("yes", _("names the columns")), ("no", _("is data already"))],
        coerce=lambda text: text == "yes",
        empty_value=None,
    )
    sheet = forms.CharField(
        label=_("Sheet of a workbook"),
        required=False,
        max_length=SHEET_MAX,
        help_text=_("By its name. Empty: the first one that holds anything."),
    )

    @property
    def reading_fields(self) -> list[forms.BoundField]:
        """The fields that this file has a use for."""
        return [self[name] for name in self.READING if name in self.fields]

    @property
    def choices(self) -> Choices:
        """What was chosen; only for a form that is valid."""
        return Choices(**{name: self.cleaned_data[name] for name in self.READING if name in self.fields})


class UploadForm(ReadingForm):
    """A file and what its supplier calls it."""

    name = forms.CharField(
        label=_("Name"), max_length=200, required=False, help_text=_("Empty: the file's own name is used.")
    )
    file = forms.FileField(
        label=_("File"),
        max_length=255,
        help_text=_("CSV, Excel, JSON and Parquet are read and profiled; any other file is delivered as it is."),
    )


class ReadAgainForm(ReadingForm):
    """The same for one file, without what its kind has no use for, filled with what was chosen the last time."""

    def __init__(self, data: Any = None, *, resource: DataResource) -> None:
        was = {name: getattr(resource, name) for name in ("encoding", "delimiter", "sheet")}
        header = {True: "yes", False: "no", None: ""}[resource.has_header]
        super().__init__(data, initial=was | {"has_header": header})
        if ENDINGS.get(PurePath(resource.filename).suffix.lower()) == "workbook":
            del self.fields["encoding"], self.fields["delimiter"]
            self._offer(sheets_of(resource))
        else:
            del self.fields["sheet"]

    def _offer(self, sheets: Sequence[str]) -> None:
        """Once the workbook was opened its sheets can be chosen instead of typed."""
        if sheets:
            self.fields["sheet"] = forms.ChoiceField(
                label=_("Sheet of a workbook"), required=False, choices=[FIND_OUT, *((name, name) for name in sheets)]
            )


def sheets_of(resource: DataResource) -> list[str]:
    """The sheets that the last reading saw, the one that was read first; none before that."""
    profile = resource.profile or {}
    return [profile["sheet"], *profile["other_sheets"]] if profile.get("sheet") else []
