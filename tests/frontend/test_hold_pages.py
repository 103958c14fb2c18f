"""Holds: found, placed, lifted, confirmed by a second person; what refusals leave alone, what the held party reads."""

import re
from typing import Any

import pytest
from django.urls import reverse

from contracts.states import PeriodState
from market import holds
from market.events import dispatch
from market.events.models import Event, Opening
from market.holds import Hold, Scope
from market.kernel import ids
from market.notifications import queries as inbox
from market.participants.members import AUTHORITY_ROLES, OPERATOR_ROLES, Member, Role
from supervision import orders
from supervision.models import Order
from tests.builders import given_authority, given_delivered, given_funded, given_operator, given_signed, given_stage
from tests.frontend.clients import client_of, text

pytestmark = pytest.mark.django_db
HOLDS, NEW = reverse("frontend:holds"), reverse("frontend:hold_new")
WHY: dict[str, Any] = {"reason": "接到投诉", "legal_basis": "条例 28"}


def approver() -> Member:
    return given_operator(Role.APPROVER)


@pytest.mark.parametrize("role", sorted(OPERATOR_ROLES | AUTHORITY_ROLES))
def test_only_reviewers_and_approvers_place_and_lift(role: Role) -> None:
    stage = given_funded()
    hold = orders.place(stage.period.trade_id, scope=Scope.TRADE, **WHY, by=stage.reviewer)
    member = given_authority(role) if role in AUTHORITY_ROLES else given_operator(role)
    client = client_of(member)

    placed = client.post(NEW, {"subject": str(stage.grant.id), **WHY})
    lifted = client.post(reverse("frontend:hold_lifting", args=[hold.id]), {"reason": "查清"})

    wanted = 303 if role in {Role.REVIEWER, Role.APPROVER} else 403
    assert (placed.status_code, lifted.status_code) == (wanted, wanted)
    assert bool(holds.active([stage.grant.id])) is (wanted == 303)
    assert bool(holds.active([stage.period.trade_id])) is (wanted == 403)


def test_a_delivery_is_found_by_the_number_of_its_trade_and_held() -> None:
    stage = given_funded()
    assert stage.trade is not None
    client = client_of(approver())

    found = text(client.get(NEW, {"scope": "delivery", "q": stage.trade.number}))
    address = re.findall(r'class="row-go" href="([^"]+)"', found)
    page = text(client.get(address[0].replace("&amp;", "&")))
    answer = client.post(NEW, {"subject": str(stage.grant.id), **WHY})

    assert len(address) == 1
    assert "air.csv" in page
    assert answer.status_code == 303
    [hold] = holds.active([stage.grant.id])
    assert (hold.scope, hold.reason, hold.legal_basis) == ("delivery", "接到投诉", "条例 28")
    assert "接到投诉" in text(client.get(answer.headers["Location"]))
    assert "接到投诉" in text(client.get(HOLDS))


@pytest.mark.parametrize(
    ("scope", "words", "count"),
    [
        ("party", "供方", 1),
        ("party", "运营方", 0),
        ("listing", "空气质量", 1),
        ("trade", "需方公司", 1),
        ("delivery", "air.csv", 1),
        ("trade", "无", 0),
    ],
)
def test_each_kind_is_found_by_its_name(scope: str, words: str, count: int) -> None:
    given_funded()

    answer = client_of(approver()).get(NEW, {"scope": scope, "q": words})

    assert answer.status_code == 200
    assert text(answer).count('class="row-go"') == count


def test_a_search_without_words_or_of_no_kind_is_told_beside_its_field() -> None:
    client = client_of(approver())

    for query in ({"scope": "trade", "q": " "}, {"scope": "moon", "q": "x"}):
        answer = client.get(NEW, query)
        assert answer.status_code == 422
        assert 'class="error-summary"' in text(answer)


