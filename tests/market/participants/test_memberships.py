"""Who may act for an organisation: invitations, roles, bounds, and the last administrator."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError, connection, transaction

from market.events.models import Event, Opening
from market.kernel.clock import shifted
from market.kernel.errors import Invalid, MarketError, NotAllowed, NotFound
from market.notifications.models import Mail
from market.participants import keys, memberships, organisations
from market.participants.errors import AlreadyMember, InvitationOver, LastKeeper, OneOfficer, OtherAddress
from market.participants.members import Member, OrganisationKind, Role
from market.participants.models import Membership, Organisation, Person, PublicKey
from tests.builders import given_applicant, given_authority, given_operator, given_person, given_signatory, member_of

pytestmark = pytest.mark.django_db
ROLES = [Role.TRADER, Role.SIGNATORY]


def given_confirmed(name: str = "colleague") -> Person:
    """A person whose address is confirmed."""
    person = given_person(name)
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


def given_colleague(admin: Member, *roles: Role) -> Member:
    """A second member, joined by invitation."""
    person = given_confirmed()
    _, secret = memberships.invite(email=person.email, roles=roles or ROLES, by=admin)
    memberships.accept(secret, by=person)
    return member_of(person, Organisation.objects.get(id=admin.organisation_id))


def membership_of(member: Member) -> Membership:
    return Membership.objects.get(person_id=member.person_id, organisation_id=member.organisation_id)


def test_an_invited_person_joins_with_the_roles_that_were_offered() -> None:
    admin, person = given_applicant(), given_confirmed()

    _, secret = memberships.invite(email=person.email.upper(), roles=ROLES, by=admin)
    membership = memberships.accept(secret, by=person)

    assert membership.roles == ["signatory", "trader"]
    assert list(Event.objects.order_by("-seq").values_list("kind", flat=True)[:2]) == [
        "membership.joined",
        "membership.invited",
    ]


def test_the_secret_of_a_link_is_nowhere_in_the_database() -> None:
    admin, person = given_applicant(), given_confirmed()

    invitation, secret = memberships.invite(email=person.email, roles=ROLES, by=admin)

    assert secret.encode() not in bytes(invitation.secret_digest)
    assert secret.encode() not in bytes(Mail.objects.get().sealed)
    assert secret not in str(Opening.objects.values_list("fields", flat=True))


def test_a_link_works_once() -> None:
    admin, person = given_applicant(), given_confirmed()
    _, secret = memberships.invite(email=person.email, roles=ROLES, by=admin)
    memberships.accept(secret, by=person)

    with pytest.raises(InvitationOver):
        memberships.accept(secret, by=person)


@pytest.mark.parametrize("how", ["another person", "an address that was never confirmed"])
def test_a_link_does_not_work_for(how: str) -> None:
    admin = given_applicant()
    invited = given_person("invited")
    _, secret = memberships.invite(email=invited.email, roles=ROLES, by=admin)

    with pytest.raises(OtherAddress):
        memberships.accept(secret, by=given_confirmed("thief") if how == "another person" else invited)

    assert Membership.objects.filter(organisation_id=admin.organisation_id).count() == 1


def test_an_expired_or_withdrawn_invitation_ends_and_makes_room_for_another() -> None:
    admin, person = given_applicant(), given_confirmed()
    invitation, first = memberships.invite(email=person.email, roles=ROLES, by=admin)
    with pytest.raises(AlreadyMember):
        memberships.invite(email=person.email, roles=ROLES, by=admin)
    memberships.withdraw(invitation.id, by=admin)
    with pytest.raises(InvitationOver):
        memberships.accept(first, by=person)

    _, second = memberships.invite(email=person.email, roles=ROLES, by=admin)
    with shifted(timedelta(days=8)):
        with pytest.raises(InvitationOver):
            memberships.accept(second, by=person)
        assert memberships.find(second) is None
        _, third = memberships.invite(email=person.email, roles=ROLES, by=admin)
        assert memberships.accept(third, by=person).person_id == person.id


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        (OrganisationKind.ENTERPRISE, Role.REVIEWER),
        (OrganisationKind.ENTERPRISE, Role.REGULATOR_DATA),
        (OrganisationKind.ENTERPRISE, Role.ASSESSOR),
        (OrganisationKind.OPERATOR, Role.TRADER),
        (OrganisationKind.OPERATOR, Role.REGULATOR_PS),
        (OrganisationKind.AUTHORITY, Role.REVIEWER),
    ],
)
def test_roles_of_another_kind_of_organisation_cannot_be_given(kind: OrganisationKind, role: Role) -> None:
    keeper = given_applicant() if kind == OrganisationKind.ENTERPRISE else given_operator(Role.SECADMIN)
    authority = given_authority().organisation_id if kind == OrganisationKind.AUTHORITY else None

    with pytest.raises(Invalid) as refusal:
        memberships.invite(email="new@test.example", roles=[role], organisation_id=authority, by=keeper)

    assert refusal.value.fields[0]["field"] == "roles"
    assert not Mail.objects.exists()


def test_the_operator_keeps_the_seats_of_an_authority_and_an_authority_cannot_widen_its_own() -> None:
    official, keeper, person = given_authority(district="140105"), given_operator(Role.SECADMIN), given_confirmed()

    _, secret = memberships.invite(
        email=person.email,
        roles=[Role.REGULATOR_SECTOR],
        district="1401",
        sector="energy",
        organisation_id=official.organisation_id,
        by=keeper,
    )
    seat = memberships.accept(secret, by=person)

    assert (seat.district, seat.sector) == ("1401", "energy")
    with pytest.raises(NotAllowed):
        memberships.change(seat.id, roles=[Role.REGULATOR_DATA], by=official)
    with pytest.raises(NotFound):
        memberships.end(seat.id, by=official)


def test_a_sector_seat_without_a_sector_is_refused() -> None:
    official, keeper = given_authority(), given_operator(Role.SECADMIN)

    with pytest.raises(Invalid) as refusal:
        memberships.invite(
            email="s@test.example",
            roles=[Role.REGULATOR_SECTOR],
            organisation_id=official.organisation_id,
            by=keeper,
        )

    assert refusal.value.fields[0]["field"] == "sector"


@pytest.mark.parametrize("step", ["leaves", "gives the role away"])
def test_the_last_administrator_neither_leaves_nor_gives_the_role_away(step: str) -> None:
    admin = given_applicant()
    given_colleague(admin)
    own = membership_of(admin).id
    steps: dict[str, Callable[[], Any]] = {
        "leaves": lambda: memberships.end(own, by=admin),
        "gives the role away": lambda: memberships.change(own, roles=[Role.TRADER], by=admin),
    }

    with pytest.raises(LastKeeper):
        steps[step]()

    assert Role.ADMIN in membership_of(admin).roles
    assert membership_of(admin).ended_at is None


@pytest.mark.django_db(transaction=True)
def test_of_two_administrators_who_leave_at_once_one_stays() -> None:
    first = given_applicant()
    second = given_colleague(first, Role.ADMIN)
    ids_ = [membership_of(member).id for member in (first, second)]
    together, refused = Barrier(2), []

    def leave(member: Member, membership_id: Any) -> None:
        together.wait()
        try:
            memberships.end(membership_id, by=member)
        except LastKeeper:
            refused.append(member)
        finally:
            connection.close()

    threads = [Thread(target=leave, args=pair) for pair in zip((first, second), ids_, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    assert Membership.objects.filter(ended_at__isnull=True).count() == 1


def test_a_member_leaves_alone_and_the_keys_go_too() -> None:
    signatory = given_signatory()
    admin = signatory.member
    colleague = given_colleague(admin, Role.ADMIN)

    memberships.end(membership_of(admin).id, by=admin)

    assert PublicKey.objects.get(id=signatory.key_id).revoked_at is not None
    assert organisations.member(admin.person_id, admin.organisation_id) is None
    assert organisations.member(colleague.person_id, colleague.organisation_id) is not None


def test_a_programs_key_dies_with_its_membership() -> None:
    admin = given_applicant()
    colleague = given_colleague(admin, Role.DEVELOPER)
    _, text = keys.issue(name="program", scopes=["read"], by=colleague)
    assert keys.find(text) is not None

    memberships.end(membership_of(colleague).id, by=admin)

    assert keys.find(text) is None


def test_a_signatory_who_is_none_any_longer_loses_the_signing_keys() -> None:
    signatory = given_signatory()

    memberships.change(membership_of(signatory.member).id, roles=[Role.ADMIN], by=signatory.member)

    assert PublicKey.objects.get(id=signatory.key_id).revoked_at is not None


def test_a_second_chief_data_officer_is_refused_by_verb_and_by_database() -> None:
    admin = given_applicant()
    given_colleague(admin, Role.CDO)
    person = given_confirmed()
    _, secret = memberships.invite(email=person.email, roles=[Role.CDO], by=admin)

    with pytest.raises(OneOfficer):
        memberships.accept(secret, by=person)
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(organisation_id=admin.organisation_id, person=person, roles=["cdo"])


@pytest.mark.parametrize(
    "step",
    [
        lambda stranger, other: memberships.change(other, roles=[Role.TRADER], by=stranger),
        lambda stranger, other: memberships.end(other, by=stranger),
    ],
    ids=["change", "end"],
)
def test_a_strangers_administrator_reaches_no_membership_of_others(step: Callable[[Member, Any], Any]) -> None:
    admin, stranger = given_applicant("甲公司"), given_applicant("乙公司")
    colleague = given_colleague(admin)

    with pytest.raises(MarketError):
        step(stranger, membership_of(colleague).id)

    assert membership_of(colleague).ended_at is None
    assert membership_of(colleague).roles == ["signatory", "trader"]
