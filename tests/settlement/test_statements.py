"""A statement is imported whole or not at all; every movement is booked once and none is lost."""

from datetime import timedelta

import pytest

from market.events import dispatch
from market.events.dispatch import News
from market.events.models import Event, Opening
from market.holds import Hold
from market.kernel import clock, ids
from market.kernel.errors import Conflict
from market.participants.members import system
from market.participants.models import Organisation
from settlement import accounts, books, ledger, obligations, payments, references, statements, suspense
from settlement.accounts import Code
from settlement.errors import StatementGap, UnreadableStatement
from settlement.models import Obligation, Statement, StatementLine, Transfer
from settlement.states import Doubt, LineState, ObligationState
from tests.settlement.builders import Market, refused, statement_csv, yuan

SUSPENSE = accounts.common(Code.SUSPENSE, "CNY")
BANK = accounts.bank("CNY")


def import_(market: Market, data: bytes) -> Statement:
    return statements.import_file(name="对账单.csv", data=data, by=market.clerk)


def lines_of(statement: Statement) -> list[tuple[str, str]]:
    return list(StatementLine.objects.filter(statement=statement).order_by("row").values_list("state", "doubt"))


def test_each_doubt_has_its_name_and_the_money_is_in_suspense(market: Market) -> None:
    due, paid, over = market.opened(48_000), market.funded(10_000), market.opened(700)
    cancelled = market.opened(900)
    obligations.cancel(cancelled.reference_urn, by=market.trader)
    in_escrow = ledger.balance(BANK)
    mistyped = due.payment_reference[:-1] + str((int(due.payment_reference[-1]) + 1) % 10)
    unknown = references.of("TY", 9_999_999_999)

    statement = market.imported(
        ("480.00", "货款，无附言"),
        ("480.00", mistyped),
        ("480.00", unknown),
        ("480.01", due.payment_reference),
        ("479.99", due.payment_reference),
        ("100.00", paid.payment_reference),
        ("7.00", f"{over.payment_reference} {due.payment_reference}"),
        ("9.00", cancelled.payment_reference),
        ("-3.00", "手续费"),
    )

    assert lines_of(statement) == [
        (LineState.SUSPENSE, doubt)
        for doubt in (
            Doubt.NO_REFERENCE,
            Doubt.NO_REFERENCE,
            Doubt.UNKNOWN_REFERENCE,
            Doubt.AMOUNT_DIFFERS,
            Doubt.AMOUNT_DIFFERS,
            Doubt.ALREADY_PAID,
            Doubt.SEVERAL_REFERENCES,
            Doubt.LATE,
            Doubt.NO_REFERENCE,
        )
    ]
    total = 48_000 * 3 + 48_001 + 47_999 + 10_000 + 700 + 900 - 300
    assert ledger.balance(SUSPENSE) == total
    assert ledger.balance(BANK) == in_escrow + total
    assert Obligation.objects.get(id=due.id).state == ObligationState.DUE
    assert Event.objects.filter(kind="receipt.suspended").count() == 9
    assert books.check() == []


@pytest.mark.parametrize(
    "payer",
    [
        pytest.param("需方（太原）数据有限公司", id="as registered"),
        pytest.param("需方(太原)数据有限公司", id="half-width brackets"),
        pytest.param("需方【太原】数据有限公司", id="other brackets"),
        pytest.param("　需方（太原） 数据有限公司 ", id="blanks of both widths"),
    ],
)
def test_a_payer_is_known_however_the_bank_writes_width_blanks_and_brackets(market: Market, payer: str) -> None:
    Organisation.objects.filter(id=market.buyer.id).update(name="需方（太原）数据有限公司")
    obligation = market.opened(48_000)

    market.imported(("480.00", obligation.payment_reference, payer))

    assert Obligation.objects.get(id=obligation.id).state == ObligationState.FUNDED


@pytest.mark.parametrize("payer", ["第三方贸易有限公司", "需方（太原）", " "])
def test_an_exact_reference_and_amount_from_another_payer_waits_for_a_person(market: Market, payer: str) -> None:
    Organisation.objects.filter(id=market.buyer.id).update(name="需方（太原）数据有限公司")
    obligation = market.opened(48_000)

    statement = market.imported(("480.00", obligation.payment_reference, payer))

    assert lines_of(statement) == [(LineState.SUSPENSE, Doubt.PAYER_DIFFERS)]
    assert Obligation.objects.get(id=obligation.id).state == ObligationState.DUE
    assert ledger.balance(SUSPENSE) == 48_000
    assert books.check() == []


def test_a_clerk_gives_what_somebody_else_paid_to_the_obligation_with_a_reason(market: Market) -> None:
    obligation = market.opened(48_000)
    market.imported(("480.00", obligation.payment_reference, "母公司"))
    line = StatementLine.objects.get(state=LineState.SUSPENSE)

    suspense.assign(
        line.id, payment_reference=obligation.payment_reference, reason="母公司代付，有委托付款函", by=market.clerk
    )

    assert Obligation.objects.get(id=obligation.id).state == ObligationState.FUNDED


