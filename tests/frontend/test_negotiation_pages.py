"""Pages of a negotiation: the request, the rounds, the counter-offer, the end."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contracts import negotiations
from contracts.models import Negotiation, Turn
from contracts.states import NegotiationState
from listings import offers
from market import holds
from market.participants.members import Role
from tests.builders import Stage, given_listing, given_operator, given_requested, given_signatory, given_stage
from tests.frontend.clients import client_of, text

pytestmark = pytest.mark.django_db
TABLE = {
    "price_minor": "480.00",
    "silence_accepts": "on",
    "acceptance_days": "3",
    "term_days": "365",
    "uses_max": "3",
    "purposes": "internal-analysis",
    "territory": "CN",
    "may_derive": "on",
    "attribution": "",
    "delete_within_days": "30",
    "incident_report_hours": "24",
    "note": "",
}


def page_of(stage: Stage) -> str:
    """The address of the negotiation."""
    assert stage.negotiation is not None
    return reverse("frontend:negotiation", args=[stage.negotiation.id])


def counter(stage: Stage, client: Client, **changed: str) -> Any:
    """Send other terms."""
    assert stage.negotiation is not None
    return client.post(reverse("frontend:negotiation_counter", args=[stage.negotiation.id]), TABLE | changed)


@pytest.mark.parametrize(
    ("language", "ours", "theirs"),
    [("zh-hans", "轮到本方", "等待供方"), ("en", "Your turn", "Waiting for the supplier")],
)
def test_each_side_reads_whose_turn_it_is_in_its_language(language: str, ours: str, theirs: str) -> None:
    stage = given_requested()

    supplier = text(client_of(stage.supplier.member, language).get(page_of(stage)))
    buyer = text(client_of(stage.buyer.member, language).get(page_of(stage)))

    assert ours in supplier
    assert theirs in buyer
    assert ours not in buyer


def test_an_english_page_shows_the_english_title() -> None:
    stage = given_requested()

    assert "Taiyuan air quality, hourly" in text(client_of(stage.buyer.member, "en").get(page_of(stage)))


def test_strangers_and_the_operator_see_nothing_of_a_negotiation() -> None:
    stage = given_requested()
    stranger = given_signatory("丙公司").member

    assert client_of(stranger).get(page_of(stage)).status_code == 404
    assert client_of(given_operator(Role.AUDITOR)).get(page_of(stage)).status_code == 403
    assert Client().get(page_of(stage)).status_code == 302


def test_the_list_shows_both_sides_theirs_and_the_ended_ones_apart() -> None:
    stage = given_requested()
    assert stage.negotiation is not None
    client = client_of(stage.buyer.member)
    before = text(client.get("/workbench/negotiations/"))
    negotiations.terminate(stage.negotiation.id, reason="预算取消", by=stage.buyer.member)

    after = text(client.get("/workbench/negotiations/"))

    assert page_of(stage) in before
    assert page_of(stage) not in after
    assert page_of(stage) in text(client.get("/workbench/negotiations/?shown=ended"))


def test_a_list_page_asks_as_many_questions_for_three_rows_as_for_one(django_assert_max_num_queries: Any) -> None:
    stage = given_requested()
    for _ in range(2):
        other = given_listing(stage.supplier.member, reviewer=stage.reviewer)
        negotiations.request(other.id, by=stage.buyer.member)
    client = client_of(stage.buyer.member, "en")

    with django_assert_max_num_queries(14):
        page = text(client.get("/workbench/negotiations/"))

    assert page.count('class="name"') == 3


def test_the_buyer_asks_on_the_terms_of_the_offer() -> None:
    stage = given_stage()
    client = client_of(stage.buyer.member)
    address = reverse("frontend:offer_request", args=[stage.offer.id])

    response = client.post(
        address, {"purpose": "internal-analysis", "terms": "offered", "price_minor": "", "note": "请"}
    )

    negotiation = Negotiation.objects.get()
    assert response.status_code == 303
    assert response.headers["Location"] == reverse("frontend:negotiation", args=[negotiation.id])
    assert (negotiation.price_minor, negotiation.purpose) == (48_000, "internal-analysis")


def test_the_buyer_asks_for_another_price() -> None:
    stage = given_stage()
    address = reverse("frontend:offer_request", args=[stage.offer.id])

    client_of(stage.buyer.member).post(
        address, {"purpose": "internal-analysis", "terms": "other", "price_minor": "¥450", "note": ""}
    )

    assert Negotiation.objects.get().price_minor == 45_000


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        pytest.param({"terms": "other", "price_minor": ""}, "请填写所提的价格", id="no price"),
        pytest.param({"terms": "other", "price_minor": "4,5o0"}, "最多两位小数", id="no number"),
        pytest.param({"terms": "other", "price_minor": "-1"}, "金额不能为负", id="below zero"),
        pytest.param({"purpose": "resale", "terms": "offered"}, "resale", id="a purpose that is not allowed"),
    ],
)
def test_a_wrong_request_is_told_beside_its_field_and_nothing_is_asked(sent: dict[str, str], said: str) -> None:
    stage = given_stage()
    address = reverse("frontend:offer_request", args=[stage.offer.id])
    typed = {"purpose": "internal-analysis", "note": "请在月底前答复"}

    response = client_of(stage.buyer.member).post(address, typed | sent)

    assert response.status_code == 422
    assert said in text(response)
    assert "请在月底前答复" in text(response)
    assert 'class="error-summary"' in text(response)
    assert not Negotiation.objects.exists()


def test_a_second_request_leads_to_the_open_negotiation() -> None:
    stage = given_requested()
    address = reverse("frontend:offer_request", args=[stage.offer.id])

    response = client_of(stage.buyer.member).post(address, {"purpose": "internal-analysis", "terms": "offered"})

    assert response.status_code == 409
    assert f'href="{page_of(stage)}"' in text(response)


def test_a_closed_offer_can_be_read_and_not_asked_for() -> None:
    stage = given_stage()
    offers.withdraw(stage.offer.id, by=stage.supplier.member)
    address = reverse("frontend:offer_request", args=[stage.offer.id])
    client = client_of(stage.buyer.member)

    page = text(client.get(address))
    response = client.post(address, {"purpose": "internal-analysis", "terms": "offered"})

    assert "提交请求" not in page
    assert response.status_code == 409
    assert not Negotiation.objects.exists()


def test_a_supplier_is_told_that_it_may_not_buy_its_own_product() -> None:
    stage = given_stage()
    address = reverse("frontend:offer_request", args=[stage.offer.id])

    response = client_of(stage.supplier.member).post(address, {"purpose": "internal-analysis", "terms": "offered"})

    assert response.status_code == 403
    assert not Negotiation.objects.exists()


def test_a_counter_offer_shows_what_it_changes_with_old_and_new() -> None:
    stage = given_requested()

    response = counter(stage, client_of(stage.supplier.member), price_minor="520", uses_max="10", note="次数放宽")

    page = text(client_of(stage.buyer.member).get(page_of(stage)))
    assert response.status_code == 303
    assert '<del><span class="money">¥480.00</span></del>' in page
    assert "<del>使用超过3次</del>" in page
    assert "<ins>使用超过10次</ins>" in page
    assert "次数放宽" in page
    assert "接受还价" in page


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param({"price_minor": "abc"}, "最多两位小数", id="price"),
        pytest.param({"territory": "Mars"}, "Mars", id="territory"),
        pytest.param({"uses_max": "0"}, "1", id="no uses"),
        pytest.param({"acceptance_days": "91"}, "90", id="too many days"),
        pytest.param({}, "不变", id="nothing changed"),
    ],
)
def test_wrong_terms_are_told_and_nothing_moves(changed: dict[str, str], said: str) -> None:
    stage = given_requested()

    response = counter(stage, client_of(stage.supplier.member), note="价格随次数", **changed)

    page = text(response)
    assert response.status_code == 422
    assert 'class="error-summary"' in page
    assert "价格随次数" in page
    assert all(f'value="{value}"' in page for value in changed.values())
    assert Turn.objects.count() == 1
    assert Negotiation.objects.get().state == NegotiationState.REQUESTED


def test_acceptance_by_silence_is_taken_out_on_the_page_and_put_back_by_the_other_side() -> None:
    stage = given_requested()
    supplier, buyer = client_of(stage.supplier.member), client_of(stage.buyer.member)

    counter(stage, supplier, silence_accepts="")
    without = text(buyer.get(page_of(stage)))
    contract = text(buyer.get(page_of(stage) + "contract/"))
    counter(stage, buyer, acceptance_days="7")
    again = text(supplier.get(page_of(stage)))

    assert "<ins>到期不视为验收</ins>" in without
    assert "需方未作答复的，不视为验收" in re.sub(r"<del>.*?</del>|<[^>]*>", "", contract)
    assert "<ins>7天内验收</ins>" in again
    assert [turn.acceptance_days for turn in Turn.objects.order_by("n")] == [3, None, 7]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param(
            {"silence_accepts": "", "acceptance_days": "9"},
            "请勾选到期未答复视为验收，或者将天数留空",
            id="days without",
        ),
        pytest.param({"acceptance_days": ""}, "请填写多少天未答复视为验收", id="no days"),
    ],
)
def test_silence_and_its_days_that_contradict_are_told_beside_the_days(changed: dict[str, str], said: str) -> None:
    stage = given_requested()

    response = counter(stage, client_of(stage.supplier.member), **changed)

    assert response.status_code == 422
    assert said in text(response)
    assert Turn.objects.count() == 1


def test_nobody_counters_out_of_turn() -> None:
    stage = given_requested()

    response = counter(stage, client_of(stage.buyer.member), price_minor="400")

    assert response.status_code in {403, 409}
    assert Turn.objects.count() == 1


def test_the_buyer_accepts_a_counter_offer_and_the_supplier_is_to_sign() -> None:
    stage = given_requested()
    counter(stage, client_of(stage.supplier.member), price_minor="520")
    assert stage.negotiation is not None

    response = client_of(stage.buyer.member).post(reverse("frontend:negotiation_accept", args=[stage.negotiation.id]))

    assert response.status_code == 303
    assert Negotiation.objects.get().state == NegotiationState.ACCEPTED
    assert "阅读并签署合约" in text(client_of(stage.supplier.member).get(page_of(stage)))


def test_a_negotiation_is_never_accepted_by_a_link() -> None:
    stage = given_requested()
    assert stage.negotiation is not None

    assert (
        client_of(stage.buyer.member)
        .get(reverse("frontend:negotiation_accept", args=[stage.negotiation.id]))
        .status_code
        == 405
    )


def test_ending_asks_for_the_reason_and_tells_it_to_the_other_side() -> None:
    stage = given_requested()
    assert stage.negotiation is not None
    address = reverse("frontend:negotiation_end", args=[stage.negotiation.id])
    client = client_of(stage.supplier.member)

    without = client.post(address, {"reason": " "})
    before = Negotiation.objects.get().state
    response = client.post(address, {"reason": "数据即将更新"})

    assert without.status_code == 422
    assert before == NegotiationState.REQUESTED
    assert response.status_code == 303
    assert "数据即将更新" in text(client_of(stage.buyer.member).get(page_of(stage)))


def test_a_hold_is_shown_with_its_reason_and_takes_the_buttons_away() -> None:
    stage = given_requested()
    version = stage.offer.version
    holds.place(
        version.urn, scope=holds.Scope.LISTING, reason="来源核查", legal_basis="数据安全法 33", by=stage.approver
    )
    client = client_of(stage.supplier.member)

    page = text(client.get(page_of(stage)))
    response = counter(stage, client, price_minor="520")

    assert "来源核查" in page
    assert "数据安全法 33" in page
    assert "button wide filled" not in page
    assert response.status_code == 423
    assert Turn.objects.count() == 1
