"""The API: the buyer opens and closes, both parties see, everybody else hears that there is nothing."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from delivery.models import Use
from market.kernel import ids
from market.participants import keys
from market.participants.members import Member, Role
from market.participants.models import Membership, Organisation, Person
from tests.delivery.given import Delivery, given_delivery, given_member, given_organisation

pytestmark = pytest.mark.django_db(transaction=True)
SCOPES = ("read", "deliver")


@dataclass(frozen=True, slots=True)
class Program:
    """A program of one organisation with its key."""

    client: Client
    key: str

    def get(self, path: str) -> tuple[int, Any]:
        """Status and body."""
        answer = self.client.get(f"/api/delivery{path}", headers={"Authorization": f"Bearer {self.key}"})
        return answer.status_code, answer.json()

    def post(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> tuple[int, Any]:
        """Status and body."""
        told = {"Authorization": f"Bearer {self.key}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        answer = self.client.post(f"/api/delivery{path}", body or {}, content_type="application/json", headers=told)
        return answer.status_code, answer.json()


def program(organisation_id: Any, *, scopes: tuple[str, ...] = SCOPES, roles: tuple[Role, ...] = ()) -> Program:
    """A key of a person with the roles (developer where none is named)."""
    organisation = Organisation.objects.get(id=organisation_id)
    person = Person.objects.create_user(f"{ids.new_id()}@test.example")
    granted = [*(roles or (Role.DEVELOPER,))]
    Membership.objects.create(organisation=organisation, person=person, roles=granted)
    maker = given_member(organisation, frozenset({*granted, Role.ADMIN}))
    by = Member(**{name: getattr(maker, name) for name in Member.__dataclass_fields__} | {"person_id": person.id})
    return Program(Client(), keys.issue(name="test", scopes=list(scopes), by=by)[1])


@pytest.fixture
def delivery() -> Delivery:
    """A grant that allows two uses for research."""
    return given_delivery(uses_max=2, purposes=("research",))


def test_the_buyer_opens_downloads_and_closes_by_program(delivery: Delivery) -> None:
    buyer = program(delivery.buyer.organisation_id)

    status, opened = buyer.post(f"/grants/{delivery.grant.id}/uses", {"purpose": "research"})
    listed = buyer.get(f"/grants/{delivery.grant.id}/uses")[1]
    closed = buyer.post(f"/uses/{opened['id']}/close")

    assert status == 201
    assert opened["address"].startswith("http")
    assert (opened["number"], opened["file_sha256"]) == (1, delivery.grant.file_sha256)
    assert [each["id"] for each in listed] == [opened["id"]]
    assert "address" not in listed[0]
    assert (closed[0], closed[1]["state"]) == (200, "closed")


def test_both_parties_see_the_grant_its_uses_and_its_days(delivery: Delivery) -> None:
    delivery.use("research")

    for party in (delivery.buyer, delivery.supplier):
        caller = program(party.organisation_id)
        status, grant = caller.get(f"/grants/{delivery.grant.id}")
        assert (status, grant["use_count"], grant["filename"]) == (200, 1, delivery.grant.filename)
        assert "storage_key" not in grant
        assert len(caller.get(f"/grants/{delivery.grant.id}/uses")[1]) == 1
        assert caller.get(f"/grants/{delivery.grant.id}/days")[1][0]["uses"] == 1
        assert [each["id"] for each in caller.get(f"/grants?thread={grant['thread']}")[1]] == [grant["id"]]


@pytest.mark.parametrize("path", ["/grants/{}", "/grants/{}/uses", "/grants/{}/days"])
def test_everybody_else_hears_that_there_is_nothing(delivery: Delivery, path: str) -> None:
    stranger = program(given_organisation("别的公司").id)

    found = stranger.get(path.format(delivery.grant.id))
    none = stranger.get(path.format(ids.new_id()))

    assert found[0] == none[0] == 404
    assert found[1]["detail"] == none[1]["detail"]
    assert stranger.get("/grants")[1] == []


def test_a_stranger_opens_and_closes_nothing(delivery: Delivery) -> None:
    opened = delivery.use("research")
    stranger = program(given_organisation("别的公司").id)

    statuses = [
        stranger.post(f"/grants/{delivery.grant.id}/uses", {"purpose": "research"})[0],
        stranger.post(f"/uses/{opened.use.id}/close")[0],
    ]

    assert statuses == [404, 404]
    assert Use.objects.get().state == "open"


def test_a_refusal_is_problem_details_with_code_clause_and_sentence(delivery: Delivery) -> None:
    buyer = program(delivery.buyer.organisation_id)

    status, problem = buyer.post(f"/grants/{delivery.grant.id}/uses", {"purpose": "advertising"})

    assert status == 403
    assert problem["type"] == "/problems/use-refused"
    assert problem["code"] == "purpose_not_allowed"
    assert problem["clause"] == "permission[0].constraint[2]"
    assert problem["params"] == {"declared": "advertising", "allowed": ["research"]}
    assert "advertising" in problem["detail"]


def test_the_same_idempotency_key_takes_one_count(delivery: Delivery) -> None:
    buyer = program(delivery.buyer.organisation_id)
    path, body = f"/grants/{delivery.grant.id}/uses", {"purpose": "research"}

    first = buyer.post(path, body, Idempotency_Key="a1")
    second = buyer.post(path, body, Idempotency_Key="a1")

    assert (first[0], second[0]) == (201, 201)
    assert (first[1]["id"], first[1]["address"]) == (second[1]["id"], second[1]["address"])
    assert Use.objects.count() == 1


@pytest.mark.parametrize(
    ("scopes", "roles"),
    [(("read",), (Role.DEVELOPER,)), (("deliver",), (Role.FINANCE,))],
    ids=["a key without the scope", "a role that does not use"],
)
def test_the_door_asks_for_scope_and_role(delivery: Delivery, scopes: tuple[str, ...], roles: tuple[Role, ...]) -> None:
    caller = program(delivery.buyer.organisation_id, scopes=scopes, roles=roles)

    status, _ = caller.post(f"/grants/{delivery.grant.id}/uses", {"purpose": "research"})

    assert (status, Use.objects.count()) == (403, 0)


def test_a_thread_that_is_no_name_is_named(delivery: Delivery) -> None:
    status, problem = program(delivery.buyer.organisation_id).get("/grants?thread=T2026")

    assert (status, problem["fields"][0]["field"]) == (422, "thread")
