"""What a line in suspense may be for: the likeliest first, nothing that cannot be, and nothing without a sign."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from market.participants.members import Role
from settlement import candidates, escrow, payouts, suspense
from settlement.candidates import Candidate, Sign
from settlement.models import StatementLine
from settlement.states import LineState, ObligationState, PayoutState
from tests.settlement.builders import Market, given_member, given_organisation, yuan
from tests.settlement.test_payouts import given_account, sent


def found_for(**which: object) -> list[Candidate]:
    line = StatementLine.objects.get(**which or {"state": LineState.SUSPENSE})
    return candidates.of([line])[line.id]


def test_a_slip_of_the_hand_outweighs_amount_and_name(market: Market) -> None:
    meant, same = market.opened(48_000), market.opened(50_000)
    reference = meant.payment_reference
    mistyped = reference[:4] + "7" + reference[5:]  # far from the other one, whose number is the next
    market.imported((yuan(50_000), f"货款 {mistyped}"))

    first, second = found_for()

    assert (first.payment_reference, first.signs) == (reference, (Sign.NEAR, Sign.PARTY))
    assert (second.payment_reference, second.signs) == (same.payment_reference, (Sign.AMOUNT, Sign.PARTY))


def test_amount_with_name_comes_before_amount_and_amount_before_name(market: Market) -> None:
    stranger = given_organisation("另一家公司")
    other_amount = market.opened(9_900)
    both = market.opened(48_000)
    other_name = market.opened(48_000, payer_id=stranger.id, by=given_member(stranger, Role.TRADER))
    market.imported(("480.00", "设备款"))

    assert [each.payment_reference for each in found_for()] == [
        row.payment_reference for row in (both, other_name, other_amount)
    ]


def test_brackets_and_width_of_a_name_do_not_matter(market: Market) -> None:
    payer = given_organisation("山西（太原）能源公司")
    owed = market.opened(48_000, payer_id=payer.id, by=given_member(payer, Role.TRADER))
    market.imported(("1.00", "?", "山西(太原)能源公司"))

    (found,) = found_for()

    assert (found.payment_reference, found.signs) == (owed.payment_reference, (Sign.PARTY,))


def test_what_is_left_to_pay_is_the_amount_that_counts(market: Market) -> None:
    owed = market.opened(48_000)
    market.imported(("400.00", owed.payment_reference))
    line = StatementLine.objects.get()
    suspense.assign(line.id, payment_reference=owed.payment_reference, reason="首付", by=market.clerk)
    market.imported(("80.00", "尾款", "别人"))

    (found,) = found_for(amount_minor=8_000)

    assert (found.missing_minor, found.signs) == (8_000, (Sign.AMOUNT,))


def test_what_has_ended_is_shown_only_where_the_text_names_it(market: Market) -> None:
    paid = market.funded(48_000)
    market.imported(("480.00", "再付一次"), ("480.00", f"再付 {paid.payment_reference}"))
    without, naming = StatementLine.objects.filter(state=LineState.SUSPENSE).order_by("row")

    found = candidates.of([without, naming])

    assert found[without.id] == []
    assert [(each.state, each.missing_minor) for each in found[naming.id]] == [(ObligationState.FUNDED, 0)]


def test_money_that_left_may_only_be_a_payout_at_the_bank_of_the_amount(market: Market) -> None:
    owed = market.funded(48_000)
    escrow.release(reference=owed.reference_urn, thread=owed.thread_urn, by=market.trader)
    given_account(market.finance, market.supplier.name)
    at_the_bank = sent(market, 40_000)
    payouts.request(amount_minor=1_000, by=market.finance)
    market.imported(("-400.00", "网银"), ("-10.00", "网银"))
    large, small = StatementLine.objects.filter(state=LineState.SUSPENSE).order_by("row")

    found = candidates.of([large, small])

    assert [(each.payment_reference, each.state) for each in found[large.id]] == [
        (at_the_bank.payment_reference, PayoutState.INSTRUCTED)
    ]
    assert found[small.id] == []


def test_a_page_of_lines_takes_two_queries_and_each_line_at_most_five_candidates(market: Market) -> None:
    for _ in range(7):
        market.opened(48_000)
    market.imported(*[("480.00", "x")] * 3, ("-1.00", "y"))
    lines = list(StatementLine.objects.order_by("row"))

    with CaptureQueriesContext(connection) as queries:
        found = candidates.of(lines)

    assert len(queries) == 2
    assert [len(found[line.id]) for line in lines] == [5, 5, 5, 0]
