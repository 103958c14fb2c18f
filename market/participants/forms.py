"""What sign-up asks beside address and password."""

from django import forms
from django.http import HttpRequest
from django.utils.translation import pgettext_lazy

from market.participants.models import Person


class NameForm(forms.Form):
    """The name under which colleagues and counterparts know the person."""

    name = forms.CharField(label=pgettext_lazy("of a person", "Name"), max_length=80)

    def signup(self, request: HttpRequest, user: Person) -> None:
        """Called by allauth with the person it has just made."""
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
