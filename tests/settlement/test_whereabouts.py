"""Both sides can always see where the money is, since when, and who moves it next."""

from dataclasses import replace
from datetime import timedelta

from market import rules
from market.kernel import clock
from market.kernel.errors import Conflict, NotFound
from market.participants.members import Role, system
from settlement import accounts, books, earnings, escrow, ledger, payout_files, payouts
from settlement.models import Obligation, Payout
from settlement.states import PayoutState
from settlement.whereabouts import Mover, Place, Whereabouts, where_is_money
from tests.settlement.builders import Market, given_member, given_organisation, refused


def piles(market: Market, obligation: Obligation) -> list[tuple[Place, int, Mover]]:
    paying, paid = (where_is_money(obligation.reference_urn, for_=each) for each in (market.trader, market.finance))
    assert still(paid) == still(paying)
    return [(pile.place, pile.amount_minor, pile.mover) for pile in paying.piles]


def still(money: Whereabouts) -> Whereabouts:
    """The same without the days, which move on while a hold lasts."""
    return replace(money, piles=[replace(pile, until=None) for pile in money.piles])


def test_from_the_buyer_through_escrow_to_the_supplier(market: Market) -> None:
    obligation = market.opened(48_000)
    assert piles(market, obligation) == [(Place.WITH_PAYER, 48_000, Mover.PAYER)]

    market.imported(("480.00", obligation.payment_reference))
    assert piles(market, obligation) == [(Place.ESCROW, 48_000, Mover.PAYER)]

    escrow.release(reference=obligation.reference_urn, thread=obligation.thread_urn, by=market.trader)
    assert piles(market, obligation) == [
        (Place.PAYEE_ACCOUNT, 45_600, Mover.PAYEE_FINANCE),
        (Place.OPERATOR, 2_400, Mover.NOBODY),
    ]


def test_a_receipt_that_a_hold_stops_is_seen_as_such(market: Market) -> None:
    obligation = market.opened(48_000)
    market.hold(obligation.reference_urn)

    market.imported(("480.00", obligation.payment_reference), ("1.00", obligation.payment_reference))

    assert piles(market, obligation) == [
        (Place.WITH_PAYER, 48_000, Mover.PAYER),
        (Place.SUSPENSE, 48_000, Mover.HOLD),
        (Place.SUSPENSE, 100, Mover.CLERK),
    ]


def test_a_refund_is_followed_to_the_bank_and_back(market: Market) -> None:
    obligation = market.funded(1_000)
    escrow.refund(reference=obligation.reference_urn, thread=obligation.thread_urn, reason="x", by=market.seller)
    assert piles(market, obligation) == [(Place.REFUND_DUE, 1_000, Mover.APPROVER)]

    payout = Payout.objects.get()
    payouts.approve(payout.id, by=market.approver)
    payout_files.make(by=market.approver)
    assert piles(market, obligation) == [(Place.REFUND_DUE, 1_000, Mover.BANK)]

    market.imported(("-10.00", payout.payment_reference))
    assert piles(market, obligation) == [(Place.PAID_BACK, 1_000, Mover.NOBODY)]

    market.imported(("10.00", f"退汇{payout.payment_reference}"))
    payout.refresh_from_db()
    assert payout.state == PayoutState.RETURNED
    assert piles(market, obligation) == [(Place.PAYER_ACCOUNT, 1_000, Mover.PAYER_FINANCE)]
    assert ledger.balance(accounts.org(market.buyer.id, "CNY")) == 1_000


def test_strangers_hear_that_there_is_nothing(market: Market) -> None:
    obligation = market.funded(1_000)
    stranger = given_member(given_organisation(), Role.FINANCE)

    with refused(NotFound):
        where_is_money(obligation.reference_urn, for_=stranger)
    assert where_is_money(obligation.reference_urn, for_=market.auditor).amount_minor == 1_000


def given_reserve(days: int) -> None:
    rules.Rule.objects.create(
        name=escrow.RESERVE_RULE,
        version=2,
        value={"days": days},
        legal_basis="试行",
        effective_from=clock.now(),
    )
    rules.forget()


def test_a_reserve_period_keeps_the_share_until_its_day(market: Market) -> None:
    given_reserve(7)
    obligation = market.funded(48_000)

    made = escrow.release(reference=obligation.reference_urn, thread=obligation.thread_urn, by=market.trader)
    rules.forget()

    reserved, own = accounts.org_reserved(market.supplier.id, "CNY"), accounts.org(market.supplier.id, "CNY")
    assert (ledger.balance(reserved), ledger.balance(own)) == (45_600, 0)
    assert piles(market, obligation)[0] == (Place.RESERVED, 45_600, Mover.TIME)
    with refused(Conflict):
        escrow.free(obligation.reference_urn, by=system("reserve"))

    with clock.shifted(timedelta(days=7, seconds=1)):
        escrow.free(obligation.reference_urn, by=system("reserve"))
        again = escrow.free(obligation.reference_urn, by=system("reserve"))

    assert again.id == made.id
    assert (ledger.balance(reserved), ledger.balance(own)) == (0, 45_600)
    assert piles(market, obligation)[0] == (Place.PAYEE_ACCOUNT, 45_600, Mover.PAYEE_FINANCE)
    assert books.check() == []


def test_the_sweep_frees_what_is_due_and_leaves_what_is_held(lasting_market: Market) -> None:
    market = lasting_market
    given_reserve(7)
    obligations = [market.funded(1_000), market.funded(1_000), market.funded(1_000)]
    for each in obligations[:2]:
        escrow.release(reference=each.reference_urn, thread=each.thread_urn, by=market.trader)
    with clock.shifted(timedelta(days=5)):
        third = obligations[2]
        escrow.release(reference=third.reference_urn, thread=third.thread_urn, by=market.trader)
    rules.forget()
    market.hold(obligations[0].reference_urn)

    with clock.shifted(timedelta(days=8)):
        assert earnings.free_due() == 1
        assert earnings.free_due() == 0

    assert ledger.balance(accounts.org(market.supplier.id, "CNY")) == 950
    assert ledger.balance(accounts.org_reserved(market.supplier.id, "CNY")) == 1_900
