"""Escrow goes back to the payer whole or in part, once, and to the account it came from."""

from typing import Any

import pytest

from market.events.models import Event, Opening
from market.holds import Held, Scope
from market.kernel import ids
from market.kernel.errors import Invalid, NotAllowed
from market.participants.members import system
from settlement import accounts, books, escrow, ledger, suspense
from settlement.errors import NotCovered, NotFunded, OtherTerms
from settlement.models import Obligation, Payout, Posting, Refund
from settlement.states import ObligationState, PayoutKind, PayoutState
from tests.settlement.builders import Market, refused


def refund(market: Market, obligation: Obligation, **terms: Any) -> Refund:
    wanted: dict[str, Any] = {
        "reference": obligation.reference_urn,
        "thread": obligation.thread_urn,
        "reason": "数据与说明不符",
    }
    return escrow.refund(**wanted | {"by": market.seller} | terms)


def test_a_whole_refund_waits_for_the_bank_on_its_way_to_the_payer(market: Market) -> None:
    obligation = market.funded(48_000)

    made = refund(market, obligation)

    obligation.refresh_from_db()
    assert obligation.state == ObligationState.REFUNDED
    assert ledger.balance(accounts.escrow(obligation.reference, "CNY")) == 0
    assert ledger.balance(accounts.refund_due(market.buyer.id, "CNY")) == 48_000
    payout = Payout.objects.get()
    assert made.payout_id == payout.id
    assert (payout.kind, payout.amount_minor, payout.state) == (PayoutKind.REFUND, 48_000, PayoutState.REQUESTED)
    assert (payout.holder, payout.number_masked) == (market.buyer.name, "************0123")
    opening = Opening.objects.get(event__kind="escrow.refunded")
    assert opening.fields["whole"]["value"] is True
    assert set(opening.parties) == {market.buyer.id, market.supplier.id}
    assert books.check() == []


def test_a_second_refund_answers_the_first(market: Market) -> None:
    obligation = market.funded()
    first = refund(market, obligation)
    postings = Posting.objects.count()

    assert refund(market, obligation).id == first.id

    assert Posting.objects.count() == postings
    assert Event.objects.filter(kind="escrow.refunded").count() == 1


def test_parts_go_back_and_the_rest_is_released_with_its_own_fee(market: Market) -> None:
    obligation = market.funded(100_000)
    key = ids.new_id()

    part = refund(market, obligation, amount_minor=30_000, key=key)
    again = refund(market, obligation, amount_minor=30_000, key=key)
    made = escrow.release(reference=obligation.reference_urn, thread=obligation.thread_urn, by=market.trader)

    assert again.id == part.id
    # 5 % of 700.00 is 35.00, of which 1.98 VAT
    assert (made.amount_minor, made.payee_minor, made.fee_minor, made.vat_minor) == (70_000, 66_500, 3_302, 198)
    assert ledger.balance(accounts.refund_due(market.buyer.id, "CNY")) == 30_000
    assert books.check() == []


def test_parts_that_add_up_to_all_end_the_obligation(market: Market) -> None:
    obligation = market.funded(1_000)

    refund(market, obligation, amount_minor=400, key=ids.new_id())
    refund(market, obligation, amount_minor=600, key=ids.new_id())

    obligation.refresh_from_db()
    assert (obligation.state, obligation.refunded_minor) == (ObligationState.REFUNDED, 1_000)
    with refused(NotFunded):
        escrow.release(reference=obligation.reference_urn, thread=obligation.thread_urn, by=market.trader)


def test_more_than_is_in_escrow_is_refused_and_nothing_moves(market: Market) -> None:
    obligation = market.funded(1_000)
    refund(market, obligation, amount_minor=400, key=ids.new_id())

    with refused(NotCovered) as refusal:
        refund(market, obligation, amount_minor=601, key=ids.new_id())

    assert refusal.value.extra == {"in_escrow_minor": 600}
    assert ledger.balance(accounts.escrow(obligation.reference, "CNY")) == 600
    assert Refund.objects.count() == 1


def test_a_key_is_for_one_refund_of_one_obligation(market: Market) -> None:
    first, second = market.funded(1_000), market.funded(1_000)
    key = ids.new_id()
    refund(market, first, amount_minor=400, key=key)

    with refused(OtherTerms):
        refund(market, first, amount_minor=401, key=key)
    with refused(OtherTerms):
        refund(market, second, amount_minor=400, key=key)

    assert Refund.objects.count() == 1


@pytest.mark.parametrize("terms", [{"amount_minor": 400}, {"amount_minor": 0, "key": ids.new_id()}, {"reason": " "}])
def test_a_part_needs_a_key_and_every_refund_a_reason(market: Market, terms: dict[str, Any]) -> None:
    obligation = market.funded()

    with refused(Invalid):
        refund(market, obligation, **terms)

    assert not Refund.objects.exists()


def test_after_release_nothing_is_left_to_refund(market: Market) -> None:
    obligation = market.funded()
    escrow.release(reference=obligation.reference_urn, thread=obligation.thread_urn, by=market.trader)

    with refused(NotFunded):
        refund(market, obligation)

    assert not Refund.objects.exists()


def test_the_payer_alone_takes_nothing_back_but_a_process_may(market: Market) -> None:
    obligation = market.funded()

    with refused(NotAllowed):
        refund(market, obligation, by=market.trader)
    assert not Refund.objects.exists()

    refund(market, obligation, by=system("deadlines"))
    assert Refund.objects.count() == 1


def test_a_hold_stops_the_refund(market: Market) -> None:
    obligation = market.funded()
    market.hold(market.buyer.urn, Scope.PARTY)

    with refused(Held):
        refund(market, obligation)

    assert ledger.balance(accounts.escrow(obligation.reference, "CNY")) == 48_000


def test_money_of_two_senders_is_available_to_the_payer_instead(market: Market) -> None:
    obligation = market.opened(1_000)
    statement = market.imported(("4.00", "部分", "甲", "6222000000000001"), ("6.00", "部分", "乙", "6222000000000002"))
    for line in statement.lines.order_by("row"):
        suspense.assign(line.id, payment_reference=obligation.payment_reference, reason="来电确认", by=market.clerk)
    obligation.refresh_from_db()
    assert obligation.state == ObligationState.FUNDED

    made = refund(market, obligation)

    assert made.payout is None
    assert ledger.balance(accounts.org(market.buyer.id, "CNY")) == 1_000
    assert books.check() == []
