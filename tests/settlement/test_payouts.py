"""Earned money leaves by two people and the bank, once, and comes back whole when it does not arrive."""

import pytest

from market import rules
from market.events.models import Event
from market.holds import Held, Scope
from market.kernel import ids
from market.kernel.errors import IllegalStep, Invalid, NotAllowed, NotFound
from market.participants.members import Member, Role
from settlement import accounts, bank_accounts, books, escrow, ledger, payout_files, payouts, queries
from settlement.accounts import Code
from settlement.errors import NameDiffers, NeedsSecondPerson, NoBankAccount, NotCovered, NothingToSend, OtherTerms
from settlement.models import BankAccount, Payout, StatementLine
from settlement.states import Doubt, LineState, PayoutState
from tests.settlement.builders import Market, refused

BANK = accounts.bank("CNY")


@pytest.fixture
def earned(market: Market) -> Market:
    """The supplier earned 456.00 and has a bank account."""
    obligation = market.funded(48_000)
    escrow.release(reference=obligation.reference_urn, thread=obligation.thread_urn, by=market.trader)
    given_account(market.finance, market.supplier.name)
    return market


def given_account(finance: Member, holder: str) -> BankAccount:
    return bank_accounts.register(
        holder=holder, number="6222 0000 1111 2222 333", bank="中国银行太原分行", bank_code="104161000001", by=finance
    )


def available(market: Market) -> int:
    return ledger.balance(accounts.org(market.supplier.id, "CNY"))


def on_its_way(market: Market) -> int:
    return ledger.balance(accounts.payout_out(market.supplier.id, "CNY"))


def sent(market: Market, amount_minor: int = 40_000) -> Payout:
    payout = payouts.request(amount_minor=amount_minor, by=market.finance)
    payouts.approve(payout.id, by=market.approver)
    payout_files.make(by=market.approver)
    payout.refresh_from_db()
    return payout


def test_a_payout_goes_from_request_to_the_bank_s_confirmation(earned: Market) -> None:
    payout = payouts.request(amount_minor=40_000, by=earned.finance)
    assert (payout.state, available(earned), on_its_way(earned)) == (PayoutState.REQUESTED, 45_600, 0)

    payouts.approve(payout.id, by=earned.approver)
    assert (available(earned), on_its_way(earned)) == (5_600, 40_000)

    file = payout_files.make(by=earned.approver)
    assert (file.count, file.total_minor) == (1, 40_000)
    _file, data = payout_files.content(file.id, by=earned.approver)
    assert data.decode("utf-8-sig").splitlines() == [
        "收款人户名,收款账号,收款开户行,行号,金额,币种,附言",
        f"{earned.supplier.name},6222000011112222333,中国银行太原分行,104161000001,400.00,CNY,{payout.payment_reference}",
    ]

    earned.imported(("-400.00", f"付 {payout.payment_reference}"))
    payout.refresh_from_db()
    assert payout.state == PayoutState.CONFIRMED
    assert (available(earned), on_its_way(earned), ledger.balance(BANK)) == (5_600, 0, 8_000)
    kinds = Event.objects.filter(kind__startswith="payout.").order_by("seq").values_list("kind", flat=True)
    assert list(kinds) == ["payout.requested", "payout.approved", "payout.instructed", "payout.confirmed"]
    assert books.check() == []


def test_the_same_key_is_one_payout(earned: Market) -> None:
    key = ids.new_id()
    first = payouts.request(amount_minor=40_000, key=key, by=earned.finance)

    assert payouts.request(amount_minor=40_000, key=key, by=earned.finance).id == first.id
    with refused(OtherTerms):
        payouts.request(amount_minor=39_999, key=key, by=earned.finance)

    assert Payout.objects.count() == 1


def test_nobody_asks_for_more_than_there_is_not_even_in_parts(earned: Market) -> None:
    with refused(NotCovered):
        payouts.request(amount_minor=45_601, by=earned.finance)
    payouts.request(amount_minor=40_000, by=earned.finance)
    with refused(NotCovered) as refusal:
        payouts.request(amount_minor=5_601, by=earned.finance)

    assert refusal.value.extra == {"available_minor": 5_600}
    payouts.request(amount_minor=5_600, by=earned.finance)
    assert available(earned) == 45_600


@pytest.mark.parametrize("amount", [0, -1])
def test_a_payout_has_an_amount(earned: Market, amount: int) -> None:
    with refused(Invalid):
        payouts.request(amount_minor=amount, by=earned.finance)

    assert not Payout.objects.exists()


