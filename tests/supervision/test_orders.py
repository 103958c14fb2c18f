"""Measures by two persons: proposed by one, confirmed by another, told to those whom they touch."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from market import holds
from market.events import dispatch
from market.events.models import Event, Opening
from market.holds import AlreadyHeld, Held, Scope, TwoPersons
from market.kernel import ids
from market.kernel.errors import IllegalStep, Invalid, MarketError, NotAllowed, NotFound
from market.notifications import queries as inbox
from market.notifications.models import Mail
from market.participants import organisations
from market.participants.members import Member, Role
from market.participants.models import Person
from supervision import orders
from supervision.errors import AlreadyProposed
from supervision.models import Order
from tests.builders import given_applicant, given_authority, given_operator, given_submitted_admission
from tests.market.test_access import bearer

pytestmark = pytest.mark.django_db
WHY: dict[str, Any] = {"reason": "投诉", "legal_basis": "条例 28"}


def tell() -> None:
    dispatch.run_once(lambda *_: None)


def proposed(party: Member, *, by: Member) -> Order:
    return orders.propose(party.organisation_id, scope=Scope.PARTY, **WHY, by=by)


def test_a_party_is_stopped_only_after_a_second_person_confirmed() -> None:
    party, first, second = given_applicant(), given_operator(Role.REVIEWER), given_operator(Role.APPROVER)

    order = proposed(party, by=first)
    assert holds.active([party.organisation_id]) == []
    hold = orders.confirm(order.id, by=second)

    assert (hold.proposed_by, hold.placed_by) == (first.urn, second.urn)
    with pytest.raises(Held), transaction.atomic():
        holds.check(party.organisation_urn)
    assert list(Event.objects.order_by("-seq").values_list("kind", flat=True)[:3]) == [
        "order.confirmed",
        "hold.placed",
        "order.proposed",
    ]


def test_nobody_confirms_what_they_proposed() -> None:
    party, approver = given_applicant(), given_operator(Role.APPROVER)
    order = proposed(party, by=approver)

    with pytest.raises(TwoPersons):
        orders.confirm(order.id, by=approver)
    with pytest.raises(IntegrityError, match="order_confirmed_by_another"), transaction.atomic():
        Order.objects.filter(id=order.id).update(state="confirmed", decided_by=approver.urn)

    assert Order.objects.get(id=order.id).state == "proposed"
    assert holds.active([party.organisation_id]) == []


def test_a_party_cannot_be_stopped_in_one_step() -> None:
    party = given_applicant()

    with pytest.raises(TwoPersons):
        orders.place(party.organisation_id, scope=Scope.PARTY, **WHY, by=given_operator(Role.APPROVER))

    assert holds.active([party.organisation_id]) == []


def test_a_listing_or_a_trade_is_stopped_at_once_and_lifted_by_another() -> None:
    admission_id = given_submitted_admission(given_applicant())  # anything that events speak of
    approver, other = given_operator(Role.APPROVER), given_operator(Role.REVIEWER)

    hold = orders.place(admission_id, scope=Scope.TRADE, **WHY, by=approver)
    with pytest.raises(TwoPersons):
        orders.lift(hold.id, reason="查清", by=approver)
    orders.lift(hold.id, reason="查清", by=other)

    assert holds.active([admission_id]) == []


def test_the_placer_may_ask_for_the_end_and_another_confirms_it() -> None:
    admission_id = given_submitted_admission(given_applicant())
    approver, other = given_operator(Role.APPROVER), given_operator(Role.APPROVER)
    hold = orders.place(admission_id, scope=Scope.TRADE, **WHY, by=approver)

    order = orders.propose_lifting(hold.id, reason="查清", by=approver)
    lifted = orders.confirm(order.id, by=other)

    assert (lifted.lift_proposed_by, lifted.lifted_by) == (approver.urn, other.urn)
    assert holds.active([admission_id]) == []


def test_a_number_that_nothing_has_is_not_found() -> None:
    approver = given_operator(Role.APPROVER)

    for scope in Scope:
        with pytest.raises(NotFound):
            orders.propose(ids.new_id(), scope=scope, **WHY, by=approver)
    with pytest.raises(NotFound):
        orders.propose(given_authority().organisation_id, scope=Scope.PARTY, **WHY, by=approver)

    assert not Order.objects.exists()


def test_one_open_order_on_a_subject_and_none_where_a_hold_stands() -> None:
    party, first, second = given_applicant(), given_operator(Role.APPROVER), given_operator(Role.APPROVER)
    order = proposed(party, by=first)
    with pytest.raises(AlreadyProposed):
        proposed(party, by=second)
    orders.confirm(order.id, by=second)

    with pytest.raises(AlreadyHeld):
        proposed(party, by=first)


def test_a_withdrawn_order_is_over_and_says_why() -> None:
    party, first, second = given_applicant(), given_operator(Role.APPROVER), given_operator(Role.APPROVER)
    order = proposed(party, by=first)

    with pytest.raises(Invalid):
        orders.withdraw(order.id, reason=" ", by=second)
    orders.withdraw(order.id, reason="证据不足", by=second)

    with pytest.raises(IllegalStep):
        orders.confirm(order.id, by=second)
    assert proposed(party, by=first).state == "proposed"


@pytest.mark.parametrize(
    "who",
    [
        lambda: given_applicant(),
        lambda: given_operator(Role.AUDITOR),
        lambda: given_operator(Role.CLERK),
        lambda: given_authority(Role.REGULATOR_DATA),
        lambda: given_authority(Role.AUDITOR),
    ],
    ids=["party", "operator's auditor", "clerk", "data authority", "authority's auditor"],
)
def test_who_only_watches_or_trades_acts_on_nothing(who: Callable[[], Member]) -> None:
    party, actor = given_applicant(), who()
    order = proposed(party, by=given_operator(Role.APPROVER))
    steps: list[Callable[[], Any]] = [
        lambda: orders.place(party.organisation_id, scope=Scope.TRADE, **WHY, by=actor),
        lambda: orders.propose(party.organisation_id, scope=Scope.PARTY, **WHY, by=actor),
        lambda: orders.confirm(order.id, by=actor),
        lambda: orders.withdraw(order.id, reason="x", by=actor),
    ]

    for step in steps:
        with pytest.raises(NotAllowed):
            step()

    assert holds.active([party.organisation_id]) == []


def test_only_an_approver_confirms() -> None:
    order = proposed(given_applicant(), by=given_operator(Role.APPROVER))

    with pytest.raises(NotAllowed):
        orders.confirm(order.id, by=given_operator(Role.REVIEWER))


def test_a_proposal_waits_in_the_approvers_inbox_and_the_party_hears_only_of_the_hold() -> None:
    party, first, second = given_applicant(), given_operator(Role.REVIEWER), given_operator(Role.APPROVER)
    address = Person.objects.get(id=party.person_id).email
    order = proposed(party, by=first)
    tell()
    assert [task.kind for task in inbox.listing(second)] == ["order.confirm"]
    assert not Mail.objects.filter(address=address).exists()
    assert party.organisation_id not in Opening.objects.get(event__kind="order.proposed").parties

    orders.confirm(order.id, by=second)
    tell()

    assert inbox.count(second) == 0
    assert Mail.objects.filter(address=address).count() == 1
    assert Opening.objects.get(event__kind="hold.placed").parties == [party.organisation_id]


def test_a_held_party_goes_no_step_further_until_the_hold_is_lifted() -> None:
    party, first, second = given_applicant(), given_operator(Role.APPROVER), given_operator(Role.APPROVER)
    contact = {"contact_name": "李四", "contact_phone": "", "contact_email": ""}
    hold = orders.confirm(proposed(party, by=first).id, by=second)
    with pytest.raises(Held):
        organisations.change(**contact, by=party)

    orders.confirm(orders.propose_lifting(hold.id, reason="查清", by=second).id, by=first)

    assert organisations.change(**contact, by=party).contact_name == "李四"


def test_over_the_api_two_persons_stop_a_party(client: Client) -> None:
    party, first, second = given_applicant(), given_operator(Role.REVIEWER), given_operator(Role.APPROVER)
    body = {"subject": str(party.organisation_id), "scope": "party", "reason": "投诉", "legal_basis": "条例 28"}
    theirs, ours = bearer(first, "operate"), bearer(second, "operate")

    refused = client.post("/api/supervision/holds", body, content_type="application/json", **theirs)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/two-persons")
    order = client.post("/api/supervision/orders", body, content_type="application/json", **theirs).json()
    assert [each["number"] for each in client.get("/api/supervision/orders", **ours).json()] == [order["number"]]
    hold = client.post(f"/api/supervision/orders/{order['id']}/confirm", **ours)

    assert hold.status_code == 200
    [active] = client.get("/api/supervision/holds", **ours).json()
    assert active["subject"] == party.organisation_urn
    assert active["placed_by_name"] == "operator"
    assert client.get("/api/supervision/holds", **bearer(party)).status_code == 403


def test_a_refused_confirmation_changes_nothing_and_tells_nothing() -> None:
    party, approver = given_applicant(), given_operator(Role.APPROVER)
    order = proposed(party, by=approver)
    before = Event.objects.count()

    with pytest.raises(MarketError):
        orders.confirm(order.id, by=approver)

    assert Event.objects.count() == before
