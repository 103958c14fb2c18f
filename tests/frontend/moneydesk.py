"""What tests of the money desk begin with: a market whose desk may sign in, and payouts brought some way."""

import pytest

from market.participants.models import Membership
from settlement import bank_accounts, escrow, payout_files, payouts
from settlement.models import Payout, StatementLine
from settlement.states import LineState, PayoutState
from tests.settlement.builders import Market


@pytest.fixture
def market() -> Market:
    """Two parties and the operator's desk, whose members may sign in."""
    made = Market()
    for member in (made.clerk, made.approver, made.auditor, made.finance, made.trader):
        Membership.objects.create(
            organisation_id=member.organisation_id, person_id=member.person_id, roles=sorted(map(str, member.roles))
        )
    return made


def given_earnings(market: Market) -> None:
    """The supplier has earned 456.00 and named its bank account."""
    obligation = market.funded(48_000)
    escrow.release(reference=obligation.reference_urn, thread=obligation.thread_urn, by=market.trader)
    bank_accounts.register(
        holder=market.supplier.name, number="6222 0000 1111 2222 333", bank="中国银行太原分行", by=market.finance
    )


def given_payout(market: Market, state: PayoutState = PayoutState.REQUESTED) -> Payout:
    """The supplier's payout of 400.00, brought as far as this."""
    given_earnings(market)
    payout = payouts.request(amount_minor=40_000, by=market.finance)
    if state != PayoutState.REQUESTED:
        payouts.approve(payout.id, by=market.approver)
    if state == PayoutState.INSTRUCTED:
        payout_files.make(by=market.approver)
    payout.refresh_from_db()
    return payout


def the_line() -> StatementLine:
    return StatementLine.objects.get(state=LineState.SUSPENSE)
