"""The terms that participants accept can be read before they are accepted, and never change unseen."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from market import rules
from market.participants import terms
from market.participants.models import Person
from tests.builders import given_applicant

pytestmark = pytest.mark.django_db
# A text that participants accepted is never edited: write the next version instead.
FROZEN = {1: "c517ea11430522d0640bc0c8418be3ed7fd56834c17da2c9585690e615f01cdd"}


@pytest.mark.parametrize("version", terms.VERSIONS)
def test_a_version_that_was_accepted_never_changes(version: int) -> None:
    assert terms.sha256(version) == FROZEN[version]


def test_the_version_that_counts_has_a_text() -> None:
    assert rules.current("terms.participant").version in terms.VERSIONS


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh-hans", ("第 1 版，现行版本", "数据安全与个人信息")), ("en", ("Version 1, the one", "Holds"))],
)
def test_anybody_reads_the_terms_in_both_languages(language: str, said: tuple[str, str]) -> None:
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language

    page = client.get("/terms/1/").content.decode()

    assert all(each in page for each in said)
    assert page.count("<h2>") == len(terms.VERSIONS[1])
    assert terms.sha256(1) in page


def test_a_version_that_never_was_is_not_there() -> None:
    assert Client().get("/terms/99/").status_code == 404


def test_who_applies_is_led_to_the_text() -> None:
    member = given_applicant("并州物流有限公司")
    client = Client()
    client.force_login(Person.objects.get(id=member.person_id))

    page = client.get(reverse("frontend:organisation")).content.decode()

    assert 'href="/terms/1/"' in page
