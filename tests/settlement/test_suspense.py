"""What nobody owns yet waits, with its age, until a person gives it to somebody or sends it back."""

from datetime import timedelta

from market.events.models import Event
from market.kernel import clock
from market.kernel.errors import Conflict, IllegalStep, Invalid, NotAllowed, NotFound
from settlement import (
    accounts,
    books,
    ledger,
    obligations,
    payout_files,
    payouts,
    queries,
    references,
    statements,
    suspense,
)
from settlement.accounts import Code
from settlement.errors import NoBankAccount
from settlement.models import Payout, StatementLine
from settlement.states import Doubt, LineState, ObligationState, PayoutKind, PayoutState
from tests.settlement.builders import Market, refused, statement_csv, yuan

SUSPENSE = accounts.common(Code.SUSPENSE, "CNY")
BANK = accounts.bank("CNY")


def the_line(**which: object) -> StatementLine:
    return StatementLine.objects.get(**which or {"state": LineState.SUSPENSE})


def test_a_receipt_without_reference_pays_once_a_person_says_for_what(market: Market) -> None:
    obligation = market.opened(48_000)
    market.imported(("480.00", "忘了附言"))

    line = suspense.assign(
        the_line().id,
        payment_reference=obligation.payment_reference.lower(),
        reason="来电确认",
        by=market.clerk,
    )

    assert (line.state, line.doubt, line.decision) == (LineState.MATCHED, "", "来电确认")
    obligation.refresh_from_db()
    assert obligation.state == ObligationState.FUNDED
    assert ledger.balance(accounts.escrow(obligation.reference, "CNY")) == 48_000
    assert ledger.balance(SUSPENSE) == 0
    assert Event.objects.filter(kind="payment.received").count() == 1
    assert Event.objects.filter(kind="suspense.assigned").count() == 1
    assert books.check() == []


def test_too_much_goes_to_escrow_as_far_as_due_and_the_rest_stays_the_payer_s(market: Market) -> None:
    obligation = market.opened(48_000)
    market.imported(("500.00", obligation.payment_reference))

    suspense.assign(the_line().id, payment_reference=obligation.payment_reference, reason="多付", by=market.clerk)

    assert ledger.balance(accounts.escrow(obligation.reference, "CNY")) == 48_000
    assert ledger.balance(accounts.org(market.buyer.id, "CNY")) == 2_000


def test_too_little_waits_with_the_payer_until_the_rest_comes_by_itself(market: Market) -> None:
    obligation = market.opened(48_000)
    market.imported(("400.00", obligation.payment_reference))
    suspense.assign(the_line().id, payment_reference=obligation.payment_reference, reason="首付", by=market.clerk)
    obligation.refresh_from_db()
    assert (obligation.state, obligation.received_minor) == (ObligationState.DUE, 40_000)
    assert ledger.balance(accounts.org(market.buyer.id, "CNY")) == 40_000

    market.imported(("80.00", obligation.payment_reference))

    obligation.refresh_from_db()
    assert (obligation.state, obligation.received_minor) == (ObligationState.FUNDED, 48_000)
    assert ledger.balance(accounts.escrow(obligation.reference, "CNY")) == 48_000
    assert ledger.balance(accounts.org(market.buyer.id, "CNY")) == 0


def test_money_earned_elsewhere_is_not_taken_for_what_is_missing(market: Market) -> None:
    """The buyer has 1,000.00 of its own here; an under-payment must not reach for it."""
    late = market.opened(100_000)
    obligations.cancel(late.reference_urn, by=market.trader)
    market.imported(("1,000.00", late.payment_reference))
    suspense.assign(the_line().id, payment_reference=late.payment_reference, reason="退到账户", by=market.clerk)
    obligation = market.opened(48_000)
    market.imported(("479.99", obligation.payment_reference))

    suspense.assign(the_line().id, payment_reference=obligation.payment_reference, reason="少一分", by=market.clerk)

    obligation.refresh_from_db()
    assert obligation.state == ObligationState.DUE
    assert ledger.balance(accounts.org(market.buyer.id, "CNY")) == 100_000 + 47_999


def test_late_money_goes_to_the_payer_never_into_escrow(market: Market) -> None:
    obligation = market.opened(48_000)
    obligations.cancel(obligation.reference_urn, by=market.trader)
    market.imported(("480.00", obligation.payment_reference))

    suspense.assign(the_line().id, payment_reference=obligation.payment_reference, reason="迟到", by=market.clerk)

    obligation.refresh_from_db()
    assert (obligation.state, obligation.received_minor) == (ObligationState.CANCELLED, 0)
    assert ledger.balance(accounts.org(market.buyer.id, "CNY")) == 48_000
    assert ledger.balance(accounts.escrow(obligation.reference, "CNY")) == 0


