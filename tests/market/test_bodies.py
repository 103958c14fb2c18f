"""Bodies that break off, and bodies that no schema can read: a problem in words, never a page and never a half."""

import io
from typing import Any

import pytest
from django.test import Client

from contracts.models import Negotiation
from listings.models import DataResource
from market import bodies
from market.participants.members import Member, Role
from market.participants.models import Person
from market.wsgi import application
from settlement.models import Statement
from tests.builders import given_operator, given_signatory


def client_of(member: Member) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(Person.objects.get(id=member.person_id))
    return client


class Dripping(io.BytesIO):
    """Gives at most three bytes at a time, as a socket may."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(3, size if size is not None and size >= 0 else 3))


def test_a_body_is_read_to_its_end_in_blocks_of_the_size_asked_for() -> None:
    body = bodies.Whole(Dripping(b"0123456789"), 10)

    assert (body.read(4), body.read(100), body.read(100)) == (b"0123", b"456789", b"")


@pytest.mark.parametrize("sizes", [(100,), (4, 4, 4), (8, 8)])
def test_a_body_that_breaks_off_is_told_and_not_taken_for_its_end(sizes: tuple[int, ...]) -> None:
    body = bodies.Whole(Dripping(b"01234567"), 10)

    with pytest.raises(bodies.Cut):
        [body.read(size) for size in sizes]


def test_every_request_of_the_site_has_such_a_body() -> None:
    seen: list[Any] = []
    serve = bodies.require_whole(lambda environ, _: seen.append(environ["wsgi.input"]) or [])  # type: ignore[func-returns-value]

    serve({"CONTENT_LENGTH": "2", "wsgi.input": io.BytesIO(b"a")}, lambda *_: None)

    assert isinstance(seen[0], bodies.Whole)
    assert application.__qualname__ == serve.__qualname__


def test_lines_end_where_they_end_and_a_line_that_breaks_off_is_told() -> None:
    body = bodies.Whole(io.BytesIO(b"a\nbc"), 5)

    assert body.readline(100) == b"a\n"
    with pytest.raises(bodies.Cut):
        body.readline(100)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/api/listings/resources?filename=air.csv", "/api/settlement/statements", "/api/contracts/negotiations"]
)
def test_a_request_that_breaks_off_changes_nothing(address: str) -> None:
    member = given_operator(Role.CLERK) if "statements" in address else given_signatory().member
    client = client_of(member)
    stated = {"CONTENT_LENGTH": "1000", "wsgi.input": bodies.Whole(io.BytesIO(b"a,b\n1,2\n"), 1000)}

    answer = client.post(address, b"", content_type="application/json", **stated)  # type: ignore[arg-type]  # environ

    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["type"].endswith("/unreadable")
    assert (DataResource.objects.count(), Statement.objects.count(), Negotiation.objects.count()) == (0, 0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"offer": "a\\u0000b"}', "offer"),
        ('{"policy": {"permission": [{"target": "\\ud800"}]}}', "policy.permission.0.target"),
        ('{"\\u0000": 1}', "?"),
        ('"\\u0000"', "body"),
    ],
)
def test_text_that_no_column_can_hold_is_refused_by_its_field(body: str, field: str) -> None:
    client = client_of(given_signatory().member)

    answer = client.post("/api/contracts/negotiations", body, content_type="application/json")

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["fields"]] == [field]


@pytest.mark.django_db
def test_a_query_that_no_column_can_hold_is_refused_by_its_field() -> None:
    answer = Client().get("/api/listings/catalogue?q=a%00b")

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["fields"]] == ["q"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "media_type", "status", "slug"),
    [
        (b"{", "application/json", 400, "unreadable"),
        (b"\xff\xfe", "application/json", 400, "unreadable"),
        (b"[" * 200_000, "application/json", 400, "unreadable"),
        (b" " * 3_000_000, "application/json", 413, "too-large"),
        (b"--x\r\n\r\n", "multipart/form-data", 400, "unreadable"),
    ],
)
def test_a_body_that_is_not_what_it_says_is_a_problem_in_words(
    body: bytes, media_type: str, status: int, slug: str
) -> None:
    client = client_of(given_operator(Role.CLERK))
    address = "/api/settlement/statements" if "form" in media_type else "/api/settlement/payouts/"
    if "json" in media_type:
        client, address = client_of(given_signatory().member), "/api/contracts/negotiations"

    answer = client.post(address, body, content_type=media_type)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == f"/problems/{slug}"
    assert answer.json()["detail"]
