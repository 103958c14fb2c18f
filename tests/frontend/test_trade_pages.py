"""Pages of a trade: whose turn it is, where the money is, the papers, the list."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from contracts import trade
from contracts.models import Trade
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


def test_acceptance_by_silence_is_told_as_such() -> None:
    stage = given_delivered()
    with clock.shifted(timedelta(days=4)):
        trade.accept_by_silence(stage.period.id, by=system("deadlines"))

    assert "到期未答复，按合约视为验收" in text(buyer_of(stage).get(address(stage)))


def test_money_in_suspense_is_not_counted_as_held_in_escrow() -> None:
    stage = given_signed()
    pay(stage, 10_000)
    pay(stage)
    stage.dispatch()

    page = text(buyer_of(stage).get(address(stage)))

    now = page.partition('<li class="now"')[2].partition("</li>")[0]
    assert "¥480.00" in now
    assert "另有¥100.00" in now
    assert "¥580.00" not in page
