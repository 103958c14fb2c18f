"""Steps that are taken on the pages of a trade: download, accept, object, answer, give up, remind."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contracts import disputes, negotiations
from contracts.models import Dispute, Period, Trade
from contracts.states import PeriodState, TradeState
from delivery.models import Use
from market import holds
from market.events.models import Event
from market.kernel import clock
from market.participants.members import Role
from tests.builders import (
    Stage,
    given_agreed,
    given_delivered,
    given_funded,
    given_signatory,
    given_signed,
    pay,
)
from tests.frontend.clients import client_of, text

pytestmark = pytest.mark.django_db


def address(stage: Stage, page: str = "trade", *more: Any) -> str:
    """A page of the stage's trade."""
    return reverse(f"frontend:{page}", args=[Trade.objects.get().id, *more])


def buyer_of(stage: Stage, language: str = "zh-hans") -> Client:
    return client_of(stage.buyer.member, language)


def supplier_of(stage: Stage, language: str = "zh-hans") -> Client:
    return client_of(stage.supplier.member, language)


def test_a_download_is_asked_for_once_however_often_the_form_is_sent() -> None:
    stage = given_funded()
    client = buyer_of(stage)
    form = {"purpose": "internal-analysis", "key": "same"}

    first = client.post(address(stage, "trade_download"), form)
    second = client.post(address(stage, "trade_download"), form)

    use = Use.objects.get()
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"] == address(stage, "trade_use", use.id)
    shown = client.get(first.headers["Location"])
    assert shown.headers["Cache-Control"] == "no-store"
    page = text(shown)
    assert f"/d/{use.id}?e=" in page
    assert stage.grant.file_sha256 in page
    assert "curl -C -" in page


def test_the_address_is_the_buyers_alone_and_goes_with_its_time() -> None:
    stage = given_funded()
    client = buyer_of(stage)
    client.post(address(stage, "trade_download"), {"purpose": "internal-analysis", "key": "one"})
    use = Use.objects.get()

    other = client_of(given_signatory("丙公司").member).get(address(stage, "trade_use", use.id))
    supplier = supplier_of(stage).get(address(stage, "trade_use", use.id))
    with clock.shifted(timedelta(minutes=31)):
        late = client.get(address(stage, "trade_use", use.id))

    assert (other.status_code, supplier.status_code) == (404, 404)
    assert late.status_code == 200
    assert "/d/" not in text(late)


@pytest.mark.parametrize(
    ("purpose", "status"), [("resale", 422), ("", 422)], ids=["a purpose that is not listed", "none"]
)
def test_a_purpose_outside_the_contract_cannot_be_declared(purpose: str, status: int) -> None:
    stage = given_funded()

    response = buyer_of(stage).post(address(stage, "trade_download"), {"purpose": purpose, "key": "k"})

    assert response.status_code == status
    assert not Use.objects.exists()


def test_the_refusal_of_a_download_names_the_clause() -> None:
    stage = given_funded()
    client = buyer_of(stage)
    for n in range(3):
        client.post(address(stage, "trade_download"), {"purpose": "internal-analysis", "key": f"k{n}"})

    response = client.post(address(stage, "trade_download"), {"purpose": "internal-analysis", "key": "k3"})

    page = text(response)
    assert response.status_code == 403
    assert 'role="alert"' in page
    assert "permission[0]" in page
    assert Use.objects.count() == 3


def test_accepting_asks_once_more_with_the_figures_and_then_closes_the_trade() -> None:
    stage = given_delivered()
    client = buyer_of(stage)

    question = text(client.get(address(stage, "trade_accept")))
    before = Trade.objects.get().state
    response = client.post(address(stage, "trade_accept"))

    for said in ("¥480.00", "¥456.00", "¥24.00"):
        assert said in question
    assert before == TradeState.RUNNING
    assert response.status_code == 303
    assert Trade.objects.get().state == TradeState.CLOSED


def test_only_the_buyer_accepts_and_only_once() -> None:
    stage = given_delivered()

    refused = supplier_of(stage).post(address(stage, "trade_accept"))
    state = Period.objects.get().state
    buyer_of(stage).post(address(stage, "trade_accept"))
    again = buyer_of(stage).post(address(stage, "trade_accept"))

    assert refused.status_code == 403
    assert state == PeriodState.DELIVERING
    assert again.status_code == 409
    assert 'class="refusal"' in text(again)


def test_finance_reads_the_trade_and_cannot_accept() -> None:
    from market.participants.models import Membership

    stage = given_delivered()
    Membership.objects.filter(person_id=stage.buyer.member.person_id).update(roles=[Role.FINANCE])
    client = buyer_of(stage)

    page = client.get(address(stage))

    assert page.status_code == 200
    assert "button wide filled" not in text(page)
    assert "需要角色" in text(page)
    assert client.post(address(stage, "trade_accept")).status_code == 403
    assert Trade.objects.get().state == TradeState.RUNNING


