"""What one statement line means: judged by exact reference, state, currency, amount and payer alone. Pure."""

import unicodedata
from typing import Final

from settlement.models import Obligation, Payout, StatementLine
from settlement.states import Doubt, ObligationState, PayoutState

# Banks and registers write the same name with other brackets and dots.
_SAME_SIGNS: Final = str.maketrans("[{〔【〈《「『]}〕】〉》」』•・‧∙", "((((((((" + "))))))))" + "····")
_PAID = frozenset({ObligationState.FUNDED, ObligationState.RELEASED, ObligationState.REFUNDED})


def doubt_of_payment(amount_minor: int, currency: str, payer: str, obligation: Obligation) -> Doubt | None:
    """Why money that names this obligation does not pay it by itself; None when it does.

    payer: who paid, as the bank writes the name; a line without one agrees with nobody.
    """
    if currency != obligation.currency:
        return Doubt.CURRENCY_DIFFERS
    if obligation.state in _PAID:
        return Doubt.ALREADY_PAID
    if obligation.state != ObligationState.DUE:
        return Doubt.LATE
    if amount_minor != obligation.amount_minor - obligation.received_minor:
        return Doubt.AMOUNT_DIFFERS
    if plain(payer) != plain(obligation.payer.name):
        return Doubt.PAYER_DIFFERS
    return None


def plain(name: str) -> str:
    """A name as it is compared: without blanks, in one width and case, with one kind of bracket and of dot."""
    folded = unicodedata.normalize("NFKC", name).translate(_SAME_SIGNS).casefold()
    return "".join(sign for sign in folded if not sign.isspace())


def doubt_of_reference(found: list[str], known: set[str]) -> Doubt | None:
    """Why the references in a memo do not name one thing of ours; None when they do."""
    if not found:
        return Doubt.NO_REFERENCE
    if len(found) > 1:
        return Doubt.SEVERAL_REFERENCES
    return None if found[0] in known else Doubt.UNKNOWN_REFERENCE


def doubt_of_payout(row: StatementLine, payout: Payout) -> Doubt | None:
    """Why an outgoing line does not confirm this payout, or an incoming one does not bring it back."""
    expected = PayoutState.CONFIRMED if row.is_incoming else PayoutState.INSTRUCTED
    if row.currency != payout.currency:
        return Doubt.CURRENCY_DIFFERS
    if payout.state != expected:
        is_second = payout.state in {PayoutState.CONFIRMED, PayoutState.RETURNED}
        return Doubt.ALREADY_PAID if is_second else Doubt.NOT_SENT
    if row.amount_minor != payout.amount_minor:
        return Doubt.AMOUNT_DIFFERS
    return None