@pytest.mark.parametrize("missing", ["reason", "legal_basis"])
def test_without_a_reason_and_a_basis_nothing_is_held_and_what_was_typed_stays(missing: str) -> None:
    stage, client = given_funded(), client_of(approver())
    before = Event.objects.count()

    answer = client.post(NEW, {"subject": str(stage.grant.id), **WHY, missing: " "})

    assert answer.status_code == 422
    assert next(value for name, value in WHY.items() if name != missing) in text(answer)
    assert Event.objects.count() == before
    assert holds.active([stage.grant.id]) == []


def test_what_nothing_has_and_what_no_hold_can_stand_on_is_not_found() -> None:
    stage = given_stage()
    client = client_of(approver())

    for subject in (ids.new_id(), "x", stage.clerk.organisation_id):
        assert client.post(NEW, {"subject": str(subject), **WHY}).status_code == 404
    assert not Hold.objects.exists()


def test_a_second_hold_on_the_same_thing_is_refused_on_the_same_page() -> None:
    stage = given_funded()
    orders.place(stage.grant.id, scope=Scope.DELIVERY, **WHY, by=stage.approver)

    shown = client_of(approver()).get(NEW, {"subject": str(stage.grant.id)})
    answer = client_of(approver()).post(NEW, {"subject": str(stage.grant.id), **WHY})

    assert "已在停控中" in text(shown)
    assert answer.status_code == 409
    assert Hold.objects.count() == 1


def test_another_person_lifts_with_a_reason_and_the_history_keeps_both() -> None:
    stage = given_funded()
    hold = orders.place(stage.grant.id, scope=Scope.DELIVERY, **WHY, by=stage.reviewer)
    client, address = client_of(approver()), reverse("frontend:hold_lifting", args=[hold.id])

    without = client.post(address, {"reason": ""})
    stands = bool(holds.active([stage.grant.id]))
    answer = client.post(address, {"reason": "已经查清"})

    assert (without.status_code, stands, answer.status_code) == (422, True, 303)
    assert holds.active([stage.grant.id]) == []
    page = text(client.get(HOLDS, {"shown": "lifted"}))
    assert "接到投诉" in page
    assert "已经查清" in text(client.get(answer.headers["Location"]))
    assert client.post(address, {"reason": "再来"}).status_code == 409


def test_ones_own_hold_takes_a_second_person_to_lift() -> None:
    stage, first, second = given_funded(), approver(), approver()
    hold = orders.place(stage.grant.id, scope=Scope.DELIVERY, **WHY, by=first)

    asked = client_of(first).post(reverse("frontend:hold_lifting", args=[hold.id]), {"reason": "查清"})
    order = Order.objects.get()
    own = client_of(first).post(reverse("frontend:order_confirmation", args=[order.id]))
    standing = bool(holds.active([stage.grant.id]))
    other = client_of(second).post(reverse("frontend:order_confirmation", args=[order.id]))

    assert asked.headers["Location"] == reverse("frontend:order", args=[order.id])
    assert (own.status_code, standing, other.status_code) == (409, True, 303)
    assert holds.active([stage.grant.id]) == []


def test_a_party_is_held_only_once_another_approver_confirmed_on_the_page_of_the_letter() -> None:
    stage, first, second = given_funded(), given_operator(Role.REVIEWER), approver()
    party = stage.buyer.member.organisation_id

    answer = client_of(first).post(NEW, {"subject": str(party), **WHY})
    order = Order.objects.get()
    dispatch.run_once(lambda *_: None)
    [task] = [each for each in inbox.listing(second) if each.kind == "order.confirm"]
    page = text(client_of(second).get(task.url))
    standing = bool(holds.active([party]))
    confirmed = client_of(second).post(reverse("frontend:order_confirmation", args=[order.id]))

    assert answer.headers["Location"] == task.url == reverse("frontend:order", args=[order.id])
    assert "确认，执行停控" in page
    assert "需方公司" in page
    assert (standing, confirmed.status_code) == (False, 303)
    [hold] = holds.active([party])
    assert (hold.proposed_by, hold.placed_by) == (first.urn, second.urn)