def test_an_objection_needs_words_stops_acceptance_and_asks_the_supplier() -> None:
    stage = given_delivered()
    client = buyer_of(stage)

    short = client.post(address(stage, "trade_object"), {"reason": "错"})
    none = Dispute.objects.count()
    response = client.post(address(stage, "trade_object"), {"reason": "第 3 行缺少 PM2.5"})

    assert (short.status_code, none) == (422, 0)
    assert response.status_code == 303
    theirs = text(supplier_of(stage).get(address(stage)))
    assert "第 3 行缺少 PM2.5" in theirs
    assert "同意，退还 ¥480.00" in theirs
    assert "验收、结算和到期视为验收都停下" in theirs
    assert client.post(address(stage, "trade_accept")).status_code == 409


def test_the_supplier_gives_the_money_back_and_the_trade_is_over() -> None:
    stage = given_delivered()
    dispute = disputes.open(stage.period.id, reason="第 3 行缺少 PM2.5", by=stage.buyer.member)

    response = supplier_of(stage).post(address(stage, "dispute_concede", dispute.id), {"answer": "确有缺失"})

    page = text(buyer_of(stage).get(address(stage)))
    assert response.status_code == 303
    assert Trade.objects.get().state == TradeState.REFUNDED
    assert "确有缺失" in page
    assert "访问已终止" in page


def test_the_buyer_takes_the_objection_back() -> None:
    stage = given_delivered()
    dispute = disputes.open(stage.period.id, reason="第 3 行缺少 PM2.5", by=stage.buyer.member)
    client = buyer_of(stage)
    offered = text(client.get(address(stage)))

    response = client.post(address(stage, "dispute_withdraw", dispute.id), {"answer": ""})

    assert "撤回异议" in offered
    assert response.status_code == 303
    assert "确认验收，放款 ¥480.00" in text(client.get(address(stage)))


def test_an_unpaid_trade_is_given_up_with_a_reason_and_a_paid_one_is_not() -> None:
    stage = given_signed()
    client = buyer_of(stage)
    without = client.post(address(stage, "trade_cancel"), {"reason": ""})
    pay(stage)
    stage.dispatch()

    paid = client.post(address(stage, "trade_cancel"), {"reason": "预算取消"})

    assert without.status_code == 422
    assert paid.status_code == 409
    assert Trade.objects.get().state == TradeState.RUNNING


def test_a_trade_that_was_given_up_says_why_and_shows_no_step_that_will_never_come() -> None:
    stage = given_signed()

    buyer_of(stage).post(address(stage, "trade_cancel"), {"reason": "预算取消"})

    page = text(supplier_of(stage).get(address(stage)))
    assert "付款前放弃：预算取消" in page
    assert "存证" not in page


def test_a_contract_that_only_one_side_signed_ends_with_its_negotiation() -> None:
    stage = given_agreed()
    assert stage.negotiation is not None

    negotiations.terminate(stage.negotiation.id, reason="条件不合", by=stage.buyer.member)

    page = text(supplier_of(stage).get(address(stage)))
    assert Trade.objects.get().state == TradeState.CANCELLED
    assert Period.objects.get().state == PeriodState.CANCELLED
    assert "条件不合" in page


def test_a_contract_that_only_one_side_signed_is_not_given_up_as_a_trade() -> None:
    stage = given_agreed()

    response = buyer_of(stage).post(address(stage, "trade_cancel"), {"reason": "预算取消"})

    assert response.status_code == 409
    assert Trade.objects.get().state == TradeState.AGREED


def test_a_hold_is_shown_with_what_it_stops_and_stops_it() -> None:
    stage = given_delivered()
    holds.place(
        Trade.objects.get().urn,
        scope=holds.Scope.TRADE,
        reason="来源核查",
        legal_basis="数据安全法 33",
        by=stage.approver,
    )
    client = buyer_of(stage)
    events = Event.objects.count()

    page = text(client.get(address(stage)))
    responses = [
        client.post(address(stage, "trade_accept")),
        client.post(address(stage, "trade_object"), {"reason": "缺少三行数据"}),
        client.post(address(stage, "trade_download"), {"purpose": "internal-analysis", "key": "k"}),
    ]

    assert "来源核查" in page
    assert "下一步和新的下载都停下" in page
    assert "button wide filled" not in page
    assert [response.status_code for response in responses] == [423, 423, 423]
    assert Event.objects.count() == events


@pytest.mark.parametrize("page", ["trade_accept", "trade_object", "trade_cancel"])
def test_no_step_is_taken_by_opening_a_page(page: str) -> None:
    stage = given_delivered()
    events = Event.objects.count()

    response = buyer_of(stage).get(address(stage, page))

    assert response.status_code == 200
    assert Event.objects.count() == events


def test_the_waiting_side_reminds_the_other_once_and_is_told_so_the_second_time() -> None:
    stage = given_delivered()
    assert stage.negotiation is not None
    client = supplier_of(stage)
    reminder = reverse("frontend:turn_reminder", args=[stage.negotiation.id])
    offered = text(client.get(address(stage)))

    first = client.post(reminder)
    second = client.post(reminder)

    assert f'action="{reminder}"' in offered
    assert first.headers["Location"] == address(stage)
    assert second.status_code == 429
    assert "一天内已提醒过" in text(second)
    assert reminder not in text(buyer_of(stage).get(address(stage)))