def test_a_lifted_hold_does_not_book_what_somebody_else_paid(market: Market) -> None:
    obligation = market.opened(48_000)
    hold = market.hold(obligation.thread_urn)
    market.imported(("480.00", obligation.payment_reference))
    line = StatementLine.objects.get(doubt=Doubt.HELD)
    Organisation.objects.filter(id=market.buyer.id).update(name="改名后的需方")
    market.lift(hold)

    payments.receive(line.id, by=payments.REDRIVE)

    assert StatementLine.objects.get(id=line.id).doubt == Doubt.PAYER_DIFFERS
    assert Obligation.objects.get(id=obligation.id).state == ObligationState.DUE


def test_the_second_payment_of_one_file_is_not_taken_twice(market: Market) -> None:
    obligation = market.opened(48_000)

    statement = market.imported(("480.00", obligation.payment_reference), ("480.00", obligation.payment_reference))

    assert lines_of(statement) == [(LineState.MATCHED, ""), (LineState.SUSPENSE, Doubt.ALREADY_PAID)]
    assert ledger.balance(accounts.escrow(obligation.reference, "CNY")) == 48_000
    assert ledger.balance(SUSPENSE) == 48_000


def test_many_payments_of_one_buyer_in_one_file_are_all_booked(market: Market) -> None:
    owed = [market.opened(amount) for amount in (1, 99, 100_000_000, 7, 2**50)]

    statement = market.imported(*[(yuan(each.amount_minor), each.payment_reference) for each in owed])

    assert {state for state, _ in lines_of(statement)} == {LineState.MATCHED}
    assert [ledger.balance(accounts.escrow(each.reference, "CNY")) for each in owed] == [1, 99, 100_000_000, 7, 2**50]
    assert ledger.balance(accounts.org(market.buyer.id, "CNY")) == 0
    assert Event.objects.filter(kind="payment.received").count() == 5
    assert books.check() == []


def test_a_broken_file_leaves_nothing_behind(market: Market) -> None:
    obligation = market.opened()
    data = market.csv(("480.00", obligation.payment_reference)) + "昨天,,,,1.00,,,,x\n".encode()

    with refused(UnreadableStatement):
        import_(market, data)

    assert not Statement.objects.exists()
    assert not StatementLine.objects.exists()
    assert not Transfer.objects.exists()
    obligation.refresh_from_db()
    assert obligation.state == ObligationState.DUE


def test_lines_known_from_another_file_are_passed_over(market: Market) -> None:
    obligation = market.opened()
    rows = [market._row("480.00", obligation.payment_reference), market._row("5.00", "利息")]
    import_(market, statement_csv(rows[:1]))

    second = import_(market, statement_csv(rows))

    assert (second.rows, second.known) == (2, 1)
    assert ledger.balance(BANK) == 48_500
    third = import_(market, statement_csv(rows[::-1]))
    assert (third.rows, third.known) == (2, 2)
    assert ledger.balance(BANK) == 48_500


def test_a_serial_that_a_bank_uses_again_hides_no_receipt(market: Market) -> None:
    first, second = market._row("5.00", "上午"), market._row("5.00", "下午")
    second[2] = first[2]
    import_(market, statement_csv([first]))

    again = import_(market, statement_csv([first, second]))

    assert (again.rows, again.known) == (2, 1)
    assert ledger.balance(BANK) == 1_000


def test_equal_lines_without_serial_are_told_apart_by_their_number(market: Market) -> None:
    row = market._row("5.00", "同额两笔")
    row[2] = ""
    import_(market, statement_csv([list(row), list(row)]))

    again = import_(market, statement_csv([list(row), list(row), list(row)]))

    assert (again.rows, again.known) == (3, 2)
    assert ledger.balance(BANK) == 1_500


def test_the_opening_must_follow_the_closing_before(market: Market) -> None:
    first = market.imported(("10.00", "a"), opening=100_000)
    assert (first.number, first.opening_minor, first.closing_minor) == (1, 100_000, 101_000)

    with refused(StatementGap) as refusal:
        market.imported(("1.00", "b"), opening=101_001)

    assert refusal.value.extra == {"expected_minor": 101_000, "found_minor": 101_001, "currency": "CNY"}
    assert Statement.objects.count() == 1
    assert ledger.balance(BANK) == 1_000
    second = market.imported(("1.00", "c"), ("-2.00", "d"), opening=101_000)
    assert (second.number, second.closing_minor) == (2, 100_900)
    assert books.check() == []


def test_an_overlapping_export_follows_by_its_new_lines(market: Market) -> None:
    rows = [market._row("10.00", "a"), market._row("20.00", "b"), market._row("30.00", "c")]
    import_(market, statement_csv([list(row) for row in rows[:2]], 0))

    second = import_(market, statement_csv([list(row) for row in rows], 0))

    assert (second.known, second.opening_minor, second.closing_minor) == (2, 3_000, 6_000)


