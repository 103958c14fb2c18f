"""Any sequence of steps: money is neither made nor lost, no account falls below zero, every replay changes nothing."""

from collections import defaultdict
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
import pytest
from django.db import connection, transaction
from django.db.models import QuerySet
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from market import rules
from market.events.models import Event
from market.holds import Held
from market.kernel import ids
from market.kernel.errors import MarketError
from settlement import (
    accounts,
    bank_accounts,
    bookings,
    books,
    escrow,
    ledger,
    obligations,
    payout_files,
    payouts,
    suspense,
)
from settlement.accounts import Code, Key
from settlement.errors import NotCovered, NotFunded, NothingToSend, NotReversible
from settlement.models import Booking, Obligation, Payout, StatementLine, Transfer
from settlement.states import BookingKind, LineState, ObligationState, PayoutKind, PayoutState, TransferKind
from tests.settlement.builders import Market, yuan

AMOUNTS = st.one_of(st.sampled_from([1, 2, 3, 99, 101, 9_973, 48_000, 2**40]), st.integers(1, 10**9))


def waiting() -> QuerySet[StatementLine]:
    """Receipts in suspense, in an order that the next run has too."""
    return StatementLine.objects.filter(state=LineState.SUSPENSE, is_incoming=True).order_by("serial")


def half_up(value: Fraction) -> int:
    return int(value + Fraction(1, 2))


ENDINGS = ["confirmed", "failed", "returned", "differs"]


