"""Counter-offers: what either side may change, and what stays as it lies on the table."""

import pytest

from contracts import negotiations
from contracts.models import Negotiation, Turn
from market.kernel.errors import Invalid
from tests.builders import given_requested

pytestmark = pytest.mark.django_db


def on_the_table() -> int | None:
    """The days after which silence accepts, as the one negotiation has them now."""
    days: int | None = Negotiation.objects.get().terms["acceptance_days"]
    return days


def test_either_side_takes_acceptance_by_silence_out_and_puts_it_back() -> None:
    stage = given_requested()
    assert stage.negotiation is not None
    known = stage.negotiation.id

    negotiations.offer(known, silence_accepts=False, by=stage.supplier.member)
    taken_out = on_the_table()
    negotiations.counter(known, silence_accepts=True, acceptance_days=5, by=stage.buyer.member)
    put_back = on_the_table()
    negotiations.offer(known, price_minor=1, by=stage.supplier.member)
    negotiations.counter(known, silence_accepts=False, by=stage.buyer.member)

    assert (taken_out, put_back, on_the_table()) == (None, 5, None)
    assert [turn.acceptance_days for turn in Turn.objects.order_by("n")] == [3, None, 5, 5, None]


def test_a_request_may_ask_for_a_contract_without_acceptance_by_silence() -> None:
    stage = given_requested()
    assert stage.negotiation is not None
    negotiations.terminate(stage.negotiation.id, reason="重新提出", by=stage.buyer.member)

    asked = negotiations.request(stage.offer.id, silence_accepts=False, by=stage.buyer.member)

    assert asked.terms["acceptance_days"] is None


@pytest.mark.parametrize(
    ("days", "accepts"),
    [
        pytest.param(5, False, id="days after which nothing happens"),
        pytest.param(0, None, id="no day"),
        pytest.param(91, None, id="more than a quarter"),
    ],
)
def test_contradicting_days_are_refused_and_nothing_changes(days: int, accepts: bool | None) -> None:
    stage = given_requested()
    assert stage.negotiation is not None

    with pytest.raises(Invalid) as refused:
        negotiations.offer(
            stage.negotiation.id, acceptance_days=days, silence_accepts=accepts, by=stage.supplier.member
        )

    assert [problem["field"] for problem in refused.value.fields] == ["acceptance_days"]
    assert on_the_table() == 3


def test_silence_cannot_come_back_without_its_days() -> None:
    stage = given_requested(acceptance_days=None)
    assert stage.negotiation is not None

    with pytest.raises(Invalid) as refused:
        negotiations.offer(stage.negotiation.id, silence_accepts=True, by=stage.supplier.member)

    assert [problem["field"] for problem in refused.value.fields] == ["acceptance_days"]


def test_taking_out_what_is_not_there_changes_nothing() -> None:
    stage = given_requested(acceptance_days=None)
    assert stage.negotiation is not None

    with pytest.raises(Invalid):
        negotiations.offer(stage.negotiation.id, silence_accepts=False, by=stage.supplier.member)

    assert Turn.objects.count() == 1
