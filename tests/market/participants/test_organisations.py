"""What stands about an organisation: only what the market knows, each fault at its field."""

from typing import Any

import pytest
from django.test import Client

from market import places
from market.kernel.errors import Invalid
from market.participants import memberships, organisations
from market.participants.members import OrganisationKind, Role
from market.participants.models import Invitation, Organisation
from tests.builders import given_applicant, given_operator, given_person, given_uscc

pytestmark = pytest.mark.django_db


def fields_of(refused: Invalid) -> list[str]:
    """The fields that a refusal names."""
    return [problem["field"] for problem in refused.fields]


def test_every_sector_that_forms_offer_is_taken() -> None:
    for code in places.SECTORS:
        assert places.sector_problems(code) == []


@pytest.mark.parametrize("sector", ["aviation", "Energy", "能源", " ", ""])
def test_an_organisation_of_no_known_sector_is_refused_at_that_field(sector: str) -> None:
    with pytest.raises(Invalid) as refused:
        organisations.create(
            kind=OrganisationKind.ENTERPRISE,
            name="甲公司",
            district="140105",
            sector=sector,
            uscc=given_uscc(),
            by=given_person(),
        )

    assert fields_of(refused.value) == ["sector"]
    assert not Organisation.objects.filter(name="甲公司").exists()


def test_a_sector_is_changed_to_a_known_one_only() -> None:
    applicant = given_applicant(sector="energy")
    contact: dict[str, Any] = {"contact_name": "李四", "contact_phone": "", "contact_email": ""}

    with pytest.raises(Invalid) as refused:
        organisations.change(**contact, sector="aviation", by=applicant)
    organisations.change(**contact, sector="transport", by=applicant)

    assert fields_of(refused.value) == ["sector"]
    assert Organisation.objects.get(id=applicant.organisation_id).sector == "transport"


def test_an_organisation_outside_the_list_still_changes_its_contact() -> None:
    applicant = given_applicant(sector="energy")
    Organisation.objects.filter(id=applicant.organisation_id).update(sector="public")

    organisations.change(contact_name="王五", contact_phone="", contact_email="", by=applicant)

    assert Organisation.objects.get(id=applicant.organisation_id).contact_name == "王五"


def test_the_api_names_the_field_and_the_sectors_there_are() -> None:
    person = given_person()
    client = Client()
    client.force_login(person)
    sent = {"kind": "enterprise", "name": "乙公司", "district": "140105", "sector": "aviation", "uscc": given_uscc()}

    answer = client.post("/api/organisations", sent, content_type="application/json")

    assert answer.status_code == 422
    [problem] = answer.json()["fields"]
    assert problem["field"] == "sector"
    assert "environment, energy, transport" in problem["fix"]


def test_a_seat_is_bounded_by_a_known_sector_only() -> None:
    keeper = given_operator(Role.SECADMIN)

    with pytest.raises(Invalid) as refused:
        memberships.invite(email="seat@test.example", roles=[Role.REVIEWER], sector="aviation", by=keeper)

    assert "sector" in fields_of(refused.value)
    assert not Invitation.objects.exists()
