"""Acceptance: a buyer who does not fetch, or whose download broke off, neither holds the money nor loses the choice."""

from datetime import timedelta

import pytest

from contracts import deadlines, disputes, trade
from contracts.errors import Disputed
from contracts.models import Trade
from contracts.states import PeriodState, TradeState
from market import holds
from market.events.models import Event
from market.holds import Scope
from market.kernel import clock
from market.kernel.errors import Conflict
from market.participants.members import system
from settlement import queries as money
from supervision import orders
from tests.builders import Stage, given_delivered, given_funded

pytestmark = pytest.mark.django_db


def told(stage: Stage) -> list[str]:
    """The kinds of the trade's events, in order."""
    return list(
        Event.objects.filter(opening__thread=stage.period.trade_id).order_by("seq").values_list("kind", flat=True)
    )


def released_minor(stage: Stage) -> int:
    """What the supplier has to dispose of."""
    return money.balance(for_=stage.supplier.member).available_minor


def held(stage: Stage, subject: str, scope: holds.Scope = holds.Scope.TRADE) -> holds.Hold:
    """A hold that the reviewer places now."""
    return holds.place(subject, scope=scope, reason="核查", legal_basis="条例 28", by=stage.reviewer)


def test_silence_accepts_for_a_buyer_who_never_fetched() -> None:
    stage = given_funded(price_minor=48_000, acceptance_days=3)

    with clock.shifted(timedelta(days=3, seconds=1)):
        done = deadlines.watch()

    assert done["accepted"] == 1
    assert stage.period.state == PeriodState.SETTLED
    assert stage.period.accepted_by_silence
    assert Trade.objects.get().state == TradeState.CLOSED
    assert released_minor(stage) == 45_600
    assert told(stage).count("period.delivered") == 1


def test_before_the_last_moment_nothing_moves() -> None:
    stage = given_funded(acceptance_days=3)
    before = told(stage)

    with clock.shifted(timedelta(days=3, seconds=-30)):
        done = deadlines.watch()
        with pytest.raises(Conflict):
            trade.accept_by_silence(stage.period.id, by=system("deadlines"))

    assert done["accepted"] == 0
    assert stage.period.state == PeriodState.FUNDED
    assert told(stage) == before
    assert released_minor(stage) == 0


def test_without_the_clause_silence_accepts_nothing() -> None:
    stage = given_funded(acceptance_days=None)

    with clock.shifted(timedelta(days=400)):
        done = deadlines.watch()

    assert done["accepted"] == 0
    assert stage.period.state == PeriodState.FUNDED


def test_a_buyer_whose_download_broke_off_may_accept() -> None:
    stage = given_funded(price_minor=48_000)

    trade.accept(stage.period.id, by=stage.buyer.member)

    assert stage.period.state == PeriodState.SETTLED
    assert not stage.period.accepted_by_silence
    assert released_minor(stage) == 45_600


def test_who_fetched_in_time_gets_all_the_days_once() -> None:
    stage = given_funded(acceptance_days=3)
    with clock.shifted(timedelta(days=2)):
        trade.deliver(stage.period.id, by=system("delivery"))
        due = stage.period.acceptance_due_at
        trade.deliver(stage.period.id, by=system("delivery"))

        assert stage.period.acceptance_due_at == due
    assert stage.period.delivered_at is not None
    assert due == stage.period.delivered_at + timedelta(days=3)


@pytest.mark.parametrize("given", [given_funded, given_delivered], ids=["not fetched", "fetched"])
def test_an_open_dispute_stops_silence_and_acceptance(given: object) -> None:
    stage: Stage = given(acceptance_days=3)  # type: ignore[operator]  # one of two builders
    disputes.open(stage.period.id, reason="文件与合约所列版本不符", by=stage.buyer.member)
    before = told(stage)

    with clock.shifted(timedelta(days=30)):
        done = deadlines.watch()
        with pytest.raises(Disputed):
            trade.accept_by_silence(stage.period.id, by=system("deadlines"))
        with pytest.raises(Disputed):
            trade.accept(stage.period.id, by=stage.buyer.member)

    assert done["accepted"] == 0
    assert told(stage) == before
    assert released_minor(stage) == 0


def test_a_hold_stops_silence_and_the_time_it_took_is_given_back() -> None:
    stage = given_funded(acceptance_days=3)
    with clock.shifted(timedelta(days=1)):
        hold = held(stage, stage.period.trade.urn)

    with clock.shifted(timedelta(days=4)):
        stopped = deadlines.watch()
        holds.lift(hold.id, reason="核查结束", by=stage.approver)
        freed = deadlines.watch()
    with clock.shifted(timedelta(days=6, seconds=-30)):
        before = deadlines.watch()
    with clock.shifted(timedelta(days=6, seconds=30)):
        after = deadlines.watch()

    assert [each["accepted"] for each in (stopped, freed, before, after)] == [0, 0, 0, 1]
    assert stage.period.state == PeriodState.SETTLED


def test_while_a_delivery_is_held_neither_the_buyer_nor_silence_accepts_it() -> None:
    stage = given_funded(acceptance_days=3)
    hold = orders.place(stage.grant.id, scope=Scope.DELIVERY, reason="投诉", legal_basis="条例 28", by=stage.reviewer)
    before = told(stage)

    with clock.shifted(timedelta(days=3, seconds=1)):
        done = deadlines.watch()
    with pytest.raises(holds.Held):
        trade.accept(stage.period.id, by=stage.buyer.member)

    assert done["accepted"] == 0
    assert (stage.period.state, told(stage), released_minor(stage)) == (PeriodState.FUNDED, before, 0)
    orders.lift(hold.id, reason="查清", by=stage.approver)
    assert trade.accept(stage.period.id, by=stage.buyer.member).state == TradeState.CLOSED
