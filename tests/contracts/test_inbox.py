"""The inbox follows a negotiation and its trade from the request to the payout."""

from datetime import timedelta
from typing import Any

import pytest

from contracts import disputes, inbox, negotiations, trade
from contracts.models import Negotiation
from market.events.dispatch import News
from market.kernel import clock
from market.notifications.models import Task
from market.participants.members import Member, system
from settlement import bank_accounts, payouts
from tests.builders import (
    Stage,
    given_agreed,
    given_delivered,
    given_funded,
    given_requested,
    given_settled,
    given_signed,
)

pytestmark = pytest.mark.django_db


def waiting(stage: Stage) -> list[tuple[str, str]]:
    """What waits, after everything was told: side and kind."""
    stage.dispatch()
    sides = {stage.supplier.member.organisation_id: "supplier", stage.buyer.member.organisation_id: "buyer"}
    found = Task.objects.filter(done_at=None, organisation_id__in=sides)
    return sorted((sides[task.organisation_id], task.kind) for task in found)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(given_requested, ("supplier", "negotiation.answer_request"), id="asked"),
        pytest.param(given_agreed, ("buyer", "negotiation.sign_second"), id="signed by the supplier"),
        pytest.param(given_signed, ("buyer", "trade.pay"), id="signed by both"),
        pytest.param(given_funded, ("buyer", "trade.fetch"), id="paid"),
        pytest.param(given_delivered, ("buyer", "trade.accept"), id="delivered"),
        pytest.param(given_settled, ("supplier", "payout.possible"), id="settled"),
    ],
)
def test_each_step_asks_exactly_one_side(given: Any, expected: tuple[str, str]) -> None:
    stage = given()

    assert waiting(stage) == [expected]


def test_a_counter_offer_asks_the_buyer_and_its_acceptance_the_supplier() -> None:
    stage = given_requested()
    assert stage.negotiation is not None
    negotiations.offer(stage.negotiation.id, price_minor=45_000, by=stage.supplier.member)
    countered = waiting(stage)

    negotiations.accept(stage.negotiation.id, by=stage.buyer.member)

    assert countered == [("buyer", "negotiation.answer_offer")]
    assert waiting(stage) == [("supplier", "negotiation.sign_first")]


def test_the_deadline_of_payment_stands_beside_the_task() -> None:
    stage = given_signed()
    waiting(stage)

    task = Task.objects.get(kind="trade.pay", done_at=None)

    assert task.due_at == stage.period.due_at
    assert task.params["amount"] == "¥480.00"
    assert task.thread == stage.period.trade_id


def test_an_objection_asks_the_supplier_and_its_withdrawal_the_buyer_again() -> None:
    stage = given_delivered()
    dispute = disputes.open(stage.period.id, reason="第 3 行缺少 PM2.5", by=stage.buyer.member)
    disputed = waiting(stage)

    with clock.shifted(timedelta(hours=5)):
        disputes.withdraw(dispute.id, answer="已核对", by=stage.buyer.member)
        after = waiting(stage)

    assert disputed == [("supplier", "trade.answer_dispute")]
    assert after == [("buyer", "trade.accept")]
    assert Task.objects.get(kind="trade.accept", done_at=None).due_at == stage.period.acceptance_due_at


@pytest.mark.parametrize("times", [1, 2, 3])
def test_news_heard_again_change_nothing(times: int) -> None:
    stage = given_signed()
    waiting(stage)
    assert stage.negotiation is not None
    negotiation = Negotiation.objects.get(id=stage.negotiation.id)
    before = list(Task.objects.order_by("id").values_list("id", "done_at"))

    for _ in range(times):
        inbox.hear(
            News(negotiation.id, "negotiation.requested", negotiation.urn, "urn:x", negotiation.thread_urn, {"turn": 1})
        )

    assert list(Task.objects.order_by("id").values_list("id", "done_at")) == before


def test_an_ended_negotiation_asks_nobody() -> None:
    stage = given_agreed()
    assert stage.negotiation is not None
    waiting(stage)

    negotiations.terminate(stage.negotiation.id, reason="预算取消", by=stage.buyer.member)

    assert waiting(stage) == []


def test_an_unpaid_trade_that_lapsed_asks_nobody() -> None:
    stage = given_signed()
    with clock.shifted(timedelta(days=8)):
        trade.expire(stage.period.id, by=system("deadlines"))

        assert waiting(stage) == []


def test_asking_for_all_of_the_money_closes_the_task_and_taking_it_back_opens_it() -> None:
    stage = given_settled()
    supplier: Member = stage.supplier.member
    waiting(stage)
    bank_accounts.register(holder="供方公司", number="6222021234567890", bank="工商银行太原分行", by=supplier)
    payout = payouts.request(amount_minor=45_600, by=supplier)
    asked = waiting(stage)

    payouts.cancel(payout.id, reason="账户有误", by=supplier)

    assert ("supplier", "payout.possible") not in asked
    assert ("supplier", "payout.possible") in waiting(stage)
