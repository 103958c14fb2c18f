"""A person's browser for tests of pages."""

from typing import Any

from django.conf import settings
from django.test import Client

from market.participants.members import Member
from market.participants.models import Person


def client_of(member: Member, language: str = "zh-hans") -> Client:
    """Signed in as the member's person, reading in this language."""
    client = Client()
    client.force_login(Person.objects.get(id=member.person_id))
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    return client


def text(response: Any) -> str:
    """The page as text."""
    return str(response.content.decode())