def test_a_line_between_known_ones_is_a_gap(market: Market) -> None:
    rows = [market._row("10.00", "a"), market._row("20.00", "b")]
    import_(market, statement_csv([list(row) for row in rows], 0))
    between = market._row("5.00", "late")

    with refused(StatementGap):
        import_(market, statement_csv([between, *[list(row) for row in rows]], -500))

    assert ledger.balance(BANK) == 3_000


def test_a_statement_of_another_account_is_refused(market: Market) -> None:
    def of(account: str, memo: str) -> bytes:
        return f"账号：{account}\n".encode() + market.csv(("1.00", memo)).removeprefix(b"\xef\xbb\xbf")

    import_(market, of("14012345678901", "a"))
    with refused(Conflict):
        import_(market, of("14012345678902", "b"))
    import_(market, of("14012345678901", "c"))

    assert Statement.objects.count() == 2


def test_one_statement_has_one_currency(market: Market) -> None:
    data = "交易日期,借方发生额,贷方发生额,币种\n2026-11-23,,1.00,人民币\n2026-11-23,,1.00,USD\n".encode()

    with refused(Conflict):
        import_(market, data)

    assert not Statement.objects.exists()


def test_money_in_another_currency_is_not_taken(market: Market) -> None:
    obligation = market.opened(100)
    data = f"交易日期,借方发生额,贷方发生额,币种,附言\n2026-11-23,,1.00,USD,{obligation.payment_reference}\n".encode()

    statement = import_(market, data)

    assert lines_of(statement) == [(LineState.SUSPENSE, Doubt.CURRENCY_DIFFERS)]
    assert ledger.balance(accounts.common(Code.SUSPENSE, "USD")) == 100
    assert ledger.balance(BANK) == 0
    assert books.check() == []


@pytest.mark.parametrize("what", ["trade", "period", "buyer", "supplier", "version"])
def test_a_hold_keeps_money_out_of_escrow_and_its_lifting_brings_it_in(market: Market, what: str) -> None:
    version = ids.urn(ids.new_id())
    obligation = market.opened(48_000, holds_on=[version])
    subject = {
        "trade": obligation.thread_urn,
        "period": obligation.reference_urn,
        "buyer": market.buyer.urn,
        "supplier": market.supplier.urn,
        "version": version,
    }[what]
    hold = market.hold(str(subject))

    statement = market.imported(("480.00", obligation.payment_reference))

    assert lines_of(statement) == [(LineState.SUSPENSE, Doubt.HELD)]
    assert ledger.balance(SUSPENSE) == 48_000
    assert ledger.balance(accounts.escrow(obligation.reference, "CNY")) == 0
    assert not Event.objects.filter(kind="payment.received").exists()

    payments.hear_lifting(lifting(market.lift(hold)))

    assert lines_of(statement) == [(LineState.MATCHED, "")]
    assert ledger.balance(accounts.escrow(obligation.reference, "CNY")) == 48_000
    assert ledger.balance(SUSPENSE) == 0
    assert Opening.objects.get(event__kind="payment.received").actor == system("payments").urn
    assert books.check() == []


def lifting(hold: Hold) -> News:
    """What the dispatcher tells of a lifted hold."""
    return News(ids.new_id(), "hold.lifted", ids.urn(hold.subject), hold.lifted_by, None, {"scope": hold.scope})


def test_what_a_second_hold_stops_stays_and_what_has_ended_is_late(lasting_market: Market) -> None:
    market = lasting_market
    first, second, third = market.opened(100), market.opened(200), market.opened(300)
    placed = [market.hold(each.reference_urn) for each in (first, second, third)]
    statement = market.imported(*[(yuan(each.amount_minor), each.payment_reference) for each in (first, second, third)])
    market.lift(placed[0])
    market.lift(placed[2])
    obligations.cancel(third.reference_urn, by=market.trader)

    dispatch.run_once(lambda *_: None)

    assert lines_of(statement) == [
        (LineState.MATCHED, ""),
        (LineState.SUSPENSE, Doubt.HELD),
        (LineState.SUSPENSE, Doubt.LATE),
    ]
    assert Event.objects.filter(kind="receipt.judged").count() == 1


def test_an_expired_obligation_takes_no_money(market: Market) -> None:
    obligation = market.opened(48_000, due_at=clock.now() + timedelta(days=1))
    with refused(Conflict):
        obligations.expire(obligation.reference_urn, by=system("deadlines"))
    with clock.shifted(timedelta(days=2)):
        obligations.expire(obligation.reference_urn, by=system("deadlines"))

    statement = market.imported(("480.00", obligation.payment_reference))

    assert lines_of(statement) == [(LineState.SUSPENSE, Doubt.LATE)]
    assert Event.objects.filter(kind="obligation.expired").count() == 1
