"""Refunds: the way back from escrow to the account that the money came from."""

from typing import Final
from uuid import UUID

from market.kernel import clock, ids, rows
from market.participants.members import Actor
from settlement import accounts, bank_accounts, ledger, payouts
from settlement.ledger import Entry
from settlement.models import Obligation, Payout, Refund, StatementLine
from settlement.states import LineState, PayoutKind, TransferKind

SOURCE: Final = "refund"


def make(obligation: Obligation, *, key: UUID, amount_minor: int, reason: str, by: Actor) -> Refund:
    """Book the money out of escrow, and order its payout where it came from one account; inside a verb.

    ledgers.md A2: escrow → refund_due, and refund_due → bank once the statement confirms it.
    """
    payout = _payout(obligation, amount_minor)
    to = (
        accounts.refund_due(obligation.payer_id, obligation.currency)
        if payout
        else accounts.org(obligation.payer_id, obligation.currency)
    )
    made = Refund(
        id=ids.new_id(),
        obligation=obligation,
        key=key,
        amount_minor=amount_minor,
        reason=reason[:200],
        refunded_at=clock.now(),
    )
    made.transfer_id = ledger.post(
        TransferKind.ESCROW_REFUNDED,
        source=(SOURCE, made.id),
        entries=[Entry(accounts.escrow(obligation.reference, obligation.currency), to, amount_minor)],
        actor=by.urn,
        reference=obligation.reference,
        thread=obligation.thread,
        reason=reason,
    )
    if payout:
        payouts.add(payout, by=by)
        made.payout = payout
    return rows.create(made)


def _payout(obligation: Obligation, amount_minor: int) -> Payout | None:
    """A payout to the one account that all the money for the obligation came from, or None."""
    lines = list(
        StatementLine.objects.filter(
            obligation=obligation, state=LineState.MATCHED, is_incoming=True, account_sealed__isnull=False
        ).order_by("id")
    )
    senders = {(line.counterparty, bank_accounts.unseal(line.account_sealed or b"")) for line in lines}
    if len(senders) != 1 or sum(line.amount_minor for line in lines) < amount_minor:
        return None
    source = lines[-1]
    return Payout(
        kind=PayoutKind.REFUND,
        organisation_id=obligation.payer_id,
        reference=obligation.reference,
        thread=obligation.thread,
        amount_minor=amount_minor,
        currency=obligation.currency,
        holder=source.counterparty[:200],
        number_sealed=source.account_sealed or b"",
        number_masked=source.account_masked,
        bank=source.bank[:120],
    )
