"""Pages of a trade: whose turn it is, where the money is, the download, acceptance, objections, the papers."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from contracts import disputes, negotiations, trade
from contracts.models import Dispute, Period, Trade
from contracts.states import PeriodState, TradeState
from delivery.models import Use
from market import holds
from market.events.models import Event
from market.kernel import clock
from market.participants.members import Role, system
from provenance.models import Certificate
from tests.builders import (
    Stage,
    given_agreed,
    given_delivered,
    given_funded,
    given_operator,
    given_settled,
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


@pytest.mark.parametrize(
    ("given", "buyer", "supplier", "step"),
    [
        pytest.param(given_agreed, "阅读合约，再签署", "需方签署合约", 2, id="agreed"),
        pytest.param(given_signed, "查看付款方式", "需方付款 ¥480.00 到托管账户", 3, id="signed"),
        pytest.param(given_funded, ">下载数据<", "需方下载数据", 4, id="funded"),
        pytest.param(given_delivered, "确认验收，放款 ¥480.00", "需方验收或提出异议", 5, id="delivered"),
    ],
)
def test_each_side_reads_what_is_to_be_done_and_by_whom(given: Any, buyer: str, supplier: str, step: int) -> None:
    stage = given()

    ours = text(buyer_of(stage).get(address(stage)))
    theirs = text(supplier_of(stage).get(address(stage)))

    assert buyer in ours
    assert supplier in theirs
    assert f"第{step}步，共7步" in ours
    assert ours.count("button wide filled") == 1
    assert "button wide filled" not in theirs


def test_silence_is_told_with_its_clause_and_its_moment() -> None:
    with_clause = text(buyer_of(stage := given_delivered(), "en").get(address(stage)))

    assert "With no answer, clause 9.2 counts it as accepted." in with_clause
    assert "2 days 23 hours left" in with_clause


def test_without_that_clause_silence_accepts_nothing() -> None:
    stage = given_delivered(acceptance_days=None)

    page = text(buyer_of(stage, "en").get(address(stage)))

    assert "Silence accepts nothing" in page
    assert "counts it as accepted" not in page


@pytest.mark.parametrize(
    ("given", "place", "amount"),
    [
        pytest.param(given_signed, "需方", "¥480.00", id="unpaid"),
        pytest.param(given_funded, "托管账户", "¥480.00", id="in escrow"),
        pytest.param(given_settled, "供方", "¥456.00", id="released less the fee"),
    ],
)
def test_the_money_is_in_one_of_three_places(given: Any, place: str, amount: str) -> None:
    page = text(supplier_of(stage := given()).get(address(stage)))

    three = page.partition('<ol class="places">')[2].partition("</ol>")[0]
    now = three.partition('<li class="now"')[2].partition("</li>")[0]
    assert f"现在在这里：{place}" in now
    assert amount in now
    assert three.count('<li class="now"') == 1


def test_escrow_is_called_supervised_only_where_a_custodian_keeps_the_money() -> None:
    stage = given_funded()
    without = text(buyer_of(stage).get(address(stage)))

    with override_settings(CUSTODIAN="太原银行"):
        supervised = text(buyer_of(stage).get(address(stage)))

    assert "监管账户" not in without
    assert "现在在这里：监管账户" in supervised


def test_paying_needs_reference_amount_holder_and_day() -> None:
    stage = given_signed()

    with override_settings(ESCROW_HOLDER="太原数据交易中心", ESCROW_ACCOUNT="0502 1234", ESCROW_BANK="太原银行"):
        page = text(buyer_of(stage).get(address(stage)))

    how = page.partition('id="payment"')[2].partition("</section>")[0]
    assert f'data-copy="{_reference(stage)}"' in how
    for said in ("¥480.00", "太原数据交易中心", "0502 1234", "太原银行", "需方公司", "还有 6 天 23 小时"):
        assert said in how


def _reference(stage: Stage) -> str:
    from settlement.models import Obligation

    return Obligation.objects.get(thread=Trade.objects.get().id).payment_reference


def test_a_demonstration_says_that_there_is_no_account() -> None:
    stage = given_signed()

    assert "本市场为演示，没有真实账户" in text(buyer_of(stage).get(address(stage)))


def test_a_free_trade_speaks_of_no_money() -> None:
    stage = given_signed(price_minor=0)

    page = text(buyer_of(stage).get(address(stage)))

    assert "货款在哪里" not in page
    assert "免费，无须付款" in page
    assert "下载数据" in page


def test_a_download_is_asked_for_once_however_often_the_form_is_sent() -> None:
    stage = given_funded()
    client = buyer_of(stage)
    form = {"purpose": "internal-analysis", "key": "same"}

    first = client.post(address(stage, "trade_download"), form)
    second = client.post(address(stage, "trade_download"), form)

    use = Use.objects.get()
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"] == address(stage, "trade_use", use.id)
    page = text(client.get(first.headers["Location"]))
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


def test_a_closed_trade_has_a_certificate_of_its_own_accord() -> None:
    stage = given_settled()
    stage.dispatch()

    page = text(supplier_of(stage).get(address(stage)))

    certificate = Certificate.objects.get()
    assert reverse("frontend:certificate", args=[certificate.id]) in page
    assert "全部完成" in page


def test_a_certificate_is_made_at_the_first_asking() -> None:
    stage = given_settled()
    client = buyer_of(stage)

    first = client.post(address(stage, "trade_certificate"))
    second = client.post(address(stage, "trade_certificate"))

    certificate = Certificate.objects.get()
    assert first.headers["Location"] == second.headers["Location"]
    assert first.headers["Location"] == reverse("frontend:certificate", args=[certificate.id])


def test_a_bundle_waits_for_the_ledger_and_says_so_on_the_page_of_the_trade() -> None:
    stage = given_settled()

    response = buyer_of(stage).get(address(stage, "trade_bundle"))

    assert response.status_code == 503
    assert 'class="refusal"' in text(response)
    assert Trade.objects.get().number in text(response)


def test_strangers_and_the_operator_see_nothing_of_a_trade() -> None:
    stage = given_delivered()
    stranger = client_of(given_signatory("丙公司").member)
    pages = ["trade", "trade_download", "trade_accept", "trade_object", "trade_cancel", "trade_bundle"]

    assert [stranger.get(address(stage, page)).status_code for page in pages] == [404] * len(pages)
    assert client_of(given_operator(Role.REVIEWER)).get(address(stage)).status_code == 403
    assert Client().get(address(stage)).status_code == 302


@pytest.mark.parametrize("page", ["trade_accept", "trade_object", "trade_cancel"])
def test_no_step_is_taken_by_opening_a_page(page: str) -> None:
    stage = given_delivered()
    events = Event.objects.count()

    response = buyer_of(stage).get(address(stage, page))

    assert response.status_code == 200
    assert Event.objects.count() == events


def test_the_list_is_narrowed_by_state_and_side() -> None:
    stage = given_delivered()
    mine = address(stage)
    buyer, supplier = buyer_of(stage), supplier_of(stage)

    assert mine in text(buyer.get("/workbench/trades/"))
    assert mine in text(buyer.get("/workbench/trades/?side=buyer"))
    assert mine not in text(buyer.get("/workbench/trades/?side=supplier"))
    assert mine in text(supplier.get("/workbench/trades/?side=supplier"))
    assert mine not in text(buyer.get("/workbench/trades/?shown=closed"))
    trade.accept(stage.period.id, by=stage.buyer.member)
    assert mine in text(buyer.get("/workbench/trades/?shown=closed"))


@pytest.mark.parametrize("page", ["0", "99", "x", "-1", "9" * 400])
def test_any_page_number_answers_a_page(page: str) -> None:
    stage = given_signed()

    response = buyer_of(stage).get("/workbench/trades/", {"page": page})

    assert response.status_code == 200
    assert address(stage) in text(response)


def test_a_trade_page_asks_a_bounded_number_of_questions(django_assert_max_num_queries: Any) -> None:
    stage = given_delivered()
    client = buyer_of(stage)
    client.get(address(stage))

    with django_assert_max_num_queries(24):
        client.get(address(stage))


def test_acceptance_by_silence_is_told_as_such() -> None:
    stage = given_delivered()
    with clock.shifted(timedelta(days=4)):
        trade.accept_by_silence(stage.period.id, by=system("deadlines"))

    assert "到期未答复，按合约视为验收" in text(buyer_of(stage).get(address(stage)))


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
