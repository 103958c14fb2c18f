"""Forms of a supplier's files."""

from django import forms
from django.utils.translation import gettext_lazy as _

from listings.resources import DELIMITERS, ENCODINGS


class UploadForm(forms.Form):
    """A file and what its supplier calls it."""

    name = forms.CharField(
        label=_("Name"), max_length=200, required=False, help_text=_("Empty: the file's own name is used.")
    )
    file = forms.FileField(
        label=_("File"),
        max_length=255,
        help_text=_("CSV, Excel, JSON and Parquet are read and profiled; any other file is delivered as it is."),
    )


class ReadAgainForm(forms.Form):
    """How a file is to be read when the guess was wrong."""

    encoding = forms.ChoiceField(
        label=_("Encoding"), required=False, choices=[("", _("find out")), *((name, name) for name in ENCODINGS)]
    )
    delimiter = forms.ChoiceField(
        label=_("Delimiter"),
        required=False,
        choices=[
            ("", _("find out")),
            *zip(DELIMITERS, (_("comma"), _("semicolon"), _("tab"), _("vertical bar")), strict=True),
        ],
    )
