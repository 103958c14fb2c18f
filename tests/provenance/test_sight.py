"""Each kind of entry against each seat: who sees the values, who their names, who nothing (regulation.md §2.15)."""

from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from market.access import OutOfScope
from market.events import kinds, outbox
from market.events.models import Event, Opening
from market.kernel import ids
from market.kernel.errors import Invalid, NotAllowed
from market.participants.members import AUTHORITY_ROLES, Member, OrganisationKind, Role
from provenance import evidence, queries, sequencer, sight
from provenance.sight import FAMILIES, Sight
from tests.builders import given_applicant, given_authority, given_operator, given_signed
from tests.frontend.clients import client_of

R = Role
OPEN, META, NOTHING = Sight.OPEN, Sight.META, Sight.NOTHING
AUTHORITIES = sorted(AUTHORITY_ROLES)
# Row: family of kinds; column: seat. Written down from the matrix, not from the code.
MATRIX: dict[str, dict[Role, Sight]] = {
    "party": {R.REVIEWER: OPEN, R.AUDITOR: META, **dict.fromkeys(AUTHORITIES, OPEN)},
    "listing": {R.REVIEWER: OPEN, R.AUDITOR: META, **dict.fromkeys(AUTHORITIES, OPEN)},
    "contract": {R.REVIEWER: OPEN, R.APPROVER: OPEN, R.AUDITOR: META, **dict.fromkeys(AUTHORITIES, OPEN)},
    "bill": {R.CLERK: OPEN, R.APPROVER: OPEN, R.AUDITOR: META},
    "measure": {R.REVIEWER: OPEN, R.APPROVER: OPEN, R.AUDITOR: META, **dict.fromkeys(AUTHORITIES, OPEN)},
    "log": {R.REVIEWER: OPEN, R.APPROVER: OPEN, R.AUDITOR: META, **dict.fromkeys(AUTHORITIES, OPEN)},
}
SEATS = [R.REVIEWER, R.CLERK, R.APPROVER, R.AUDITOR, R.SYSADMIN, R.SECADMIN, *AUTHORITIES]
DECLARED = sorted(name for name in kinds.KINDS if not name.startswith("test."))
SAMPLES: dict[type, Any] = {str: "x", int: 1, bool: True, list: [], dict: {}, type(None): None}


def seat(role: Role) -> Member:
    """A seat that is bounded by no district."""
    kind = OrganisationKind.AUTHORITY if role in AUTHORITY_ROLES else OrganisationKind.OPERATOR
    return Member(ids.new_id(), ids.new_id(), "席位", kind, frozenset({role}), True, "", "")


def party() -> Member:
    """Somebody of a trading organisation."""
    return Member(
        ids.new_id(), ids.new_id(), "公司", OrganisationKind.ENTERPRISE, frozenset({R.TRADER}), True, "140105", ""
    )


def told(kind: str, supplier: Member, buyer: Member) -> Opening:
    """An event of the kind between two parties, done by a person of the supplier."""
    fields = {}
    for name, wanted in kinds.get(kind).fields.items():
        fields[name] = SAMPLES[wanted[0] if isinstance(wanted, tuple) else wanted]
    with transaction.atomic():
        event_id = outbox.record(
            kind,
            subject=ids.urn(ids.new_id()),
            actor=supplier.urn,
            parties=[supplier.organisation_id, buyer.organisation_id],
            **fields,
        )
    return Opening.objects.get(event_id=event_id)


def test_every_kind_stands_in_one_row_of_the_matrix() -> None:
    assert {kind for kind in DECLARED if kind.partition(".")[0] not in FAMILIES} == set()
    assert set(FAMILIES.values()) == set(MATRIX)


@pytest.mark.parametrize("role", SEATS)
@pytest.mark.parametrize("kind", DECLARED)
def test_a_seat_sees_of_a_kind_what_the_matrix_says(kind: str, role: Role) -> None:
    expected = MATRIX[FAMILIES[kind.partition(".")[0]]].get(role, NOTHING)

    assert sight.of_kind(kind, seat(role)) is expected
    assert sight.of_kind(kind, party()) is NOTHING


