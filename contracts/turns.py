"""Whose turn it is, from the request to the acceptance: one answer for the page, the inbox and the letter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from contracts import standstills
from contracts.models import Dispute, Negotiation, Period, Side
from contracts.states import DisputeState, NegotiationState, PeriodState
from market.participants.members import Role


class Ask(StrEnum):
    """What one side is asked to do; the value is also the kind of its entry in the inbox."""

    ANSWER_REQUEST = "negotiation.answer_request"
    ANSWER_OFFER = "negotiation.answer_offer"
    SIGN_FIRST = "negotiation.sign_first"  # the supplier signs first
    SIGN_SECOND = "negotiation.sign_second"
    PAY = "trade.pay"
    FETCH = "trade.fetch"
    ACCEPT = "trade.accept"
    ANSWER_DISPUTE = "trade.answer_dispute"


TRADERS: Final = (Role.TRADER, Role.SIGNATORY)
# Who is asked, and which roles can do it. Paying happens at the bank; finance is told as well.
ASKED: Final[dict[Ask, tuple[Side, Sequence[Role]]]] = {
    Ask.ANSWER_REQUEST: (Side.SUPPLIER, TRADERS),
    Ask.ANSWER_OFFER: (Side.BUYER, TRADERS),
    Ask.SIGN_FIRST: (Side.SUPPLIER, (Role.SIGNATORY,)),
    Ask.SIGN_SECOND: (Side.BUYER, (Role.SIGNATORY,)),
    Ask.PAY: (Side.BUYER, (*TRADERS, Role.FINANCE)),
    Ask.FETCH: (Side.BUYER, (Role.TRADER, Role.DEVELOPER, Role.CDO, Role.ADMIN)),
    Ask.ACCEPT: (Side.BUYER, TRADERS),
    Ask.ANSWER_DISPUTE: (Side.SUPPLIER, TRADERS),
}


@dataclass(frozen=True, slots=True)
class Turn:
    """What is asked, of whom, since when and until when; `since` is None where the row does not say."""

    ask: Ask
    since: datetime | None
    due_at: datetime | None = None

    @property
    def side(self) -> Side:
        """The side whose turn it is."""
        return ASKED[self.ask][0]

    @property
    def roles(self) -> Sequence[Role]:
        """The roles of that side that can do it."""
        return ASKED[self.ask][1]


def of_negotiation(negotiation: Negotiation) -> Turn | None:
    """Whose turn it is until both have signed; None once it is in force or has ended."""
    due_at = negotiation.expires_at
    match NegotiationState(negotiation.state):
        case NegotiationState.REQUESTED:
            return Turn(Ask.ANSWER_REQUEST, negotiation.changed_at, due_at)
        case NegotiationState.OFFERED:
            return Turn(Ask.ANSWER_OFFER, negotiation.changed_at, due_at)
        case NegotiationState.ACCEPTED:
            return Turn(Ask.SIGN_FIRST, None, due_at)
        case NegotiationState.AGREED:
            return Turn(Ask.SIGN_SECOND, None, due_at)
    return None


def of_period(period: Period, *, open_dispute: Dispute | None = None) -> Turn | None:
    """Whose turn it is in the performance; None where the market moves by itself or nothing is left to do."""
    match PeriodState(period.state):
        case PeriodState.DUE if period.due_at is not None:
            return Turn(Ask.PAY, None, period.due_at)
        case PeriodState.FUNDED | PeriodState.DELIVERING if open_dispute is not None:
            return Turn(Ask.ANSWER_DISPUTE, open_dispute.opened_at)
        case PeriodState.FUNDED:
            return Turn(Ask.FETCH, period.funded_at)
        case PeriodState.DELIVERING:
            return Turn(Ask.ACCEPT, period.delivered_at, period.acceptance_due_at)
    return None


def of(negotiation: Negotiation) -> Turn | None:
    """Whose turn it is now in a negotiation that was read afresh, or in the trade that it became."""
    if negotiation.state != NegotiationState.FINALIZED:
        standstills.give_back_to_negotiations([negotiation])
        return of_negotiation(negotiation)
    period = Period.objects.select_related("trade").get(trade_id=negotiation.thread, n=1)
    standstills.give_back_to_periods([period])
    if period.state not in {PeriodState.FUNDED, PeriodState.DELIVERING}:
        return of_period(period)
    dispute = Dispute.objects.filter(period=period, state=DisputeState.OPEN).first()
    return of_period(period, open_dispute=dispute)
