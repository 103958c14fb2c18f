"""What a signatory fills in: the consent and the PIN of the key that the platform keeps, or a PIN for a new one."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _


def _pin(label: Any, *, autocomplete: str, **options: Any) -> forms.CharField:
    # Never rendered back: a PIN that was typed is typed again. Pasting and password managers work.
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, max_length=128, strip=False, widget=widget, **options)


class SignForm(forms.Form):
    """Consent, the fingerprint of the text that was read, and the PIN."""

    consent = forms.BooleanField(
        label=_("I have read the contract"),
        error_messages={"required": _("Tick that the text was read before signing it")},
    )
    sha256 = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    key = forms.UUIDField(widget=forms.HiddenInput)
    pin = _pin(_("PIN of the key"), autocomplete="current-password", error_messages={"required": _("Type the PIN")})

    def __init__(self, *args: Any, consent: str, keys: Sequence[tuple[UUID, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["consent"].label = consent
        if len(keys) > 1:
            self.fields["key"] = forms.TypedChoiceField(label=_t("Key"), choices=keys, coerce=UUID)


class MakeKeyForm(forms.Form):
    """A PIN, typed twice, for a key that the platform keeps."""

    pin = _pin(
        _("PIN for the new key"),
        autocomplete="new-password",
        help_text=_("At least 8 characters, of which 4 differ. Nobody can look it up; five wrong tries lock the key."),
    )
    again = _pin(_("The PIN once more"), autocomplete="new-password")

    def clean(self) -> dict[str, Any]:
        """Both must be the same."""
        values = super().clean() or {}
        if "pin" in values and "again" in values and values["pin"] != values["again"]:
            self.add_error("again", _t("The two PINs differ"))
        return values
