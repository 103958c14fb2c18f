"""Theme, language and seat are plain forms that come back to the page they were sent from."""

import pytest
from django.test import Client

from market.participants import organisations
from market.participants.members import OrganisationKind
from tests.builders import given_person, given_uscc

pytestmark = pytest.mark.django_db


def test_the_stored_theme_is_written_by_the_server() -> None:
    client = Client()

    response = client.post("/theme", {"theme": "dark", "next": "/help/"})

    assert response["Location"] == "/help/"
    assert 'data-theme="dark"' in client.get("/help/").content.decode()


def test_following_the_system_again_forgets_the_choice() -> None:
    client = Client()
    client.post("/theme", {"theme": "dark"})

    client.post("/theme", {"theme": ""})

    assert "data-theme" not in client.get("/help/").content.decode()


def test_pages_are_chinese_until_english_is_chosen() -> None:
    client = Client(headers={"Accept-Language": "en-GB"})
    first = client.get("/help/").content.decode()

    client.post("/language", {"language": "en", "next": "/help/"})

    assert '<html lang="zh-CN"' in first
    assert "一笔交易怎样走完" in first
    second = client.get("/help/").content.decode()
    assert '<html lang="en"' in second
    assert "How a trade goes" in second


def test_a_language_the_market_does_not_speak_is_refused() -> None:
    client = Client()

    response = client.post("/language", {"language": "xx"})

    assert response.status_code == 422
    assert "language" not in client.cookies


@pytest.mark.parametrize("address", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"])
def test_a_choice_never_leads_to_another_site(address: str) -> None:
    response = Client().post("/theme", {"theme": "dark", "next": address})

    assert response["Location"] == "/"


@pytest.mark.parametrize("address", ["/theme", "/language", "/seat"])
def test_a_choice_is_never_made_by_a_link(address: str) -> None:
    assert Client().get(address).status_code == 405


def test_a_person_acts_for_the_organisation_they_chose() -> None:
    person = given_person()
    first, second = (
        organisations.create(
            kind=OrganisationKind.ENTERPRISE,
            name=name,
            district="140105",
            sector="energy",
            uscc=given_uscc(),
            by=person,
        )
        for name in ("甲公司", "乙公司")
    )
    client = Client()
    client.force_login(person)
    before = client.get("/help/").content.decode()

    client.post("/seat", {"organisation": str(second.id)})

    after = client.get("/help/").content.decode()
    assert f'value="{first.id}" aria-current="true"' in before
    assert f'value="{second.id}" aria-current="true"' in after


def test_nobody_acts_for_an_organisation_of_others() -> None:
    person, stranger = given_person(), given_person()
    theirs = organisations.create(
        kind=OrganisationKind.ENTERPRISE,
        name="丙公司",
        district="140105",
        sector="energy",
        uscc=given_uscc(),
        by=person,
    )
    client = Client()
    client.force_login(stranger)

    response = client.post("/seat", {"organisation": str(theirs.id)})

    assert response.status_code == 403
    assert "organisation" not in client.session
