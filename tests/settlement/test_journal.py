"""The database itself refuses what must never be true of money."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from market.kernel import clock, ids
from settlement import accounts, ledger
from settlement.accounts import Code, Key
from settlement.errors import AlreadyPosted, NotCovered
from settlement.ledger import Entry
from settlement.models import Account, Posting, Transfer
from settlement.states import TransferKind
from tests.settlement.builders import Market, refused

BANK = accounts.bank("CNY")
SUSPENSE = accounts.common(Code.SUSPENSE, "CNY")


def post(entries: list[Entry], source: UUID | None = None, **more: Any) -> UUID:
    return ledger.post(
        TransferKind.LINE_SUSPENDED, source=("test", source or ids.new_id()), entries=entries, actor="urn:test", **more
    )


def execute(statement: str, parameters: list[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


TRANSFER = """
INSERT INTO settlement_transfer (xid, id, kind, source_kind, source_id, part, reason, actor, booked_on, created_at)
VALUES (COALESCE(%s::xid8, pg_current_xact_id()), %s, 'line.suspended', 'test', %s, 0, '', 'x', now(), now())
"""
POSTING = """
INSERT INTO settlement_posting (transfer_id, n, debit_id, credit_id, amount, book, currency)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""
TABLES = ["settlement_transfer", "settlement_posting", "settlement_statement", "settlement_refund"]
CHANGES = {"update": "UPDATE {0} SET {1} = {1}", "delete": "DELETE FROM {0}", "truncate": "TRUNCATE {0} CASCADE"}


def by_hand(
    credit: Key = SUSPENSE, amount: int = 5, book: str = "C", currency: str = "CNY", xid: str | None = None
) -> None:
    """A transfer with one posting as somebody with a database prompt would write it."""
    identifier = ids.new_id()
    accounts.open_missing([BANK, credit])
    execute(TRANSFER, [xid, identifier, ids.new_id()])
    execute(POSTING, [identifier, 0, BANK.id, credit.id, amount, book, currency])
    connection.check_constraints()


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES)
def test_the_running_role_cannot_change_what_was_written(db: None, table: str, statement: str) -> None:
    column = {"settlement_posting": "amount", "settlement_statement": "name"}.get(table, "reason")

    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        execute(statement.format(table, column))


def test_even_the_owner_is_refused_by_the_triggers(
    lasting_market: Market, as_owner: Callable[[], AbstractContextManager[BaseDatabaseWrapper]]
) -> None:
    with transaction.atomic():
        post([Entry(BANK, SUSPENSE, 100)])

    with as_owner():
        for statement in ("UPDATE settlement_posting SET amount = 1", "DELETE FROM settlement_transfer"):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                execute(statement)
    assert Posting.objects.get().amount == 100


