"""What waits for somebody in this room stands in their inbox until it is done."""

import pytest

from market.events import dispatch
from market.notifications.models import Task
from market.participants.models import Organisation
from settlement import bank_accounts, escrow, payout_files, payouts, suspense
from settlement.models import StatementLine
from tests.settlement.builders import Market


def told(organisation: Organisation) -> list[tuple[str, dict[str, object]]]:
    """Deliver the news, then look: the open tasks of an organisation."""
    dispatch.run_once(lambda *_: None)
    tasks = Task.objects.filter(organisation_id=organisation.id, done_at=None).order_by("created_at")
    return [(task.kind, task.params) for task in tasks]


@pytest.fixture
def market(lasting_market: Market) -> Market:
    """Committed: the dispatcher tells each subscriber in a transaction of its own."""
    return lasting_market


def test_the_clerk_is_asked_once_for_a_statement_and_until_it_is_worked_off(market: Market) -> None:
    obligation = market.opened(300)
    statement = market.imported(("1.00", "?"), ("3.00", "??"))
    assert told(market.operator) == [("suspense.decide", {"count": 2, "name": statement.name})]

    first, second = StatementLine.objects.order_by("row")
    suspense.assign(second.id, payment_reference=obligation.payment_reference, reason="x", by=market.clerk)
    assert told(market.operator) == [("suspense.decide", {"count": 1, "name": statement.name})]

    suspense.give_back(first.id, reason="x", by=market.clerk)
    assert [kind for kind, _ in told(market.operator)] == ["payout.approve"]


def test_the_approver_is_asked_to_approve_and_to_send(market: Market) -> None:
    obligation = market.funded(48_000)
    escrow.release(reference=obligation.reference_urn, thread=obligation.thread_urn, by=market.trader)
    bank_accounts.register(holder=market.supplier.name, number="62220000111122", bank="中行", by=market.finance)
    payout = payouts.request(amount_minor=40_000, by=market.finance)
    params = {"number": payout.payment_reference, "amount": "¥400.00"}
    assert told(market.operator) == [("payout.approve", params)]

    payouts.approve(payout.id, by=market.approver)
    assert told(market.operator) == [("payout.send", params)]

    payout_files.make(by=market.approver)
    assert told(market.operator) == []


def test_a_return_that_failed_asks_the_clerk_again(market: Market) -> None:
    market.imported(("1.00", "?"))
    payout = suspense.give_back(StatementLine.objects.get().id, reason="x", by=market.clerk)
    payouts.approve(payout.id, by=market.approver)
    payout_files.make(by=market.approver)
    assert told(market.operator) == []

    payouts.fail(payout.id, reason="户名不符", by=market.clerk)

    assert [kind for kind, _ in told(market.operator)] == ["suspense.decide"]
