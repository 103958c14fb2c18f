"""How allauth makes and greets people here, and how set-up makes them without a browser."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.core import context
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from market.notifications import mail, texts
from market.participants.models import Person


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth carries no types
    """Letters leave through the outbox with the market's own address; lockout does not ask which host was named."""

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The workbench."""
        return "/workbench/"

    def save_user(self, request: HttpRequest, user: Person, form: Any, commit: bool = True) -> Person:
        """Remember in which language the person signed up."""
        user.language = texts.language_now()
        saved: Person = super().save_user(request, user, form, commit)
        return saved

    def send_mail(self, template_prefix: str, email: str, context_data: dict[str, Any]) -> None:
        """Into the outbox: a mail server that hangs must not hang a page."""
        request = context.request
        # Not the Host header, which a stranger may choose.
        site = {"name": texts.market_name(), "domain": urlsplit(settings.PUBLIC_URL).netloc}
        known = context_data | {"request": request, "email": email, "current_site": site}
        letter = self.render_mail(template_prefix, email, known)
        subject = f"[{texts.market_name()}] {letter.subject}"
        mail.post(to=email, message=texts.Letter(subject=subject, text=letter.body))

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Under PUBLIC_URL, whatever host the request named."""
        return _public(super().get_reset_password_from_key_url(key))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: EmailConfirmation) -> str:
        """Under PUBLIC_URL, whatever host the request named."""
        return _public(super().get_email_confirmation_url(request, emailconfirmation))

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """One count for one address: with allauth's own key, each made-up Host header would start a new one."""
        return str(credentials.get("email", "")).strip().lower()


def _public(url: str) -> str:
    base, parts = urlsplit(settings.PUBLIC_URL), urlsplit(url)
    return urlunsplit((base.scheme, base.netloc, parts.path, parts.query, ""))


def has_second_factor(person: Person) -> bool:
    """Whether sign-in asks this person for more than the password."""
    found = Authenticator.objects.filter(user=person).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return bool(found.exists())


def create(*, email: str, password: str, name: str, language: str = "zh-hans") -> Person:
    """Make a person whose address counts as confirmed: for set-up and demonstration, never for a request.

    Raises IntegrityError for an address that is taken.
    """
    with transaction.atomic():
        person = Person.objects.create_user(email, password, name=name, language=language)
        EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person
