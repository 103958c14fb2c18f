"""Deadlines stand still while a hold stops the step, and run on with what was left."""

from datetime import datetime, timedelta
from typing import cast

import pytest

from contracts import deadlines, disputes, queries, standstills, trade
from contracts.models import Negotiation
from contracts.queries import trades
from contracts.states import NegotiationState, PeriodState
from market import holds
from market.holds import Hold, Scope, Standstill
from market.kernel import clock, ids
from market.kernel.errors import Conflict
from market.notifications.models import Task
from market.participants.members import system
from settlement import queries as money
from tests.builders import Stage, given_delivered, given_funded, given_requested, given_signed

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def given_hold(
    stage: Stage, subject: str, scope: Scope = Scope.TRADE, *, at: float, until: float | None = None
) -> Hold:
    """A hold from one day on to another, counted from now; without an end it stands."""
    with clock.shifted(at * DAY):
        proposed_by = stage.approver.urn if scope == Scope.PARTY else ""
        hold = holds.place(
            subject, scope=scope, reason="核查", legal_basis="条例 28", proposed_by=proposed_by, by=stage.reviewer
        )
    if until is not None:
        with clock.shifted(until * DAY):
            holds.lift(hold.id, reason="核查结束", proposed_by=stage.reviewer.urn, by=stage.approver)
    return hold


def watched(day: float) -> dict[str, int]:
    """What the clock does on that day from now."""
    with clock.shifted(day * DAY):
        return deadlines.watch()


def days_from(start: datetime, end: datetime | None) -> float:
    """How many days lie between, to a thousandth."""
    return round((cast("datetime", end) - start) / DAY, 3)


@pytest.mark.parametrize(
    ("stretches", "moved"),
    [
        pytest.param([], 10, id="no hold"),
        pytest.param([(2, 5)], 13, id="one"),
        pytest.param([(2, 5), (3, 6)], 14, id="two that overlap count once"),
        pytest.param([(2, 3), (11, 12)], 11, id="one that came when the time was over"),
        pytest.param([(2, 5), (11, 12)], 14, id="one in the time that another gave back"),
        pytest.param([(-3, -1)], 10, id="one that was over before"),
        pytest.param([(-1, 1)], 11, id="one that began before counts from the start"),
    ],
)
def test_a_deadline_moves_by_what_holds_took_of_its_time(stretches: list[tuple[int, int]], moved: int) -> None:
    start, subject = clock.now(), ids.new_id()
    still = Standstill({subject: [(start + begins * DAY, start + ends * DAY) for begins, ends in stretches]})

    found = still.moved(start + 10 * DAY, since=start, subjects=[subject])

    assert found == start + moved * DAY


def test_holds_on_different_subjects_at_the_same_time_count_once() -> None:
    start, party, thread = clock.now(), ids.new_id(), ids.new_id()
    still = Standstill({party: [(start, start + 2 * DAY)], thread: [(start + DAY, start + 3 * DAY)]})

    assert still.moved(start + DAY, since=start, subjects=[party, thread]) == start + 4 * DAY
    assert still.lasted(since=start, until=start + 2 * DAY, subjects=[party, thread]) == 2 * DAY


def test_a_hold_on_a_party_gives_its_time_back() -> None:
    stage = given_delivered(acceptance_days=3)
    given_hold(stage, stage.buyer.member.organisation_urn, Scope.PARTY, at=1, until=9)

    assert watched(10.9)["accepted"] == 0
    assert watched(11.1)["accepted"] == 1


def test_silence_accepts_nothing_while_the_download_is_on_hold_and_the_days_run_on_afterwards() -> None:
    stage = given_funded(acceptance_days=3)
    hold = given_hold(stage, stage.grant.urn, Scope.DELIVERY, at=1)

    during = watched(5)
    with clock.shifted(5 * DAY):
        with pytest.raises(holds.Held):
            trade.accept_by_silence(stage.period.id, by=system("deadlines"))
        holds.lift(hold.id, reason="核查结束", by=stage.approver)

    assert during["accepted"] == 0
    assert watched(6.9)["accepted"] == 0
    assert watched(7.1)["accepted"] == 1


def test_a_hold_within_a_quarrel_is_given_back_once() -> None:
    stage = given_delivered(acceptance_days=3)
    with clock.shifted(1 * DAY):
        dispute = disputes.open(stage.period.id, reason="第三列与约定不符", by=stage.buyer.member)
    given_hold(stage, stage.period.trade.urn, at=2, until=4)

    with clock.shifted(5 * DAY):
        disputes.withdraw(dispute.id, answer="已经核对", by=stage.buyer.member)

    assert watched(6.9)["accepted"] == 0  # a day had passed; two are left from the fifth on
    assert watched(7.1)["accepted"] == 1