def test_only_finance_asks_and_only_an_approver_approves(earned: Market) -> None:
    with refused(NotAllowed):
        payouts.request(amount_minor=1, by=earned.seller)
    payout = payouts.request(amount_minor=1, by=earned.finance)
    for stranger in (earned.finance, earned.clerk, earned.auditor):
        with refused(NotAllowed):
            payouts.approve(payout.id, by=stranger)

    assert available(earned) == 45_600


def test_the_one_who_asked_never_approves(earned: Market) -> None:
    """The same person may sit in the supplier's finance and at the operator's desk."""
    payout = payouts.request(amount_minor=1, by=earned.finance)
    both = Member(
        person_id=earned.finance.person_id,
        organisation_id=earned.operator.id,
        organisation_name=earned.operator.name,
        organisation_kind=earned.approver.organisation_kind,
        roles=frozenset({Role.APPROVER}),
        is_admitted=False,
        district="",
        sector="",
    )

    with refused(NeedsSecondPerson):
        payouts.approve(payout.id, by=both)

    payout.refresh_from_db()
    assert payout.state == PayoutState.REQUESTED


def test_at_or_below_the_rule_s_amount_no_second_person_is_asked(earned: Market) -> None:
    rules.Rule.objects.create(
        name=payouts.RULE,
        version=2,
        value={"amount_minor": 5_000},
        legal_basis="试行",
        effective_from="2026-01-01T00:00Z",
    )
    rules.forget()

    small = payouts.request(amount_minor=5_000, by=earned.finance)
    large = payouts.request(amount_minor=5_001, by=earned.finance)
    rules.forget()

    assert (small.state, small.rule_version) == (PayoutState.APPROVED, 2)
    assert large.state == PayoutState.REQUESTED
    assert on_its_way(earned) == 5_000


def test_without_a_bank_account_there_is_no_payout(market: Market) -> None:
    obligation = market.funded()
    escrow.release(reference=obligation.reference_urn, thread=obligation.thread_urn, by=market.trader)

    with refused(NoBankAccount):
        payouts.request(amount_minor=1, by=market.finance)


def test_the_account_holder_is_the_organisation(market: Market) -> None:
    with refused(NameDiffers):
        given_account(market.finance, "张三")
    first = given_account(market.finance, f" {market.supplier.name} ")
    second = given_account(market.finance, market.supplier.name)

    assert queries.bank_account(for_=market.finance).id == second.id
    first.refresh_from_db()
    assert first.ended_at is not None
    assert second.number_masked == "************2333"
    assert b"6222000011112222333" not in bytes(second.number_sealed)
    assert bank_accounts.unseal(second.number_sealed) == "6222000011112222333"


@pytest.mark.parametrize(
    "wrong", [{"number": "12a45678"}, {"number": "1234567"}, {"bank": " "}, {"bank_code": "123"}], ids=str
)
def test_a_wrong_account_is_refused_by_field(market: Market, wrong: dict[str, str]) -> None:
    given = {"holder": market.supplier.name, "number": "6222000011112222", "bank": "中行", "bank_code": ""} | wrong

    with refused(Invalid) as refusal:
        bank_accounts.register(**given, by=market.finance)

    assert [each["field"] for each in refusal.value.fields] == list(wrong)  # type: ignore[attr-defined]
    assert not BankAccount.objects.exists()


def test_the_owner_takes_a_request_back_and_the_operator_an_approval(earned: Market) -> None:
    first = payouts.request(amount_minor=10_000, by=earned.finance)
    payouts.cancel(first.id, reason="不急", by=earned.finance)
    second = payouts.request(amount_minor=45_600, by=earned.finance)
    payouts.approve(second.id, by=earned.approver)
    with refused(NotAllowed):
        payouts.cancel(second.id, reason="不急", by=earned.finance)
    assert available(earned) == 0

    payouts.cancel(second.id, reason="账号有疑", by=earned.approver)

    assert (available(earned), on_its_way(earned)) == (45_600, 0)
    with refused(IllegalStep):
        payouts.cancel(second.id, reason="again", by=earned.approver)
    with refused(NotFound):
        payouts.cancel(second.id, reason="strangers", by=earned.buyer_finance)
    assert books.check() == []


