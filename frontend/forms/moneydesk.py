"""What the money desk fills in: files of the bank, and what a line in suspense is for."""

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _


class StatementForm(forms.Form):
    """A statement file as the bank gives it."""

    file = forms.FileField(
        label=_("Statement file of the bank"),
        help_text=_("CSV in UTF-8 or GB18030, exactly as the bank exports it, with its title and closing rows"),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
    )


class AssignForm(forms.Form):
    """What a line in suspense is for: one of the candidates, or another reference that is typed."""

    OTHER: Final = "other"

    candidate = forms.ChoiceField(label=_("What the money is for"), required=False, widget=forms.RadioSelect)
    payment_reference = forms.CharField(
        label=_("Another reference"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, references: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["candidate"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  stated above
        field.choices = [(each, each) for each in [*references, self.OTHER]]

    def clean(self) -> dict[str, Any]:
        """Exactly one reference, chosen or typed; `reference` holds it."""
        values = super().clean() or {}
        chosen, typed = values.get("candidate", ""), values.get("payment_reference", "")
        chosen = "" if chosen == self.OTHER else chosen
        if chosen and typed and typed != chosen:
            self.add_error(
                "payment_reference", _t("A candidate is chosen as well. Empty this field, or choose another reference")
            )
        elif not (chosen or typed) and "payment_reference" not in self.errors and "candidate" not in self.errors:
            self.add_error("payment_reference", _t("Choose a candidate, or type the reference"))
        values["reference"] = chosen or typed
        return values
