"""Two at once: each on a connection of its own, let go together. One wins, the other is refused, no fen is lost."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import connection

from market.events.models import Event
from market.holds import Held
from market.kernel import ids
from market.kernel.errors import Conflict
from settlement import (
    accounts,
    bank_accounts,
    books,
    escrow,
    ledger,
    obligations,
    payout_files,
    payouts,
    statements,
    suspense,
)
from settlement.accounts import Code
from settlement.errors import NotCovered, NotFunded
from settlement.models import Obligation, Payout, PayoutFile, Refund, Release, Statement, StatementLine, Transfer
from settlement.states import LineState, ObligationState, PayoutState
from tests.settlement.builders import Market, yuan

THREADS = 8


def together(*calls: Callable[[], Any]) -> list[Any]:
    """What each call answered or raised; all start at the same moment."""
    barrier = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(20)
            answers[place] = call()
        except Exception as error:  # the test looks at it
            answers[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, call)) for place, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def release(market: Market, obligation: Obligation) -> Release:
    return escrow.release(reference=obligation.reference_urn, thread=obligation.thread_urn, by=market.trader)


def refund(market: Market, obligation: Obligation, amount_minor: int | None = None) -> Refund:
    return escrow.refund(
        reference=obligation.reference_urn,
        thread=obligation.thread_urn,
        reason="x",
        amount_minor=amount_minor,
        key=ids.new_id() if amount_minor else None,
        by=market.seller,
    )


def test_eight_releases_are_one(lasting_market: Market) -> None:
    market = lasting_market
    obligation = market.funded(48_000)

    answers = together(*[lambda: release(market, obligation)] * THREADS)

    assert {answer.id for answer in answers} == {Release.objects.get().id}
    assert ledger.balance(accounts.org(market.supplier.id, "CNY")) == 45_600
    assert Event.objects.filter(kind="escrow.released").count() == 1
    assert books.check() == []


def test_a_hold_placed_at_the_same_moment_stops_the_release_or_comes_after_it(lasting_market: Market) -> None:
    market = lasting_market
    for _ in range(8):
        obligation = market.funded(1_000)
        place = partial(market.hold, obligation.thread_urn)

        released, held = together(partial(release, market, obligation), place)

        in_escrow = ledger.balance(accounts.escrow(obligation.reference, "CNY"))
        if isinstance(released, Release):
            told = Event.objects.get(kind="escrow.released", opening__subject=obligation.reference)
            assert told.seq < Event.objects.get(kind="hold.placed", opening__subject=held.subject).seq
            assert in_escrow == 0
        else:
            assert isinstance(released, Held)
            assert in_escrow == 1_000


def test_two_refunds_that_exceed_escrow_are_one_and_a_refusal(lasting_market: Market) -> None:
    market = lasting_market
    obligation = market.funded(1_000)

    answers = together(lambda: refund(market, obligation, 600), lambda: refund(market, obligation, 600))

    assert sorted(type(answer).__name__ for answer in answers) == ["NotCovered", "Refund"]
    assert ledger.balance(accounts.escrow(obligation.reference, "CNY")) == 400
    assert books.check() == []


def test_release_and_refund_at_once_give_the_money_to_one_side(lasting_market: Market) -> None:
    market = lasting_market
    obligation = market.funded(1_000)

    answers = together(lambda: release(market, obligation), lambda: refund(market, obligation))

    assert sum(isinstance(answer, NotFunded) for answer in answers) == 1
    obligation.refresh_from_db()
    assert obligation.state in {ObligationState.RELEASED, ObligationState.REFUNDED}
    assert Release.objects.count() + Refund.objects.count() == 1
    assert books.check() == []


def test_the_same_statement_imported_at_once_is_one(lasting_market: Market) -> None:
    market = lasting_market
    obligation = market.opened(48_000)
    data = market.csv(("480.00", obligation.payment_reference), opening=0)

    answers = together(*[lambda: statements.import_file(name="a.csv", data=data, by=market.clerk)] * 4)

    assert {answer.id for answer in answers} == {Statement.objects.get().id}
    assert ledger.balance(accounts.bank("CNY")) == 48_000
    assert Event.objects.filter(kind="payment.received").count() == 1
    assert books.check() == []


def test_two_statements_with_one_payment_each_pay_once(lasting_market: Market) -> None:
    market = lasting_market
    obligation = market.opened(48_000)
    files = [market.csv(("480.00", obligation.payment_reference)) for _ in range(2)]

    together(*[partial(statements.import_file, name="a.csv", data=data, by=market.clerk) for data in files])

    assert ledger.balance(accounts.escrow(obligation.reference, "CNY")) == 48_000
    assert ledger.balance(accounts.common(Code.SUSPENSE, "CNY")) == 48_000
    assert Statement.objects.count() == 2
    assert books.check() == []


def test_cancel_and_payment_at_once_never_leave_money_in_a_dead_escrow(lasting_market: Market) -> None:
    market = lasting_market
    for _ in range(5):
        obligation = market.opened(100)
        data = market.csv(("1.00", obligation.payment_reference))

        together(
            partial(obligations.cancel, obligation.reference_urn, by=market.trader),
            partial(statements.import_file, name="a.csv", data=data, by=market.clerk),
        )

        obligation.refresh_from_db()
        in_escrow = ledger.balance(accounts.escrow(obligation.reference, "CNY"))
        assert (obligation.state, in_escrow) in {(ObligationState.FUNDED, 100), (ObligationState.CANCELLED, 0)}
    assert books.check() == []


def test_a_receipt_assigned_and_returned_at_once_goes_one_way(lasting_market: Market) -> None:
    market = lasting_market
    obligation = market.opened(8_800)
    market.imported(("88.00", "?"))
    line = StatementLine.objects.get()

    answers = together(
        lambda: suspense.assign(line.id, payment_reference=obligation.payment_reference, reason="a", by=market.clerk),
        lambda: suspense.give_back(line.id, reason="b", by=market.clerk),
    )

    assert sum(isinstance(answer, Conflict) for answer in answers) == 1
    line.refresh_from_db()
    assert line.state in {LineState.MATCHED, LineState.RETURNED}
    assert ledger.balance(accounts.common(Code.SUSPENSE, "CNY")) == 0
    assert books.check() == []


def given_earned(market: Market, amount_minor: int) -> None:
    release(market, market.funded(amount_minor))
    bank_accounts.register(holder=market.supplier.name, number="62220000111122", bank="中行", by=market.finance)


def test_requests_at_once_never_ask_for_more_than_there_is(lasting_market: Market) -> None:
    market = lasting_market
    given_earned(market, 1_000)  # 950 to the supplier

    answers = together(*[lambda: payouts.request(amount_minor=300, by=market.finance)] * 5)

    assert sum(isinstance(answer, NotCovered) for answer in answers) == 2
    assert Payout.objects.count() == 3


def test_one_payout_key_at_once_is_one_payout(lasting_market: Market) -> None:
    market = lasting_market
    given_earned(market, 1_000)
    key = ids.new_id()

    answers = together(*[lambda: payouts.request(amount_minor=300, key=key, by=market.finance)] * 4)

    assert {answer.id for answer in answers} == {Payout.objects.get().id}


def test_a_payout_goes_into_one_file(lasting_market: Market) -> None:
    market = lasting_market
    given_earned(market, 1_000)
    payout = payouts.request(amount_minor=300, by=market.finance)
    payouts.approve(payout.id, by=market.approver)

    answers = together(
        lambda: payout_files.make(by=market.approver),
        lambda: payout_files.make(by=market.approver),
        lambda: payouts.cancel(payout.id, reason="x", by=market.approver),
    )

    payout.refresh_from_db()
    made = [answer for answer in answers if isinstance(answer, PayoutFile)]
    assert len(made) == (1 if payout.state == PayoutState.INSTRUCTED else 0)
    assert payout.state in {PayoutState.INSTRUCTED, PayoutState.CANCELLED}
    assert books.check() == []


def test_crossing_paths_neither_deadlock_nor_lose(lasting_market: Market) -> None:
    """Each organisation buys from the other; payments, releases, requests and approvals cross in both directions."""
    market = lasting_market
    given_earned(market, 100_000)
    other = Market(buyer=market.supplier, supplier=market.buyer)
    for _ in range(3):
        pair = [market.funded(1_000), other.funded(1_000)]
        new = [market.opened(500), other.opened(700)]
        data = market.csv(*[(yuan(each.amount_minor), each.payment_reference) for each in new])
        asked = payouts.request(amount_minor=10, by=market.finance)

        answers = together(
            partial(release, market, pair[0]),
            partial(release, other, pair[1]),
            partial(statements.import_file, name="a.csv", data=data, by=market.clerk),
            partial(payouts.approve, asked.id, by=market.approver),
            lambda: payouts.request(amount_minor=20, by=market.finance),
        )

        assert [answer for answer in answers if isinstance(answer, BaseException)] == []
    assert books.check() == []
    assert Transfer.objects.filter(postings__isnull=True).count() == 0