def test_a_hold_gives_the_days_of_payment_back_and_money_waits_no_longer_than_that() -> None:
    stage = given_signed()
    before = stage.period.due_at
    given_hold(stage, stage.period.trade.urn, at=1, until=4)

    assert before is not None
    days = (before - clock.now()) / DAY
    assert watched(days + 2.9)["expired"] == 0
    assert watched(days + 3.1)["expired"] == 1
    assert stage.period.state == PeriodState.EXPIRED


def test_a_hold_that_was_over_before_both_signed_gives_no_day_of_payment_back() -> None:
    stage = given_signed()
    due_at = stage.period.due_at
    assert due_at is not None
    days = (due_at - clock.now()) / DAY
    given_hold(stage, stage.buyer.member.organisation_urn, Scope.PARTY, at=-9, until=-5)

    assert watched(days + 0.1)["expired"] == 1


def test_a_negotiation_gets_the_time_back_that_a_hold_on_the_product_took() -> None:
    stage = given_requested()
    assert stage.negotiation is not None
    days = (stage.negotiation.expires_at - clock.now()) / DAY
    given_hold(stage, stage.offer.version.product.urn, Scope.LISTING, at=1, until=3)

    with clock.shifted((days + 1.9) * DAY), pytest.raises(Conflict):
        deadlines.lapse(stage.negotiation.id, by=system("deadlines"))
    assert watched(days + 2.1)["lapsed"] == 1
    assert Negotiation.objects.get().state == NegotiationState.TERMINATED


def test_pages_and_the_api_show_the_deadline_as_it_stands() -> None:
    stage = given_delivered(acceptance_days=3)
    assert stage.trade is not None
    start = stage.period.delivered_at
    assert start is not None
    given_hold(stage, stage.grant.urn, Scope.DELIVERY, at=1, until=3)
    given_hold(stage, stage.period.trade.urn, at=2, until=4)

    with clock.shifted(4 * DAY):
        detail = trades.trade_detail(stage.buyer.member, stage.trade.id)
        row = trades.trade_page(stage.supplier.member).rows[0]
        told = queries.trade_for(stage.buyer.member, stage.trade.id)["periods"][0]

    assert row.turn is not None
    assert [
        days_from(start, each) for each in (detail.period.acceptance_due_at, row.turn.due_at, told.acceptance_due_at)
    ] == [6.0, 6.0, 6.0]
    assert stage.period.acceptance_due_at == start + 3 * DAY  # the row keeps what the contract says


def test_both_rooms_name_the_same_day_of_payment() -> None:
    stage = given_signed()
    assert stage.trade is not None
    set_for = stage.period.due_at
    assert set_for is not None
    given_hold(stage, stage.period.trade.urn, at=1, until=3)

    with clock.shifted(3 * DAY):
        told = queries.trade_for(stage.buyer.member, stage.trade.id)

    assert days_from(set_for, told["periods"][0].due_at) == 2.0
    assert days_from(set_for, told["payment"]["due_at"]) == 2.0
    with clock.shifted(3 * DAY):
        assert money.payment_of(stage.period.urn) == told["payment"]


def test_an_open_negotiation_shows_the_moved_day_on_both_doors() -> None:
    stage = given_requested()
    assert stage.negotiation is not None
    set_for = stage.negotiation.expires_at
    given_hold(stage, stage.supplier.member.organisation_urn, Scope.PARTY, at=1, until=2)

    with clock.shifted(2 * DAY):
        api = queries.negotiation_for(stage.buyer.member, stage.negotiation.id)
        [listed] = queries.negotiations_of(stage.buyer.member, page=1, size=20)

    assert (days_from(set_for, api.expires_at), days_from(set_for, listed.expires_at)) == (1.0, 1.0)


def test_the_inbox_learns_of_the_moved_day_when_the_hold_is_lifted() -> None:
    stage = given_requested()
    assert stage.negotiation is not None
    stage.dispatch()
    [task] = Task.objects.filter(subject=stage.negotiation.id, done_at=None)
    given_hold(stage, stage.offer.version.urn, Scope.LISTING, at=0, until=2)

    with clock.shifted(2 * DAY):
        stage.dispatch()

    after = Task.objects.get(id=task.id)
    assert task.due_at is not None
    assert days_from(task.due_at, after.due_at) == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize("of", ["thread", "grant", "buyer"])
def test_a_lifted_hold_finds_the_trades_that_it_stopped(of: str) -> None:
    stage = given_funded()
    assert stage.trade is not None
    assert stage.negotiation is not None
    subject = {"thread": stage.trade.id, "grant": stage.grant.id, "buyer": stage.buyer.member.organisation_id}[of]

    found = standstills.touched(subject)

    assert found == [(stage.negotiation.id, stage.trade.id)]
    assert standstills.touched(ids.new_id()) == []