@pytest.mark.django_db(transaction=True)
def test_of_each_kind_parties_open_their_own_and_nobody_else_opens_any_without_a_case() -> None:
    supplier, buyer, foreign = party(), party(), party()
    made = {kind: told(kind, supplier, buyer).event_id for kind in DECLARED}

    seen = {
        who: {row.event.kind for row in queries.openings(made.values(), reader).select_related("event")}
        for who, reader in {
            "public": None, "supplier": supplier, "buyer": buyer, "foreign": foreign,
            **{str(role): seat(role) for role in SEATS},
        }.items()
    }  # fmt: skip

    assert seen.pop("supplier") == seen.pop("buyer") == set(DECLARED)
    assert set(map(len, seen.values())) == {0}


@pytest.mark.django_db(transaction=True)
def test_under_a_case_a_seat_sees_its_task_and_the_look_is_on_record() -> None:
    stage = given_signed()
    sequencer.drain()
    agreed = Event.objects.select_related("leaf").get(kind="negotiation.agreed")
    reviewer = given_operator(R.REVIEWER)

    found, seen = sight.looked(agreed.leaf.index, case="案1", reason="争议", by=reviewer)
    names, meta = sight.looked(agreed.leaf.index, case="案1", reason="审计", by=given_operator(R.AUDITOR))

    assert (seen, found.value("supplier")) == (OPEN, stage.supplier.member.organisation_urn)
    assert (meta, names.openings) == (META, {})
    looks = Opening.objects.filter(event__kind="party.looked", subject=agreed.id)
    assert [row.fields["reason"]["value"] for row in looks.order_by("event__seq")] == ["争议", "审计"]
    assert all(stage.buyer.member.organisation_id in row.parties for row in looks)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("case", "reason"), [("", "争议"), ("案1", " ")])
def test_without_a_case_or_a_reason_nothing_is_shown(case: str, reason: str) -> None:
    given_signed()
    sequencer.drain()
    index = Event.objects.select_related("leaf").get(kind="negotiation.agreed").leaf.index

    with pytest.raises(Invalid):
        sight.looked(index, case=case, reason=reason, by=given_operator(R.REVIEWER))


@pytest.mark.django_db(transaction=True)
def test_an_authority_of_another_district_is_refused_and_that_is_recorded() -> None:
    given_signed()
    sequencer.drain()
    index = Event.objects.select_related("leaf").get(kind="negotiation.agreed").leaf.index

    with pytest.raises(OutOfScope):
        sight.looked(index, case="案1", reason="检查", by=given_authority(R.REGULATOR_CAC, district="1402"))

    assert Event.objects.filter(kind="party.look_refused").count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_door_of_the_api_asks_the_same() -> None:
    given_signed()
    sequencer.drain()
    index = Event.objects.select_related("leaf").get(kind="negotiation.agreed").leaf.index
    body = {"case": "案1", "reason": "争议"}

    def ask(by: Member | None) -> Any:
        client = Client() if by is None else client_of(by)
        return client.post(f"/api/log/entries/{index}/look", body, content_type="application/json")

    assert ask(given_operator(R.REVIEWER)).json()["values"]["currency"] == "CNY"
    assert ask(given_operator(R.AUDITOR)).json()["values"] == {}
    assert [ask(by).status_code for by in (None, given_applicant(), given_operator(R.CLERK))] == [401, 403, 403]


@pytest.mark.django_db(transaction=True)
def test_the_public_view_of_an_entry_holds_its_leaf_and_no_value() -> None:
    given_signed()
    sequencer.drain()

    found = [evidence.at(index, reader=None) for index in range(queries.health().size)]

    assert all(each is not None and each.openings == {} for each in found)
    with pytest.raises(NotAllowed):
        sight.looked(0, case="案1", reason="好奇", by=given_applicant())