def test_what_the_bank_did_not_pay_is_available_again(earned: Market) -> None:
    payout = sent(earned)

    payouts.fail(payout.id, reason="户名不符", by=earned.clerk)

    assert (available(earned), on_its_way(earned)) == (45_600, 0)
    earned.imported(("-400.00", payout.payment_reference))
    line = StatementLine.objects.get(state=LineState.SUSPENSE)
    assert line.doubt == Doubt.NOT_SENT
    assert [finding.name for finding in books.check()] == ["shortfall"]


def test_what_the_bank_sends_back_is_available_again(earned: Market) -> None:
    payout = sent(earned)
    earned.imported(("-400.00", payout.payment_reference))

    earned.imported(("400.00", f"退汇 {payout.payment_reference}"))

    payout.refresh_from_db()
    assert payout.state == PayoutState.RETURNED
    assert (available(earned), on_its_way(earned), ledger.balance(BANK)) == (45_600, 0, 48_000)
    assert books.check() == []


def test_sent_and_returned_in_one_statement_tells_both(earned: Market) -> None:
    payout = sent(earned)

    earned.imported(("-400.00", payout.payment_reference), ("400.00", f"退汇{payout.payment_reference}"))

    payout.refresh_from_db()
    assert payout.state == PayoutState.RETURNED
    assert available(earned) == 45_600
    kinds = Event.objects.filter(kind__in=["payout.confirmed", "payout.returned"]).order_by("seq")
    assert [event.kind for event in kinds] == ["payout.confirmed", "payout.returned"]


@pytest.mark.parametrize(
    ("amount", "doubt"), [("-400.01", Doubt.AMOUNT_DIFFERS), ("-399.99", Doubt.AMOUNT_DIFFERS)], ids=["more", "less"]
)
def test_another_amount_confirms_nothing(earned: Market, amount: str, doubt: Doubt) -> None:
    payout = sent(earned)

    earned.imported((amount, payout.payment_reference))

    payout.refresh_from_db()
    assert payout.state == PayoutState.INSTRUCTED
    assert StatementLine.objects.get(state=LineState.SUSPENSE).doubt == doubt
    assert on_its_way(earned) == 40_000
    assert [finding.name for finding in books.check()] == ["shortfall"]


def test_a_payout_that_the_bank_made_twice_is_seen(earned: Market) -> None:
    payout = sent(earned)
    earned.imported(("-400.00", payout.payment_reference))

    earned.imported(("-400.00", payout.payment_reference))

    line = StatementLine.objects.get(state=LineState.SUSPENSE)
    assert (line.doubt, line.payout_id) == (Doubt.ALREADY_PAID, payout.id)
    assert ledger.balance(accounts.common(Code.SUSPENSE, "CNY")) == -40_000


def test_a_held_party_is_not_paid_and_others_are(earned: Market) -> None:
    held = payouts.request(amount_minor=40_000, by=earned.finance)
    payouts.approve(held.id, by=earned.approver)
    hold = earned.hold(earned.supplier.urn, Scope.PARTY)

    with refused(NothingToSend):
        payout_files.make(by=earned.approver)
    with refused(Held):
        payouts.request(amount_minor=1, by=earned.finance)
    earned.lift(hold)
    file = payout_files.make(by=earned.approver)

    assert file.count == 1
    held.refresh_from_db()
    assert held.state == PayoutState.INSTRUCTED


def test_only_an_approver_makes_and_reads_the_file(earned: Market) -> None:
    payout = sent(earned)
    assert payout.file is not None
    for stranger in (earned.clerk, earned.finance, earned.auditor):
        with refused(NotAllowed):
            payout_files.make(by=stranger)
        with refused(NotAllowed):
            payout_files.content(payout.file.id, by=stranger)


def test_balances_are_told_to_the_owner(earned: Market) -> None:
    payouts.request(amount_minor=5_600, by=earned.finance)
    sent_payout = payouts.request(amount_minor=40_000, by=earned.finance)
    payouts.approve(sent_payout.id, by=earned.approver)

    balance = queries.balance(for_=earned.finance)

    assert (balance.available_minor, balance.requested_minor, balance.payout_minor) == (5_600, 5_600, 40_000)
    assert queries.payouts(for_=earned.finance, size=1) == [sent_payout]
    assert queries.payouts(for_=earned.buyer_finance, size=20) == []
    with refused(NotFound):
        queries.payout(sent_payout.id, for_=earned.buyer_finance)