def test_an_order_is_refused_with_a_reason_and_nothing_is_held() -> None:
    stage, second = given_funded(), approver()
    party = stage.buyer.member.organisation_id
    order = orders.propose(party, scope=Scope.PARTY, **WHY, by=stage.reviewer)
    client, address = client_of(second), reverse("frontend:order_refusal", args=[order.id])

    without = client.post(address, {"reason": ""})
    state = Order.objects.get().state
    answer = client.post(address, {"reason": "证据不足"})
    late = client.post(reverse("frontend:order_confirmation", args=[order.id]))

    assert (without.status_code, state, answer.status_code, late.status_code) == (422, "proposed", 303, 409)
    assert Order.objects.get().state == "withdrawn"
    assert holds.active([party]) == []


@pytest.mark.parametrize(
    ("role", "confirms", "drops"),
    [(Role.APPROVER, True, True), (Role.REVIEWER, False, True), (Role.AUDITOR, False, False)],
)
def test_an_order_offers_each_reader_what_it_may_do(role: Role, confirms: bool, drops: bool) -> None:
    stage = given_funded()
    order = orders.propose(stage.buyer.member.organisation_id, scope=Scope.PARTY, **WHY, by=stage.approver)
    client = client_of(given_operator(role))

    page = text(client.get(reverse("frontend:order", args=[order.id])))

    assert (reverse("frontend:order_confirmation", args=[order.id]) in page) is confirms
    assert (reverse("frontend:order_refusal", args=[order.id]) in page) is drops
    if not confirms:
        assert client.post(reverse("frontend:order_confirmation", args=[order.id])).status_code == 403
        assert holds.active([order.subject]) == []


def test_the_proposer_is_told_who_has_to_confirm() -> None:
    stage, first = given_funded(), approver()
    order = orders.propose(stage.buyer.member.organisation_id, scope=Scope.PARTY, **WHY, by=first)

    page = text(client_of(first).get(reverse("frontend:order", args=[order.id])))

    assert reverse("frontend:order_confirmation", args=[order.id]) not in page
    assert "提出人不能自己确认" in page


def test_an_authority_reads_the_holds_of_its_reach_and_its_refused_attempt_is_recorded() -> None:
    stage = given_funded()
    hold = orders.place(stage.grant.id, scope=Scope.DELIVERY, **WHY, by=stage.approver)
    address = reverse("frontend:hold", args=[hold.id])
    here, elsewhere = given_authority(Role.REGULATOR_DATA), given_authority(Role.REGULATOR_DATA, district="1101")

    assert "接到投诉" in text(client_of(here).get(HOLDS))
    assert client_of(here).get(address).status_code == 200
    assert "接到投诉" not in text(client_of(elsewhere).get(HOLDS))
    assert client_of(elsewhere).get(address).status_code == 403
    assert Opening.objects.get(event__kind="party.look_refused").actor == elsewhere.urn
    assert client_of(here).get(HOLDS, {"shown": "orders"}).status_code == 200
    assert NEW not in text(client_of(here).get(HOLDS))


def test_a_bounded_seat_of_the_operator_finds_and_holds_nothing_beyond_its_reach() -> None:
    from market.participants.models import Membership

    stage, member = given_funded(), approver()
    Membership.objects.filter(person_id=member.person_id).update(district="1101")
    client = client_of(member)

    found = text(client.get(NEW, {"scope": "delivery", "q": "air.csv"}))
    answer = client.post(NEW, {"subject": str(stage.grant.id), **WHY})

    assert 'class="row-go"' not in found
    assert answer.status_code == 403
    assert Event.objects.filter(kind="party.look_refused").count() == 1
    assert not Hold.objects.exists()


