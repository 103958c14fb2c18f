"""Trade supervision: the live view, its list within reach, one trade behind a reason."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from contracts import disputes
from contracts.models import Trade
from market.events.models import Event, Opening
from market.holds import Scope
from market.participants.members import AUTHORITY_ROLES, OPERATOR_ROLES, TRADING_ROLES, Member, Role
from market.participants.models import Membership
from supervision import orders
from tests.builders import (
    Stage,
    given_agreed,
    given_authority,
    given_delivered,
    given_funded,
    given_operator,
    given_settled,
    given_signed,
    given_stage,
)
from tests.frontend.clients import client_of, text

pytestmark = pytest.mark.django_db
LIVE = reverse("frontend:supervision")
SUPERVISORS = {Role.REVIEWER, Role.APPROVER, Role.AUDITOR} | AUTHORITY_ROLES
WHY: Any = {"reason": "投诉", "legal_basis": "条例 28"}


def seat(role: Role, **where: str) -> Member:
    return given_authority(role, **where) if role in AUTHORITY_ROLES else given_operator(role)


def trade_page(stage: Stage) -> str:
    assert stage.trade is not None
    return reverse("frontend:desk_trade", args=[stage.trade.id])


def stage_with_trade(stage: Stage) -> Stage:
    stage.trade = Trade.objects.get()
    return stage


@pytest.mark.parametrize("role", sorted(OPERATOR_ROLES | AUTHORITY_ROLES))
def test_only_those_who_supervise_trades_come_in(role: Role) -> None:
    stage = given_signed()
    client = client_of(seat(role))

    wanted = 200 if role in SUPERVISORS else 403
    for address in (LIVE, trade_page(stage), reverse("frontend:holds")):
        assert client.get(address).status_code == wanted, address


@pytest.mark.parametrize("role", sorted(TRADING_ROLES))
def test_parties_do_not_supervise(role: Role) -> None:
    stage = given_signed()
    Membership.objects.filter(person_id=stage.buyer.member.person_id).update(roles=[role])
    client = client_of(stage.buyer.member)

    for address in (LIVE, trade_page(stage), reverse("frontend:holds"), reverse("frontend:hold_new")):
        assert client.get(address).status_code == 403, address
    assert not Event.objects.filter(kind__startswith="party.look").exists()


@pytest.mark.parametrize(
    ("given", "stage_key", "whose"),
    [
        pytest.param(given_agreed, "sign", "等待需方", id="agreed"),
        pytest.param(given_signed, "pay", "等待需方", id="signed"),
        pytest.param(given_funded, "fetch", "等待需方", id="funded"),
        pytest.param(given_delivered, "accept", "等待需方", id="delivered"),
        pytest.param(given_settled, "ended", "—", id="settled"),
    ],
)
def test_each_trade_stands_at_its_stage_with_whose_turn_it_is(given: Any, stage_key: str, whose: str) -> None:
    stage = stage_with_trade(given())
    assert stage.trade is not None
    client = client_of(given_operator(Role.REVIEWER))

    here = text(client.get(LIVE, {"stage": stage_key}))
    others = [
        text(client.get(LIVE, {"stage": each}))
        for each in ("sign", "pay", "fetch", "accept", "disputed", "held", "ended")
        if each != stage_key
    ]

    row = here.partition('<table class="stack deals desk-trades">')[2].partition("</table>")[0]
    assert stage.trade.number in row
    assert whose in row
    assert all('<table class="stack deals desk-trades">' not in each for each in others)


def test_an_objection_and_a_hold_are_told_before_the_stage() -> None:
    stage = given_delivered()
    assert stage.trade is not None
    disputes.open(stage.period.id, reason="第 3 行缺少 PM2.5", by=stage.buyer.member)
    client = client_of(given_operator(Role.APPROVER))
    objected = text(client.get(LIVE, {"stage": "disputed"}))
    orders.place(stage.grant.id, scope=Scope.DELIVERY, **WHY, by=stage.approver)
    held = text(client.get(LIVE, {"stage": "held"}))

    assert stage.trade.number in objected
    assert "等待供方" in objected
    assert stage.trade.number in held.partition('class="stack deals desk-trades"')[2]
    assert "1 笔有异议" in held
    assert "1 笔停控中" in held


def test_the_list_says_no_price_and_the_escrow_only_to_those_who_may_read_sums() -> None:
    given_funded()

    to_operator = text(client_of(given_operator(Role.REVIEWER)).get(LIVE))
    to_data_authority = text(client_of(given_authority(Role.REGULATOR_DATA)).get(LIVE))
    to_police = text(client_of(given_authority(Role.REGULATOR_PS)).get(LIVE))

    assert to_operator.count("¥480.00") == 1
    assert to_data_authority.count("¥480.00") == 1
    assert "¥" not in to_police


@pytest.mark.parametrize(
    ("where", "count", "escrow"),
    [
        ({"district": "1401"}, 1, "¥480.00"),
        ({"district": "140105", "sector": "environment"}, 1, "¥480.00"),
        ({"district": "140107"}, 0, "¥0.00"),
        ({"district": "1401", "sector": "finance"}, 0, "¥0.00"),
    ],
)
def test_a_seat_sees_the_trades_of_its_district_and_sector(where: dict[str, str], count: int, escrow: str) -> None:
    stage = given_funded()
    assert stage.trade is not None

    page = text(client_of(given_authority(Role.REGULATOR_DATA, **where)).get(LIVE))

    assert (stage.trade.number in page) is bool(count)
    assert escrow in page
    assert ("价款到达" in page) is bool(count)  # an event of the trade


def test_words_and_district_narrow_the_list_and_a_strange_district_is_told() -> None:
    stage = given_signed()
    assert stage.trade is not None
    client = client_of(given_operator(Role.REVIEWER))

    def rows(**query: str) -> bool:
        return 'class="stack deals desk-trades"' in text(client.get(LIVE, query))

    assert rows(q=stage.trade.number.lower())
    assert rows(q="需方公司")
    assert rows(district="140105")
    assert not rows(q="无此公司")
    assert not rows(district="140107")
    assert client.get(LIVE, {"district": "'"}).status_code == 422


def test_the_list_goes_by_pages(settings: Any) -> None:
    settings.PAGE_SIZE = 1
    first, second = given_signed(), given_agreed_by(given_stage_again())
    client = client_of(given_operator(Role.REVIEWER))

    pages = [text(client.get(LIVE, {"page": str(n)})).partition('class="stack deals desk-trades"')[2] for n in (1, 2)]

    assert first.trade is not None
    assert first.trade.number in pages[0].partition("</table>")[0]
    assert second.number in pages[1].partition("</table>")[0]


def given_stage_again() -> Stage:
    from tests.builders import given_listing, given_signatory

    reviewer = given_operator(Role.REVIEWER)
    supplier, buyer = given_signatory("丙公司", reviewer=reviewer), given_signatory("丁公司", reviewer=reviewer)
    offer = given_listing(supplier.member, reviewer=reviewer)
    return Stage(supplier=supplier, buyer=buyer, clerk=reviewer, reviewer=reviewer, approver=reviewer, offer=offer)


def given_agreed_by(stage: Stage) -> Trade:
    from contracts import negotiations

    stage.negotiation = negotiations.request(stage.offer.id, purpose="internal-analysis", by=stage.buyer.member)
    provider = stage.supplier.sign(stage.draft())
    negotiations.agree(stage.negotiation.id, provider=provider, by=stage.supplier.member)
    return Trade.objects.get(agreement__negotiation=stage.negotiation)


def test_a_poll_answers_only_what_changes_by_itself() -> None:
    given_signed()
    client = client_of(given_operator(Role.REVIEWER))

    part = client.get(LIVE, headers={"HX-Request": "true"})

    assert part.status_code == 200
    assert text(part).lstrip().startswith('<div id="live"')
    assert 'id="happenings" hx-swap-oob="true"' in text(part)
    assert "<html" not in text(part)


def test_a_trade_opens_only_for_a_reason_and_both_parties_see_the_look() -> None:
    stage = given_delivered()
    client = client_of(given_operator(Role.REVIEWER))

    closed = client.get(trade_page(stage))
    without = client.post(trade_page(stage), {"reason": " "})
    looks = Event.objects.filter(kind="party.looked").count()
    opened = client.post(trade_page(stage), {"reason": "接到投诉"})

    assert (closed.status_code, without.status_code, looks, opened.status_code) == (200, 422, 0, 200)
    assert "需方公司" not in text(closed)
    assert "需方公司" in text(opened)
    assert opened.headers["Cache-Control"] == "no-store"
    opening = Opening.objects.get(event__kind="party.looked")
    assert {stage.buyer.member.organisation_id, stage.supplier.member.organisation_id} <= set(opening.parties)
    assert opening.fields["reason"]["value"] == "接到投诉"
    journal = reverse("frontend:journal")
    for party in (stage.buyer.member, stage.supplier.member):
        assert "接到投诉" in text(client_of(party).get(journal))


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_seat_outside_its_district_is_refused_at_the_trade_and_the_attempt_recorded(method: str) -> None:
    stage = given_delivered()
    official = given_authority(Role.REGULATOR_DATA, district="1101")
    client = client_of(official)

    answer = getattr(client, method)(trade_page(stage), {"reason": "好奇"})

    assert answer.status_code == 403
    assert "需方公司" not in text(answer)
    opening = Opening.objects.get(event__kind="party.look_refused")
    assert (opening.actor, opening.subject) == (official.urn, stage.period.trade_id)
    assert stage.buyer.member.organisation_id in opening.parties
    assert not Event.objects.filter(kind="party.looked").exists()


@pytest.mark.parametrize(
    ("role", "price", "places"),
    [
        (Role.APPROVER, True, True),
        (Role.REVIEWER, True, False),
        (Role.REGULATOR_DATA, True, False),
        (Role.REGULATOR_SECTOR, False, False),
    ],
)
def test_a_trade_shows_its_sums_only_to_those_who_may_read_them(role: Role, price: bool, places: bool) -> None:
    stage = given_settled()

    page = text(client_of(seat(role)).post(trade_page(stage), {"reason": "检查"}))

    assert ("¥480.00" in page) is price
    assert ('class="places"' in page) is places
    assert "全部事件" in page


def test_a_trade_shows_every_event_with_who_acted() -> None:
    stage = given_settled()
    assert stage.trade is not None

    page = text(client_of(given_operator(Role.AUDITOR)).post(trade_page(stage), {"reason": "审计"}))

    told = Opening.objects.filter(thread=stage.trade.id).count()
    table = page.partition("全部事件")[2].partition("</table>")[0]
    assert table.count('class="name"') == told + 1  # and the look itself
    assert "<td>供方</td>" in table
    assert "<td>需方</td>" in table
    assert "运营方或主管部门" in table


def test_who_places_holds_finds_them_filled_in_and_who_watches_does_not() -> None:
    stage = given_delivered()
    link = reverse("frontend:hold_new") + f"?scope=delivery&amp;subject={stage.grant.id}"

    to_mover = text(client_of(given_operator(Role.APPROVER)).post(trade_page(stage), {"reason": "检查"}))
    to_auditor = text(client_of(given_operator(Role.AUDITOR)).post(trade_page(stage), {"reason": "检查"}))

    assert link in to_mover
    assert reverse("frontend:hold_new") not in to_auditor


def test_a_supervised_listing_leads_to_a_hold_on_it() -> None:
    stage = given_stage()
    address = reverse("frontend:product_oversight", args=[stage.offer.version_id])

    page = text(client_of(stage.approver).post(address, {"reason": "检查"}))

    assert f"subject={stage.offer.version_id}" in page


def test_all_pages_speak_english() -> None:
    stage = given_delivered()
    client = client_of(given_operator(Role.APPROVER), "en")

    live, opened = text(client.get(LIVE)), text(client.post(trade_page(stage), {"reason": "complaint"}))

    assert "Waiting for the buyer" in live
    assert "All events" in opened


# session, person, membership, what waits, seats: what every page of the desk asks
FRAME = 6


def test_the_live_view_asks_as_many_questions_for_many_trades_as_for_one(django_assert_max_num_queries: Any) -> None:
    given_delivered()
    given_agreed_by(given_stage_again())
    client = client_of(given_operator(Role.REVIEWER))
    client.get(LIVE)

    with django_assert_max_num_queries(8 + FRAME):
        client.get(LIVE)
    with django_assert_max_num_queries(8 + FRAME):
        client.get(LIVE, {"q": "公司", "stage": "pay"})


def test_no_answer_of_a_visitor_tells_that_the_trade_is_there() -> None:
    stage = given_signed()

    answer = Client().get(trade_page(stage))

    assert answer.status_code == 302
    assert settings.LOGIN_URL or "login" in answer.headers["Location"]
