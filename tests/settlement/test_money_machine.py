"""Any sequence of steps: money is neither made nor lost, no account falls below zero, every replay changes nothing."""

from collections import defaultdict
from fractions import Fraction
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from market import rules
from market.events.models import Event
from market.holds import Held
from market.kernel import ids
from market.kernel.errors import MarketError
from settlement import accounts, bank_accounts, books, escrow, ledger, obligations, payout_files, payouts, suspense
from settlement.accounts import Code, Key
from settlement.errors import NotCovered, NotFunded, NothingToSend
from settlement.models import Obligation, Payout, StatementLine, Transfer
from settlement.states import LineState, ObligationState, PayoutState
from tests.settlement.builders import Market, yuan

AMOUNTS = st.one_of(st.sampled_from([1, 2, 3, 99, 101, 9_973, 48_000, 2**40]), st.integers(1, 10**9))


def half_up(value: Fraction) -> int:
    return int(value + Fraction(1, 2))


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
        return self.market.opened(amount)

    @rule(target=obligations, amount=AMOUNTS)
    def open(self, amount: int) -> Obligation:
        return self.market.opened(amount)

    @rule(obligation=obligations, extra=st.sampled_from([0, 0, 0, 1, -1]), names=st.booleans())
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

    @rule(obligation=obligations)
    def release(self, obligation: Obligation) -> None:
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

    @rule(obligation=obligations, share=st.sampled_from([None, 1, 2, 3]))
    def refund(self, obligation: Obligation, share: int | None) -> None:
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

    @rule(obligation=obligations)
    def assign(self, obligation: Obligation) -> None:
        line = StatementLine.objects.filter(state=LineState.SUSPENSE, is_incoming=True).first()
        if line is None:
            return
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

    @rule(amount=AMOUNTS)
    def request_payout(self, amount: int) -> None:
        made = self.attempt(lambda: payouts.request(amount_minor=amount, by=self.market.finance), NotCovered)
        assert made is None or amount <= self.model["supplier"]

    @rule()
    def approve_and_send(self) -> None:
        for payout in Payout.objects.filter(state=PayoutState.REQUESTED):
            made = self.attempt(lambda payout=payout: payouts.approve(payout.id, by=self.market.approver), Held)
            if made and payout.kind == "earnings":
                self.model["supplier"] -= payout.amount_minor
                self.model["payout"] += payout.amount_minor
        self.attempt(lambda: payout_files.make(by=self.market.approver), NothingToSend)

    @rule(ending=st.sampled_from(["confirmed", "failed", "returned", "differs"]))
    def bank_answers(self, ending: str) -> None:
        payout = Payout.objects.filter(state=PayoutState.INSTRUCTED).first()
        if payout is None:
            return
        amount, reference = payout.amount_minor, payout.payment_reference
        account = "payout" if payout.kind == "earnings" else "refund"
        owner = "supplier" if payout.kind == "earnings" else "buyer"
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

    @rule(obligation=consumes(obligations))
    def forget(self, obligation: Obligation) -> None:
        """No further steps for this one, so that others are taken up."""

    @invariant()
    def the_books_are_the_model(self) -> None:
        market = self.market
        keys: dict[Any, Key] = {
            "bank": accounts.bank("CNY"),
            "suspense": accounts.common(Code.SUSPENSE, "CNY"),
            "buyer": accounts.org(market.buyer.id, "CNY"),
            "supplier": accounts.org(market.supplier.id, "CNY"),
            "refund": accounts.refund_due(market.buyer.id, "CNY"),
            "payout": accounts.payout_out(market.supplier.id, "CNY"),
            "due": accounts.common(Code.DUE_TO_OPERATOR, "CNY"),
            "fee": accounts.common(Code.FEE, "CNY"),
            "vat": accounts.common(Code.VAT_OUT, "CNY"),
        }
        keys |= {name: accounts.escrow(name, "CNY") for name in self.model if isinstance(name, UUID)}
        assert {name: ledger.balance(key) for name, key in keys.items()} == {name: self.model[name] for name in keys}
        short = ["shortfall"] if self.model["suspense"] < 0 else []
        assert [finding.name for finding in books.check()] == short

    @invariant()
    def every_transfer_has_its_event(self) -> None:
        told = Event.objects.filter(opening__fields__has_key="transfer").values_list(
            "opening__fields__transfer__value", flat=True
        )
        moved = Transfer.objects.exclude(kind__in=["payout.approved", "payout.cancelled"])
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