class Money(RuleBasedStateMachine):
    """The model is a dictionary of integers; the product is asked after every step."""

    obligations = Bundle("obligations")

    def __init__(self) -> None:
        super().__init__()
        self.outer = transaction.atomic()
        self.outer.__enter__()
        rules.forget()
        self.market = Market()
        bank_accounts.register(
            holder=self.market.supplier.name, number="62220000111122", bank="中行", by=self.market.finance
        )
        self.model: defaultdict[Any, int] = defaultdict(int)
        self.opened: list[Obligation] = []
        self.held: set[UUID] = set()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.outer.__exit__(None, None, None)

    def attempt(self, call: Any, *expected: type[MarketError]) -> Any:
        """The answer, or None after a refusal of an expected kind; a refusal leaves nothing behind."""
        try:
            with transaction.atomic():
                answer = call()
                connection.check_constraints()
                return answer
        except expected:
            return None

    @initialize(target=obligations, amount=AMOUNTS)
    def first(self, amount: int) -> Obligation:
        return self.open(amount)

    def open(self, amount: int) -> Obligation:
        self.opened.append(self.market.opened(amount))
        return self.opened[-1]

    @rule(target=obligations, amount=AMOUNTS)
    def owe(self, amount: int) -> Obligation:
        return self.open(amount)

    @rule(target=obligations, amount=AMOUNTS)
    def fund(self, amount: int) -> Obligation:
        obligation = self.open(amount)
        self.pay(obligation, 0, True)
        return obligation

    @rule(obligation=obligations, extra=st.sampled_from([0, 0, 0, 1, -1]), names=st.sampled_from([True, True, False]))
    def pay(self, obligation: Obligation, extra: int, names: bool) -> None:
        amount = obligation.amount_minor + extra
        if amount <= 0:
            return
        before = Obligation.objects.get(id=obligation.id)
        self.market.imported((yuan(amount), obligation.payment_reference if names else "货款"))
        self.model["bank"] += amount
        fits = names and before.state == ObligationState.DUE and amount == before.amount_minor - before.received_minor
        if fits and obligation.reference not in self.held:
            self.model["buyer"] += amount - obligation.amount_minor
            self.model[obligation.reference] += obligation.amount_minor
        else:
            self.model["suspense"] += amount

    def one(self, obligation: Obligation, luck: int) -> Obligation:
        """Mostly one with money in escrow, so that steps lead somewhere; at times any."""
        funded = [each for each in self.opened if self.model[each.reference]]
        return funded[luck % len(funded)] if funded and luck else obligation

    @rule(obligation=obligations, luck=st.integers(0, 9))
    def release(self, obligation: Obligation, luck: int) -> None:
        obligation = self.one(obligation, luck)
        before = self.model[obligation.reference]
        made = self.attempt(
            lambda: escrow.release(
                reference=obligation.reference_urn, thread=obligation.thread_urn, by=self.market.trader
            ),
            NotFunded,
            Held,
        )
        if made is None or not before:
            return
        fee = half_up(Fraction(before * 500, 10_000))
        vat = half_up(Fraction(fee * 600, 10_600))
        self.model["supplier"] += before - fee
        self.model["due"] += fee
        self.model["fee"] += fee - vat
        self.model["vat"] += vat
        self.model[obligation.reference] = 0

    @rule(obligation=obligations, luck=st.integers(0, 9), share=st.sampled_from([None, None, 1, 2, 3]))
    def refund(self, obligation: Obligation, luck: int, share: int | None) -> None:
        obligation = self.one(obligation, luck)
        before = self.model[obligation.reference]
        part = None if share is None else max(1, obligation.amount_minor // share)
        made = self.attempt(
            lambda: escrow.refund(
                reference=obligation.reference_urn,
                thread=obligation.thread_urn,
                reason="x",
                amount_minor=part,
                key=ids.new_id() if part else None,
                by=self.market.seller,
            ),
            NotFunded,
            NotCovered,
            Held,
        )
        if made is not None and before:
            self.model[obligation.reference] -= made.amount_minor
            self.model["refund" if made.payout else "buyer"] += made.amount_minor

    @rule(obligation=obligations)
    def cancel(self, obligation: Obligation) -> None:
        self.attempt(lambda: obligations.cancel(obligation.reference_urn, by=self.market.trader), MarketError)

    @rule(obligation=obligations)
    def hold(self, obligation: Obligation) -> None:
        if obligation.reference not in self.held:
            self.market.hold(obligation.reference_urn)
            self.held.add(obligation.reference)

    @precondition(lambda self: waiting().exists())
    @rule()
    def give_back(self) -> None:
        line = waiting()[0]
        made = self.attempt(lambda: suspense.give_back(line.id, reason="x", by=self.market.clerk), Held)
        if made is not None:
            self.model["suspense"] -= line.amount_minor
            self.model["returning"] += line.amount_minor

    @precondition(lambda self: waiting().exists())
    @rule(obligation=obligations)
    def assign(self, obligation: Obligation) -> None:
        line = waiting()[0]
        available = ledger.balance(accounts.org(self.market.buyer.id, "CNY"))
        made = self.attempt(
            lambda: suspense.assign(
                line.id, payment_reference=obligation.payment_reference, reason="x", by=self.market.clerk
            ),
            Held,
        )
        if made is None:
            return
        self.model["suspense"] -= line.amount_minor
        self.model["buyer"] += line.amount_minor
        after = Obligation.objects.get(id=obligation.id)
        if after.state == ObligationState.FUNDED and not self.model[obligation.reference] and not after.refunded_minor:
            assert available + line.amount_minor >= obligation.amount_minor
            self.model["buyer"] -= obligation.amount_minor
            self.model[obligation.reference] = obligation.amount_minor

    @rule(amount=st.integers(1, 10**6))
    def place(self, amount: int) -> None:
        self.market.imported((yuan(amount), "垫付手续费", "太原数据交易中心"))
        self.book(BookingKind.PREFUND, StatementLine.objects.order_by("-id")[0].id)
        self.model["bank"] += amount
        self.model["fund"] += amount

    @rule(amount=st.integers(1, 10**4))
    def take_fee(self, amount: int) -> None:
        self.market.imported((f"-{yuan(amount)}", "手续费"))
        self.book(BookingKind.RAIL_COST, StatementLine.objects.order_by("-id")[0].id)
        self.model["bank"] -= amount
        self.model["fund"] -= amount
        self.model["cost"] += amount

    @rule()
    def reverse(self) -> None:
        assigned = Transfer.objects.filter(kind=TransferKind.SUSPENSE_ASSIGNED, reversed_by__isnull=True)
        wrong = assigned.order_by("-id").first()
        if wrong is None:
            return
        amount = ledger.entries_of(wrong.id)[0].amount_minor
        made = self.attempt(lambda: self.book(BookingKind.REVERSAL, wrong.id), NotReversible, NotCovered, Held)
        if made is not None:
            self.model["buyer"] -= amount
            self.model["suspense"] += amount

    def book(self, kind: BookingKind, subject: UUID) -> Booking:
        asked = bookings.propose(kind, subject, reason="x", document="回单 1", by=self.market.clerk)
        return bookings.approve(asked.id, by=self.market.approver)

    @precondition(lambda self: self.model["supplier"] > self.model["requested"])
    @rule(wanted=st.sampled_from(["all", "half", "too much"]))
    def request_payout(self, wanted: str) -> None:
        available = self.model["supplier"] - self.model["requested"]
        amount = {"all": available, "half": (available + 1) // 2, "too much": available + 1}[wanted]
        made = self.attempt(lambda: payouts.request(amount_minor=amount, by=self.market.finance), NotCovered)
        assert (made is None) == (wanted == "too much")
        self.model["requested"] += amount if made else 0

    @precondition(lambda self: Payout.objects.filter(state=PayoutState.REQUESTED).exists())
    @rule()
    def cancel_payout(self) -> None:
        payout = Payout.objects.filter(state=PayoutState.REQUESTED).order_by("payment_reference")[0]
        payouts.cancel(payout.id, reason="x", by=self.market.approver)
        if payout.kind == PayoutKind.EARNINGS:
            self.model["requested"] -= payout.amount_minor
        else:
            account = "refund" if payout.kind == PayoutKind.REFUND else "returning"
            self.model[account] -= payout.amount_minor
            self.model["buyer" if payout.kind == PayoutKind.REFUND else "suspense"] += payout.amount_minor

    @precondition(lambda self: Payout.objects.filter(state=PayoutState.REQUESTED).exists())
    @rule(ending=st.sampled_from(["", *ENDINGS]))
    def approve_and_send(self, ending: str) -> None:
        for payout in Payout.objects.filter(state=PayoutState.REQUESTED):
            made = self.attempt(lambda payout=payout: payouts.approve(payout.id, by=self.market.approver), Held)
            if made and payout.kind == PayoutKind.EARNINGS:
                self.model["requested"] -= payout.amount_minor
                self.model["supplier"] -= payout.amount_minor
                self.model["payout"] += payout.amount_minor
        self.attempt(lambda: payout_files.make(by=self.market.approver), NothingToSend)
        if ending and Payout.objects.filter(state=PayoutState.INSTRUCTED).exists():
            self.bank_answers(ending)

    @precondition(lambda self: Payout.objects.filter(state=PayoutState.INSTRUCTED).exists())
    @rule(ending=st.sampled_from(ENDINGS))
    def bank_answers(self, ending: str) -> None:
        payout = Payout.objects.filter(state=PayoutState.INSTRUCTED).order_by("payment_reference")[0]
        amount, reference = payout.amount_minor, payout.payment_reference
        account, owner = {
            PayoutKind.EARNINGS: ("payout", "supplier"),
            PayoutKind.REFUND: ("refund", "buyer"),
            PayoutKind.RETURN: ("returning", "suspense"),
        }[PayoutKind(payout.kind)]
        if ending == "failed":
            payouts.fail(payout.id, reason="x", by=self.market.clerk)
            self.model[account] -= amount
            self.model[owner] += amount
            return
        if ending == "differs":
            self.market.imported((f"-{yuan(amount + 1)}", reference))
            self.model["bank"] -= amount + 1
            self.model["suspense"] -= amount + 1
            return
        self.market.imported((f"-{yuan(amount)}", reference))
        self.model["bank"] -= amount
        self.model[account] -= amount
        if ending == "returned":
            self.market.imported((yuan(amount), f"退汇{reference}"))
            self.model["bank"] += amount
            self.model[owner] += amount

    @invariant()
    def the_books_are_the_model(self) -> None:
        market = self.market
        keys: dict[Any, Key] = {
            "bank": accounts.bank("CNY"),
            "suspense": accounts.common(Code.SUSPENSE, "CNY"),
            "buyer": accounts.org(market.buyer.id, "CNY"),
            "supplier": accounts.org(market.supplier.id, "CNY"),
            "refund": accounts.refund_due(market.buyer.id, "CNY"),
            "returning": accounts.refund_due(None, "CNY"),
            "payout": accounts.payout_out(market.supplier.id, "CNY"),
            "due": accounts.common(Code.DUE_TO_OPERATOR, "CNY"),
            "fee": accounts.common(Code.FEE, "CNY"),
            "vat": accounts.common(Code.VAT_OUT, "CNY"),
            "fund": accounts.common(Code.OPERATOR_FUND, "CNY"),
            "cost": accounts.common(Code.RAIL_COST, "CNY"),
        }
        keys |= {name: accounts.escrow(name, "CNY") for name in self.model if isinstance(name, UUID)}
        assert {name: ledger.balance(key) for name, key in keys.items()} == {name: self.model[name] for name in keys}
        short = ["shortfall"] * ((self.model["suspense"] < 0) + (self.model["fund"] < 0))
        assert [finding.name for finding in books.check()] == short

    @invariant()
    def every_transfer_has_its_event(self) -> None:
        told = Event.objects.filter(opening__fields__has_key="transfer").values_list(
            "opening__fields__transfer__value", flat=True
        )
        moved = Transfer.objects.exclude(kind__in=[TransferKind.PAYOUT_APPROVED, TransferKind.PAYOUT_CANCELLED])
        # an assignment that funds tells both of the receipt and of the payment
        assert {ids.urn(identifier) for identifier in moved.values_list("id", flat=True)} == set(told)


@pytest.mark.django_db
@pytest.mark.slow
def test_money_is_neither_made_nor_lost() -> None:
    run_state_machine_as_test(
        Money,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


@pytest.mark.django_db
def test_a_walk_past_every_kind_of_transfer_leaves_the_books_as_the_model_says() -> None:
    """Chance may miss a step; this walk misses none, and ends in all four ways a payout can end, for each kind."""
    money = Money()
    walk: list[Callable[[], Any]] = []
    for ending in ENDINGS:
        walk += [partial(money.fund, 48_000), lambda: money.release(money.opened[-1], 0)]
        walk += [partial(money.request_payout, "half"), money.cancel_payout, partial(money.request_payout, "all")]
        walk += [partial(money.request_payout, "too much"), partial(money.approve_and_send, ending)]
        walk += [partial(money.fund, 9_973), lambda: money.refund(money.opened[-1], 0, 3)]
        walk += [money.cancel_payout, lambda: money.refund(money.opened[-1], 0, None)]
        walk += [partial(money.approve_and_send, ending)]
        walk += [partial(money.owe, 101), lambda: money.pay(money.opened[-1], 1, True), money.give_back]
        walk += [partial(money.approve_and_send, ending), lambda: money.pay(money.opened[-1], 0, False)]
        walk += [lambda: money.assign(money.opened[-1]), lambda: money.hold(money.opened[-1])]
        walk += [
            lambda: money.release(money.opened[-1], 0),
            partial(money.owe, 7),
            lambda: money.cancel(money.opened[-1]),
        ]
        walk += [lambda: money.pay(money.opened[-1], 0, True), lambda: money.assign(money.opened[-1])]
        walk += [money.reverse, partial(money.place, 900), partial(money.take_fee, 500)]

    try:
        for step in walk:
            step()
            money.the_books_are_the_model()
            money.every_transfer_has_its_event()
        reached = set(Transfer.objects.values_list("kind", flat=True))
    finally:
        money.teardown()

    assert reached == set(TransferKind) - {TransferKind.EARNINGS_FREED}  # no reserve period here