@pytest.mark.parametrize("column", ["code", "book", "currency", "guarded", "mode"])
def test_of_an_account_only_its_sums_may_change(market: Market, column: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        execute(f"UPDATE settlement_account SET {column} = {column}")
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        execute("DELETE FROM settlement_account")


def test_nothing_is_added_to_an_old_transfer(lasting_market: Market) -> None:
    with transaction.atomic():
        transfer = post([Entry(BANK, SUSPENSE, 100)])

    with pytest.raises(DatabaseError, match="old transfer"), transaction.atomic():
        execute(POSTING, [transfer, 1, BANK.id, SUSPENSE.id, 5, "C", "CNY"])

    assert Posting.objects.count() == 1


def test_a_transfer_that_moves_nothing_does_not_commit(lasting_market: Market) -> None:
    with pytest.raises(DatabaseError, match="moves nothing"), transaction.atomic():
        execute(TRANSFER, [None, ids.new_id(), ids.new_id()])

    assert not Transfer.objects.exists()


def test_a_transfer_cannot_borrow_another_transaction(lasting_market: Market) -> None:
    """Naming the xid column by hand must not open an old transfer for later postings."""
    with pytest.raises(DatabaseError, match=r"old transfer|transaction that made it"), transaction.atomic():
        by_hand(xid="999999999")

    assert not Transfer.objects.exists()


@pytest.mark.parametrize(
    ("credit", "book", "currency"),
    [
        (accounts.common(Code.FEE, "CNY"), "C", "CNY"),
        (accounts.common(Code.FEE, "CNY"), "O", "CNY"),
        (accounts.common(Code.SUSPENSE, "USD"), "C", "CNY"),
        (accounts.common(Code.SUSPENSE, "USD"), "C", "USD"),
    ],
    ids=["other book", "other book, said so", "other currency", "other currency, said so"],
)
def test_a_posting_stays_in_one_book_and_one_currency(market: Market, credit: Key, book: str, currency: str) -> None:
    with pytest.raises(IntegrityError, match="in_book_and_currency"), transaction.atomic():
        by_hand(credit, book=book, currency=currency)

    assert not Posting.objects.exists()


@pytest.mark.parametrize("amount", [0, -1])
def test_a_posting_moves_something(market: Market, amount: int) -> None:
    with pytest.raises(IntegrityError, match="posting_moves_something"), transaction.atomic():
        by_hand(amount=amount)
    with pytest.raises(ValueError, match="no amount"):
        post([Entry(BANK, SUSPENSE, amount)])


def test_two_books_never_meet_in_one_entry() -> None:
    with pytest.raises(ValueError, match="never meet"):
        ledger.Draft(
            TransferKind.ESCROW_RELEASED,
            ("test", ids.new_id()),
            [Entry(BANK, accounts.common(Code.FEE, "CNY"), 1)],
            "urn:test",
        )


def test_a_guarded_account_is_never_overdrawn(market: Market) -> None:
    owner = accounts.org(market.buyer.id, "CNY")
    post([Entry(BANK, owner, 100)])

    with refused(NotCovered):
        post([Entry(owner, SUSPENSE, 101)])

    assert ledger.balance(owner) == 100
    assert Transfer.objects.count() == 1
    post([Entry(owner, SUSPENSE, 100)])
    assert ledger.balance(owner) == 0


def test_money_may_pass_through_an_account_within_one_transfer(market: Market) -> None:
    owner, escrow = accounts.org(market.buyer.id, "CNY"), accounts.escrow(ids.new_id(), "CNY")

    post([Entry(owner, escrow, 100), Entry(BANK, owner, 100)])

    assert (ledger.balance(owner), ledger.balance(escrow), ledger.balance(BANK)) == (0, 100, 100)


def test_a_business_fact_is_booked_once(market: Market) -> None:
    source = ids.new_id()
    post([Entry(BANK, SUSPENSE, 100)], source)

    with refused(AlreadyPosted):
        post([Entry(BANK, SUSPENSE, 100)], source)

    assert ledger.balance(SUSPENSE) == 100
    post([Entry(BANK, SUSPENSE, 100)], source, part=1)
    assert ledger.balance(SUSPENSE) == 200


def test_money_moves_only_inside_a_transaction(transactional_db: None) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        post([Entry(BANK, SUSPENSE, 100)])


def test_an_account_is_its_key(market: Market) -> None:
    keys = [
        accounts.org(market.buyer.id, "CNY"),
        accounts.org(market.buyer.id, "USD"),
        accounts.org(market.supplier.id, "CNY"),
        accounts.org_reserved(market.buyer.id, "CNY"),
        accounts.escrow(ids.new_id(), "CNY"),
        accounts.refund_due(None, "CNY"),
        accounts.refund_due(market.buyer.id, "CNY"),
    ]

    accounts.open_missing(keys)
    accounts.open_missing(keys)

    assert len({key.id for key in keys}) == len(keys)
    assert set(Account.objects.values_list("id", flat=True)) == {key.id for key in keys}
    with pytest.raises(IntegrityError, match="account_one_per_purpose"), transaction.atomic():
        Account.objects.create(id=ids.new_id(), code="refund_due", book="C", currency="CNY", mode="kept", guarded=True)


def test_the_guards_are_there(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = 'settlement_posting'::regclass"
        )
        keys = {row[0] for row in cursor.fetchall()}
        cursor.execute(
            "SELECT tgname, tgenabled::text FROM pg_trigger WHERE NOT tgisinternal AND tgrelid IN"
            " ('settlement_posting'::regclass, 'settlement_transfer'::regclass)"
        )
        triggers = dict(cursor.fetchall())

    assert {"posting_debit_in_book_and_currency", "posting_credit_in_book_and_currency"} <= keys
    # A: also where a superuser sets session_replication_role to replica
    assert triggers == {
        "settlement_posting_append_only": "A",
        "settlement_posting_same_transaction": "A",
        "settlement_transfer_append_only": "A",
        "settlement_transfer_in_open_period": "A",
        "settlement_transfer_is_whole": "A",
    }


def test_the_booking_day_is_the_market_s_own(market: Market) -> None:
    """23:59 UTC is already tomorrow in Taiyuan."""
    transfer = post([Entry(BANK, SUSPENSE, 1)])

    booked = Transfer.objects.get(id=transfer)
    assert booked.booked_on == booked.created_at.astimezone(ledger.ZONE).date()
    assert abs((clock.now() - booked.created_at).total_seconds()) < 60