@pytest.mark.parametrize("scope", ["trade", "delivery", "listing", "party"])
def test_the_held_party_reads_since_when_why_and_whom_to_ask(scope: str) -> None:
    stage = given_delivered()
    subject = {
        "trade": stage.period.trade_id,
        "delivery": stage.grant.id,
        "listing": stage.offer.version_id,
        "party": stage.buyer.member.organisation_id,
    }[scope]
    if scope == "party":
        orders.confirm(orders.propose(subject, scope=Scope.PARTY, **WHY, by=stage.reviewer).id, by=stage.approver)
    else:
        orders.place(subject, scope=Scope(scope), **WHY, by=stage.approver)
    client = client_of(stage.buyer.member)

    page = text(client.get(reverse("frontend:trade", args=[stage.period.trade_id])))

    for said in ("接到投诉", "条例 28", "起", "向运营方运营方提出"):
        assert said in page.partition('class="holds"')[2].partition("</div></div>")[0], said
    answer = client.post(reverse("frontend:trade_accept", args=[stage.period.trade_id]), {})
    assert answer.status_code == 423
    assert stage.period.state == PeriodState.DELIVERING


def test_the_letter_about_a_hold_leads_the_party_to_its_page_and_nobody_else() -> None:
    stage = given_delivered()
    hold = orders.place(stage.grant.id, scope=Scope.DELIVERY, **WHY, by=stage.reviewer)
    address = reverse("frontend:held", args=[stage.grant.id])
    assert "接到投诉" in text(client_of(stage.buyer.member).get(address))

    orders.lift(hold.id, reason="已经查清", by=stage.approver)

    page = text(client_of(stage.buyer.member).get(address))
    assert "该对象没有停控" in page
    assert "已经查清" in page
    from tests.builders import given_signatory

    assert client_of(given_signatory("丁公司").member).get(address).status_code == 404
    assert client_of(stage.approver).get(address).status_code == 404


def test_the_supplier_sees_the_hold_on_its_product_and_its_firm() -> None:
    stage = given_stage()
    supplier = client_of(stage.supplier.member)
    orders.place(stage.offer.version_id, scope=Scope.LISTING, **WHY, by=stage.approver)
    party = stage.supplier.member.organisation_id
    orders.confirm(
        orders.propose(party, scope=Scope.PARTY, reason="资质到期", legal_basis="条例 9", by=stage.reviewer).id,
        by=stage.approver,
    )

    product = text(supplier.get(reverse("frontend:version", args=[stage.offer.version_id])))
    firm = text(supplier.get(reverse("frontend:organisation")))

    assert "接到投诉" in product
    assert "资质到期" in product
    assert "资质到期" in firm


def test_the_pages_speak_english() -> None:
    stage = given_funded()
    hold = orders.place(stage.grant.id, scope=Scope.DELIVERY, **WHY, by=stage.reviewer)
    order = orders.propose(stage.buyer.member.organisation_id, scope=Scope.PARTY, **WHY, by=stage.reviewer)
    client = client_of(approver(), "en")

    for address, said in (
        (HOLDS, "See, lift"),
        (f"{HOLDS}?shown=orders", "Place a hold"),
        (NEW, "find what is to be held"),
        (f"{NEW}?subject={stage.period.trade_id}", "Place the hold now"),
        (reverse("frontend:hold", args=[hold.id]), "Lift the hold"),
        (reverse("frontend:order", args=[order.id]), "Confirm: place the hold"),
    ):
        assert said in text(client.get(address)), address


FRAME = 6  # session, person, membership, what waits, seats


def test_lists_ask_as_many_questions_for_many_rows_as_for_one(django_assert_max_num_queries: Any) -> None:
    stage = given_signed()
    for subject in (stage.period.trade_id, stage.offer.version_id):
        orders.place(subject, scope=Scope.TRADE, **WHY, by=stage.approver)
    for party in (stage.buyer, stage.supplier):
        orders.propose(party.member.organisation_id, scope=Scope.PARTY, **WHY, by=stage.approver)
    client = client_of(given_operator(Role.APPROVER))
    client.get(HOLDS)

    for query in ({}, {"shown": "orders"}, {"shown": "lifted"}):
        with django_assert_max_num_queries(8 + FRAME):
            client.get(HOLDS, query)
