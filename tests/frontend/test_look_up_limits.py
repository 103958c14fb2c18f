"""Public search, ledger and certificates answer each caller so many questions a minute, then say when to come back."""

from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client

from market.kernel import ids
from tests.builders import given_applicant
from tests.frontend.clients import client_of, text

pytestmark = pytest.mark.django_db
PAGES = (
    "/catalogue/?q=空气",
    "/catalogue/filters/?q=空气",
    "/ledger/?q=1",
    "/ledger/0/",
    f"/certificates/{ids.new_id()}/",
)
DOORS = (
    "/api/listings/catalogue?q=空气",
    f"/api/listings/catalogue/{ids.new_id()}",
    f"/api/log/leaves/{'ab' * 32}",
    f"/api/log/certificates/{ids.new_id()}",
)


@pytest.fixture(autouse=True)
def two_a_minute(settings: Any) -> None:
    """A ceiling that a test reaches."""
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "look_up": "2/m"}


def reader(language: str) -> Client:
    """A stranger who reads in this language."""
    client = Client()
    client.cookies[django_settings.LANGUAGE_COOKIE_NAME] = language
    return client


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize(("language", "said"), [("zh-hans", "请求过多"), ("en", "Too many requests")])
def test_the_third_question_is_answered_with_when_to_come_back(address: str, language: str, said: str) -> None:
    client = reader(language)

    before = [client.get(address).status_code for _ in range(2)]
    refused = client.get(address)

    assert 429 not in before
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert said in text(refused)
    assert refused["Retry-After"] in text(refused)


@pytest.mark.parametrize("address", DOORS)
def test_the_api_refuses_in_problem_form(address: str) -> None:
    client = Client()

    answers = [client.get(address) for _ in range(3)]

    assert 429 not in [answer.status_code for answer in answers[:2]]
    refused = answers[2]
    assert refused.status_code == 429
    assert refused["Content-Type"] == "application/problem+json"
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert refused.json()["retry_after_s"] == int(refused["Retry-After"])


def test_a_filter_that_htmx_asks_for_is_refused_in_the_box_of_the_open_page() -> None:
    client = Client(headers={"HX-Request": "true"})

    refused = [client.get("/catalogue/?sector=energy") for _ in range(3)][-1]

    assert refused.status_code == 429
    assert refused["HX-Retarget"] == "#refusal"
    assert int(refused["Retry-After"]) >= 1


def test_opening_the_pages_without_a_question_is_not_counted() -> None:
    client = Client()

    answers = {client.get(address).status_code for _ in range(3) for address in ("/catalogue/", "/ledger/", "/verify/")}

    assert answers == {200}


def test_a_signed_in_person_is_counted_apart_from_the_address_and_pages_and_api_together() -> None:
    stranger, person = Client(), client_of(given_applicant())
    for _ in range(2):
        stranger.get(PAGES[0])

    assert stranger.get(DOORS[0]).status_code == 429
    assert person.get(DOORS[0]).status_code == 200