def test_a_line_is_decided_once(market: Market) -> None:
    first, second = market.opened(100), market.opened(100)
    market.imported(("1.00", "?"))
    line = the_line()
    suspense.assign(line.id, payment_reference=first.payment_reference, reason="a", by=market.clerk)

    suspense.assign(line.id, payment_reference=first.payment_reference, reason="a", by=market.clerk)
    with refused(IllegalStep):
        suspense.assign(line.id, payment_reference=second.payment_reference, reason="b", by=market.clerk)
    with refused(IllegalStep):
        suspense.give_back(line.id, reason="c", by=market.clerk)

    assert ledger.balance(accounts.escrow(second.reference, "CNY")) == 0
    assert Event.objects.filter(kind="suspense.assigned").count() == 1


def test_assigning_needs_a_clerk_a_reason_and_a_real_reference(market: Market) -> None:
    obligation = market.opened(100)
    market.imported(("1.00", "?"))
    line = the_line()

    with refused(NotAllowed):
        suspense.assign(line.id, payment_reference=obligation.payment_reference, reason="a", by=market.approver)
    with refused(Invalid):
        suspense.assign(line.id, payment_reference=obligation.payment_reference, reason="  ", by=market.clerk)
    with refused(Invalid):
        suspense.assign(line.id, payment_reference="TY123", reason="a", by=market.clerk)
    with refused(NotFound):
        suspense.assign(line.id, payment_reference=references.of("TY", 9**9), reason="a", by=market.clerk)

    assert the_line().state == LineState.SUSPENSE
    assert ledger.balance(SUSPENSE) == 100


def test_a_receipt_goes_back_to_its_sender_by_two_people_and_the_bank(market: Market) -> None:
    market.imported(("88.00", "发错了", "陌生人", "6222888877776666"))

    payout = suspense.give_back(the_line().id, reason="与本市场无关", by=market.clerk)
    assert (payout.kind, payout.holder, payout.number_masked) == (PayoutKind.RETURN, "陌生人", "************6666")
    assert ledger.balance(SUSPENSE) == 0
    payouts.approve(payout.id, by=market.approver)
    file = payout_files.make(by=market.approver)
    _file, data = payout_files.content(file.id, by=market.approver)
    assert "陌生人,6222888877776666" in data.decode("utf-8-sig")
    market.imported(("-88.00", f"退款 {payout.payment_reference}"))

    payout.refresh_from_db()
    assert payout.state == PayoutState.CONFIRMED
    assert ledger.balance(BANK) == 0
    assert books.check() == []


def test_a_return_that_the_bank_did_not_make_waits_in_suspense_again(market: Market) -> None:
    market.imported(("88.00", "发错了"))
    line = the_line()
    payout = suspense.give_back(line.id, reason="与本市场无关", by=market.clerk)
    payouts.approve(payout.id, by=market.approver)
    payout_files.make(by=market.approver)

    payouts.fail(payout.id, reason="账号不存在", by=market.clerk)

    line.refresh_from_db()
    assert (line.state, line.doubt) == (LineState.SUSPENSE, Doubt.PAYOUT_RETURNED)
    assert ledger.balance(SUSPENSE) == 8_800
    assert books.check() == []
    obligation = market.opened(8_800)
    suspense.assign(line.id, payment_reference=obligation.payment_reference, reason="原来是货款", by=market.clerk)
    assert ledger.balance(accounts.escrow(obligation.reference, "CNY")) == 8_800


def test_a_receipt_without_account_cannot_be_sent_back(market: Market) -> None:
    row = market._row("1.00", "现金")
    row[7] = ""
    statements.import_file(name="x.csv", data=statement_csv([row]), by=market.clerk)

    with refused(NoBankAccount):
        suspense.give_back(the_line().id, reason="x", by=market.clerk)

    assert not Payout.objects.exists()


def test_money_that_left_without_reference_is_given_to_its_payout(market: Market) -> None:
    market.imported(("88.00", "发错了"))
    payout = suspense.give_back(the_line().id, reason="x", by=market.clerk)
    payouts.approve(payout.id, by=market.approver)
    payout_files.make(by=market.approver)
    market.imported(("-88.00", "网银转账"))
    line = the_line()
    assert (line.is_incoming, ledger.balance(SUSPENSE)) == (False, -8_800)

    suspense.assign(line.id, payment_reference=payout.payment_reference, reason="银行回单", by=market.clerk)

    payout.refresh_from_db()
    assert payout.state == PayoutState.CONFIRMED
    assert ledger.balance(SUSPENSE) == 0
    with refused(Conflict):
        market.imported(("-88.00", "又一笔"))
        suspense.assign(the_line().id, payment_reference=payout.payment_reference, reason="?", by=market.clerk)


def test_the_list_tells_the_age(market: Market) -> None:
    market.imported(("1.00", "a"))
    with clock.shifted(timedelta(days=3)):
        market.imported((yuan(250), "b"), ("-0.50", "手续费"))
        waiting = queries.suspense(for_=market.auditor, size=20)
        (total,) = queries.suspense_totals(for_=market.auditor)

    assert [(each.line.amount_minor, each.age.days) for each in waiting] == [(100, 3), (250, 0), (50, 0)]
    assert (total.count, total.in_minor, total.out_minor) == (3, 350, 50)
    with refused(NotAllowed):
        queries.suspense(for_=market.finance, size=20)
