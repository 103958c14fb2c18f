"""Forms of people and organisations: registration, application, members, keys."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from market.participants.keys import SCOPES
from market.participants.members import TRADING_ROLES, OrganisationKind
from market.participants.organisations import SELF_MADE
from market.places import DISTRICTS, SECTORS


class OrganisationForm(forms.Form):
    """Registration of an organisation."""

    kind = forms.ChoiceField(
        label=_("Kind"), choices=[(each, each.label) for each in OrganisationKind if each in SELF_MADE]
    )
    name = forms.CharField(label=_("Registered name"), max_length=200)
    uscc = forms.CharField(
        label=_("Unified social credit code"),
        max_length=40,
        required=False,
        help_text=_("18 characters, from the licence. Natural persons leave it empty."),
    )
    identity_number = forms.CharField(
        label=_("Identity number"),
        max_length=40,
        required=False,
        help_text=_("Only for natural persons. It is stored encrypted and shown masked."),
    )
    district = forms.ChoiceField(
        label=_("Division"), choices=[(code, f"{name} {code}") for code, name in DISTRICTS.items()]
    )
    sector = forms.ChoiceField(label=_("Sector"), choices=list(SECTORS.items()))


class ApplicationForm(forms.Form):
    """An application for admission."""

    source_statement = forms.CharField(
        label=_("Statement of lawful source"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Where the organisation's data come from and by which right they are held."),
    )
    legal_representative = forms.CharField(label=_("Legal representative"), max_length=80, required=False)
    contact_name = forms.CharField(label=_("Contact person"), max_length=80)
    contact_phone = forms.CharField(label=_("Contact telephone"), max_length=32, required=False)
    contact_email = forms.EmailField(label=_("Contact e-mail address"), required=False)
    licence = forms.FileField(
        label=_("Scan of the licence"), required=False, help_text=_("PDF, PNG or JPEG, at most 10 MB.")
    )
    terms = forms.BooleanField(label=_("The terms for participants are read and accepted"), required=False)
    has_clean_record = forms.BooleanField(label=_("No grave breach of law within three years"), required=False)

    def __init__(self, *args: Any, kept_scan: str = "", **kwargs: Any) -> None:
        """kept_scan: the file that lies with the application already; then another one is not asked for."""
        super().__init__(*args, **kwargs)
        self.fields["licence"].required = not kept_scan


class InviteForm(forms.Form):
    """An invitation to join."""

    email = forms.EmailField(label=_("E-mail address"))
    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=[(role, role.label) for role in sorted(TRADING_ROLES)],
        widget=forms.CheckboxSelectMultiple,
    )


class PublicKeyForm(forms.Form):
    """The public half of a key that the signatory holds."""

    public_key = forms.RegexField(
        label=_("Public key (Ed25519, hex)"), regex="^[0-9a-f]{64}$", help_text=_("64 characters 0-9 a-f.")
    )


class PinForm(forms.Form):
    """The PIN under which the platform keeps a key."""

    pin = forms.CharField(
        label=_("PIN"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 8 characters. Nobody can restore it; five wrong tries lock the key."),
    )


class ApiKeyForm(forms.Form):
    """A key for a program."""

    name = forms.CharField(label=_("Name of the program"), max_length=80)
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"), choices=[(each, each) for each in sorted(SCOPES)], widget=forms.CheckboxSelectMultiple
    )
