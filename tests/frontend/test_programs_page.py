"""The page of the API, and what programs get where no endpoint answers."""

import html
import re

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from django.utils import translation

from frontend import endpoints
from market import access
from market.urls import handler403, handler404, handler500
from market.urls import urlpatterns as real_addresses

pytestmark = pytest.mark.django_db


@access.allow(access.PUBLIC)
def break_down(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("boom")


urlpatterns = [path("api/break", break_down), *real_addresses]
__all__ = ["handler403", "handler404", "handler500"]


def get(language: str) -> str:
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    answer = client.get("/help/api/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_address_of_the_api_has_its_row_its_sentence_and_its_callers() -> None:
    page = get("zh-hans")

    rows = re.findall(r"<strong>(\w+)</strong> (/api/\S+?)</th><td>([^<]+)", page)
    assert {(method, address) for method, address, _ in rows} == {
        (each.method, each.path) for each in endpoints.operations()
    }
    assert len(rows) == len(endpoints.operations()) > 100
    assert all(re.search(r"[一-鿿]", sentence) for _, _, sentence in rows)
    assert page.count('<td class="end">') == len(rows)


def test_a_row_names_roles_scope_and_what_the_body_carries() -> None:
    with translation.override("en"):
        (offer,) = (
            each
            for _, room in endpoints.rooms()
            for each in room
            if each.path == "/api/listings/versions/{version_id}/offers"
        )

    assert (offer.method, offer.callers, offer.scope, offer.media) == ("POST", "trader", "trade", "")
    assert ("price_minor", "integer", True) in [(each.name, each.kind, each.is_needed) for each in offer.body]
    assert ("acceptance_days", "integer", False) in [(each.name, each.kind, each.is_needed) for each in offer.body]
    assert "price_minor*: integer" in html.unescape(get("en"))


def test_an_address_of_the_api_that_is_not_there_answers_with_problem_details(client: Client) -> None:
    answer = client.get("/api/nothing")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/not-found"
    assert answer.json()["instance"] == "/api/nothing"


def test_a_wrong_method_answers_with_problem_details_and_names_the_right_ones(client: Client) -> None:
    answer = client.put("/api/listings/catalogue")

    assert answer.status_code == 405
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Allow"] == "GET"
    assert answer.json()["type"] == "/problems/wrong-method"
    assert client.get("/problems/wrong-method").status_code == 200


def test_pages_that_are_not_there_stay_pages(client: Client) -> None:
    answer = client.get("/nothing")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


@override_settings(ROOT_URLCONF=__name__)
def test_a_fault_of_ours_is_told_to_programs_with_its_reference() -> None:
    answer = Client(raise_request_exception=False).post("/api/break")

    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert re.fullmatch(r"E-\w{4}-\d{8}", answer.json()["reference"])
    assert "boom" not in answer.content.decode()


def test_crawlers_are_kept_from_desks_and_api(client: Client) -> None:
    answer = client.get("/robots.txt")

    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content.decode().splitlines() == [
        "User-agent: *",
        "Disallow: /workbench/",
        "Disallow: /desk/",
        "Disallow: /accounts/",
        "Disallow: /api/",
    ]
