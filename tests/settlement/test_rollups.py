"""Hot accounts: the balance is exact for every reader, whatever is being posted or rolled up beside it."""

import random
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from market.kernel import ids
from settlement import accounts, books, ledger, rollups
from settlement.accounts import Code, Key
from settlement.books import Finding
from settlement.errors import NotCovered
from settlement.ledger import Entry
from settlement.models import Posting, Rollup
from settlement.states import TransferKind
from tests.settlement.builders import Market
from tests.settlement.test_races import together

HOT = accounts.common(Code.DUE_TO_OPERATOR, "CNY")
BANK = accounts.bank("CNY")


def pay(debit: Key, amount: int, *, hold_s: float = 0.0, credit: Key = HOT) -> None:
    """One transfer in a transaction of its own, kept open for a while after the entry is made."""
    with transaction.atomic():
        ledger.post(
            TransferKind.LINE_SUSPENDED,
            source=("test", ids.new_id()),
            entries=[Entry(debit, credit, amount)],
            actor="urn:test",
        )
        time.sleep(hold_s)


def drifted() -> list[Finding]:
    return [each for each in books.check() if each.name == "rollup_drift"]


def test_a_balance_is_the_roll_up_and_what_came_after(lasting_market: Market) -> None:
    for amount in (100, 20):
        pay(BANK, amount)
    written = rollups.roll_up(least=1)
    pay(BANK, 3)

    assert written == 2
    assert Rollup.objects.get(account_id=HOT.id).credits == 120
    assert (ledger.balance(HOT), ledger.balance(BANK)) == (123, 123)
    assert drifted() == []


def test_a_second_roll_up_goes_on_from_the_first(lasting_market: Market) -> None:
    pay(BANK, 100)
    rollups.roll_up(least=1)
    pay(HOT, 30, credit=BANK)

    rollups.roll_up(least=1)

    last = Rollup.objects.filter(account_id=HOT.id).order_by("horizon").last()
    assert last is not None
    assert (last.debits, last.credits) == (30, 100)
    assert rollups.roll_up(least=1) == 0
    assert ledger.balance(HOT) == 70


def test_few_postings_are_left_for_the_next_time(lasting_market: Market) -> None:
    pay(BANK, 1)

    assert rollups.roll_up(least=2) == 0

    pay(BANK, 1)
    assert rollups.roll_up(least=2) == 2


def test_what_commits_late_is_neither_lost_nor_counted_twice(lasting_market: Market) -> None:
    accounts.open_missing([BANK, HOT])

    def late() -> None:
        pay(BANK, 1_000, hold_s=0.4)

    def quick_and_roll() -> None:
        time.sleep(0.1)
        for _ in range(3):
            pay(BANK, 1)
            rollups.roll_up(least=1)

    together(late, quick_and_roll)
    before = ledger.balance(HOT)
    rollups.roll_up(least=1)

    assert (before, ledger.balance(HOT)) == (1_003, 1_003)
    assert drifted() == []


def test_every_reader_sees_exactly_the_postings_of_its_moment(lasting_market: Market) -> None:
    accounts.open_missing([BANK, HOT])
    done = threading.Event()
    writers = 4

    def write(seed: int) -> str:
        chance = random.Random(seed)
        for _ in range(25):
            pay(BANK, chance.randint(1, 99), hold_s=chance.choice([0, 0, 0.01, 0.03]))
        return "written"

    def roll() -> int:
        made = 0
        while not done.is_set():
            made += rollups.roll_up(least=1)
            time.sleep(0.005)
        return made

    def read() -> list[tuple[int, int]]:
        seen = []
        while not done.is_set():
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                summed = sum(Posting.objects.filter(credit_id=HOT.id).values_list("amount", flat=True))
                seen.append((ledger.balance(HOT), summed))
        return seen

    def finish() -> None:
        together(*[lambda seed=seed: write(seed) for seed in range(writers)])
        done.set()

    found = together(roll, read, read, finish)

    pairs = [*found[1], *found[2]]
    assert found[0] > 4
    assert len(pairs) > 10
    assert [pair for pair in pairs if pair[0] != pair[1]] == []
    assert Posting.objects.count() == writers * 25


def test_a_limit_holds_however_many_pay_a_hot_account_at_once(lasting_market: Market) -> None:
    payer = accounts.org(lasting_market.buyer.id, "CNY")
    pay(BANK, 1_000, credit=payer)

    found = together(*[lambda: pay(payer, 300)] * 8)

    assert sum(isinstance(each, NotCovered) for each in found) == 5
    assert (ledger.balance(payer), ledger.balance(HOT)) == (100, 900)


def test_transfers_to_one_hot_account_do_not_wait_for_each_other(lasting_market: Market) -> None:
    payers = [accounts.org(side.id, "CNY") for side in (lasting_market.buyer, lasting_market.supplier)]
    for payer in payers:
        pay(BANK, 100, credit=payer)
    pay(payers[0], 1)

    start = time.monotonic()
    together(*[lambda payer=payer: pay(payer, 1, hold_s=0.5) for payer in payers])

    assert time.monotonic() - start < 0.95


def test_a_roll_up_of_another_cluster_is_not_read(
    lasting_market: Market, as_owner: Callable[[], AbstractContextManager[BaseDatabaseWrapper]]
) -> None:
    pay(BANK, 100)
    rollups.roll_up(least=1)
    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute("ALTER TABLE settlement_rollup DISABLE TRIGGER settlement_rollup_append_only")
        cursor.execute("UPDATE settlement_rollup SET system_identifier = 1, credits = credits + 7")
        cursor.execute("ALTER TABLE settlement_rollup ENABLE ALWAYS TRIGGER settlement_rollup_append_only")

    assert ledger.balance(HOT) == 100
    assert rollups.roll_up(least=1) == 0 or ledger.balance(HOT) == 100


def test_a_roll_up_that_was_changed_is_found_by_name(
    lasting_market: Market, as_owner: Callable[[], AbstractContextManager[BaseDatabaseWrapper]]
) -> None:
    pay(BANK, 100)
    rollups.roll_up(least=1)
    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute("ALTER TABLE settlement_rollup DISABLE TRIGGER settlement_rollup_append_only")
        cursor.execute("UPDATE settlement_rollup SET credits = credits + 7 WHERE account_id = %s", [HOT.id])
        cursor.execute("ALTER TABLE settlement_rollup ENABLE ALWAYS TRIGGER settlement_rollup_append_only")

    found = drifted()

    assert [(each.expected_minor, each.found_minor) for each in found] == [(100, 107)]


def test_a_roll_up_is_never_changed(lasting_market: Market) -> None:
    pay(BANK, 100)
    rollups.roll_up(least=1)

    with pytest.raises(DatabaseError), transaction.atomic():
        Rollup.objects.update(credits=0)
