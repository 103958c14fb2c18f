"""How allauth makes and greets people here."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Sends mail in the person's language and stays on this site after sign-in."""

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The workbench."""
        return "/workbench/"
