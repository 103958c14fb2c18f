"""First seats are given at the console; after that, people choose for whom they act."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from market.events.models import Event
from market.participants import founding, memberships, organisations
from market.participants.errors import AlreadyRegistered
from market.participants.members import OrganisationKind, Role, system
from market.participants.models import Membership, Organisation, Person
from tests.builders import given_applicant, given_operator, given_person
from tests.market.participants.test_memberships import given_confirmed

pytestmark = pytest.mark.django_db
PLACE = ("--name", "运营中心", "--district", "140100")


def test_the_console_founds_the_operator_and_gives_its_first_seats() -> None:
    person, out = given_person("first"), StringIO()

    call_command("found", "operator", *PLACE, "--email", person.email, "--role", "secadmin", "--json", stdout=out)
    second = given_person("second")
    call_command("found", "operator", *PLACE, "--email", second.email, "--role", "reviewer", stdout=StringIO())

    organisation = Organisation.objects.get(kind="operator")
    assert json.loads(out.getvalue())["organisation"] == str(organisation.id)
    assert organisation.memberships.count() == 2
    assert list(Event.objects.order_by("seq").values_list("kind", flat=True)) == [
        "organisation.created",
        "membership.joined",
        "membership.joined",
    ]


@pytest.mark.parametrize(
    ("email", "role", "says"),
    [
        ("nobody@test.example", "secadmin", "Nobody has signed up"),
        ("", "trader", "roles"),
        ("", "regulator_data", "roles"),
    ],
)
def test_the_console_refuses_and_changes_nothing(email: str, role: str, says: str) -> None:
    person = given_person()

    with pytest.raises(CommandError, match=says):
        call_command("found", "operator", *PLACE, "--email", email or person.email, "--role", role)

    assert not Organisation.objects.exists()
    assert not Event.objects.exists()


def test_there_is_one_operator() -> None:
    given_operator()

    with pytest.raises(AlreadyRegistered):
        founding.found(kind=OrganisationKind.OPERATOR, name="另一个", district="140100", by=system("test"))


def test_the_first_security_administrator_invites_the_others() -> None:
    keeper, person = given_operator(Role.SECADMIN), given_confirmed()

    _, secret = memberships.invite(email=person.email, roles=[Role.CLERK], by=keeper)

    assert memberships.accept(secret, by=person).organisation_id == keeper.organisation_id


def test_a_person_of_two_organisations_chooses_for_which_to_act(client: Client) -> None:
    first, second = given_applicant("甲公司"), given_applicant("乙公司")
    person = Person.objects.get(id=first.person_id)
    Membership.objects.create(organisation_id=second.organisation_id, person=person, roles=["trader"])
    client.force_login(person)
    assert client.get("/api/me").json()["organisation_name"] == "甲公司"

    body = {"organisation": str(second.organisation_id)}
    assert client.put("/api/organisations/current", body, content_type="application/json").status_code == 204

    me = client.get("/api/me").json()
    assert (me["organisation_name"], me["roles"]) == ("乙公司", ["trader"])
    assert [each["is_current"] for each in client.get("/api/organisations").json()] == [False, True]


def test_nobody_acts_for_an_organisation_that_they_left_or_never_joined(client: Client) -> None:
    first, stranger = given_applicant("甲公司"), given_applicant("乙公司")
    client.force_login(Person.objects.get(id=first.person_id))

    body = {"organisation": str(stranger.organisation_id)}
    answer = client.put("/api/organisations/current", body, content_type="application/json")

    assert answer.status_code == 403
    assert organisations.member(first.person_id, stranger.organisation_id) is None


def test_over_the_api_a_person_registers_an_organisation_and_acts_for_it(client: Client) -> None:
    client.force_login(given_person())
    body = {
        "kind": "enterprise",
        "name": "新公司",
        "district": "140105",
        "sector": "energy",
        "uscc": "91140100MA0GT0001X",
    }

    wrong = client.post("/api/organisations", body, content_type="application/json")
    assert (wrong.status_code, wrong.json()["fields"][0]["field"]) == (422, "uscc")
    made = client.post("/api/organisations", body | {"uscc": "91140100MA0GT0001Q"}, content_type="application/json")

    assert made.status_code == 201
    assert client.get("/api/me").json()["roles"] == ["admin", "finance", "signatory", "trader"]
    again = client.post("/api/organisations", body | {"uscc": "91140100MA0GT0001Q"}, content_type="application/json")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/already-registered")
