"""Payments: money that came in for an obligation goes to the payer's account and from there into escrow."""

import logging
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _t

from market.events import outbox
from market.events.dispatch import News
from market.holds import Held
from market.kernel import clock, ids
from market.kernel.errors import Conflict, NotFound
from market.participants.members import Actor, Role, system
from market.verbs import verb
from settlement import accounts, ledger, matching, obligations
from settlement.accounts import Code, Key
from settlement.ledger import Entry
from settlement.models import Obligation, StatementLine
from settlement.states import Doubt, LineState, ObligationState, TransferKind

logger = logging.getLogger(__name__)
SOURCE: Final = "statement_line"


def entries(came_from: Key, obligation: Obligation, amount_minor: int) -> list[Entry]:
    """ledgers.md A2, payment in: bank (or suspense) → org(payer) → escrow."""
    payer = accounts.org(obligation.payer_id, obligation.currency)
    return [
        Entry(came_from, payer, amount_minor),
        Entry(payer, accounts.escrow(obligation.reference, obligation.currency), obligation.amount_minor),
    ]


def tell(obligation: Obligation, transfer: UUID, by: Actor) -> None:
    """Record that the obligation is paid in full and in escrow."""
    outbox.record(
        "payment.received",
        subject=obligation.reference_urn,
        actor=by.urn,
        thread=obligation.thread_urn,
        parties=[obligation.payer_id, obligation.payee_id],
        amount_minor=obligation.amount_minor,
        currency=obligation.currency,
        payment_reference=obligation.payment_reference,
        transfer=ids.urn(transfer),
    )


@verb("payment.received", "receipt.judged")
def receive(line_id: UUID, *, by: Actor) -> StatementLine:
    """Try once more to book a receipt that waits in suspense and names an obligation, e.g. after a hold.

    Where it still does not fit, it stays in suspense under its present doubt. Raises NotFound, Conflict, Held.
    """
    if by != REDRIVE:
        by.require(Role.CLERK)
    named = StatementLine.objects.filter(id=line_id, is_incoming=True).values_list("obligation_id", flat=True).first()
    if named is None:
        raise NotFound
    obligation = Obligation.objects.select_for_update(no_key=True).get(id=named)
    line = lock_line(line_id)
    if line.obligation_id != obligation.id:
        raise Conflict(_t("Somebody has just decided about this line."))
    if line.state != LineState.SUSPENSE:
        outbox.unchanged()
        return line
    doubt = matching.doubt_of_payment(line.amount_minor, line.currency, line.counterparty, obligation)
    if doubt is not None:
        return _leave(line, doubt, by)
    obligations.check_holds(obligation)
    suspense = accounts.common(Code.SUSPENSE, obligation.currency)
    transfer = ledger.post(
        TransferKind.PAYMENT_IN,
        source=(SOURCE, line.id),
        entries=entries(suspense, obligation, line.amount_minor),
        actor=by.urn,
        reference=obligation.reference,
        thread=obligation.thread,
    )
    obligations.move(obligation, ObligationState.FUNDED)
    obligation.received_minor += line.amount_minor
    obligation.save(update_fields=["state", "funded_at", "received_minor"])
    line.state, line.doubt = LineState.MATCHED, ""
    line.decided_by, line.decided_at = by.urn, clock.now()
    line.save(update_fields=["state", "doubt", "decided_by", "decided_at"])
    tell(obligation, transfer, by)
    return line


def _leave(line: StatementLine, doubt: Doubt, by: Actor) -> StatementLine:
    """Keep a line in suspense under the doubt that stops it now."""
    if line.doubt == doubt:
        outbox.unchanged()
        return line
    line.doubt = doubt
    line.save(update_fields=["doubt"])
    outbox.record("receipt.judged", subject=line.urn, actor=by.urn, doubt=str(doubt))
    return line


def lock_line(line_id: UUID) -> StatementLine:
    """A statement line, locked until the transaction ends. Raises NotFound."""
    line = StatementLine.objects.select_for_update(no_key=True).filter(id=line_id).first()
    if line is None:
        raise NotFound
    return line


REDRIVE: Final = system("payments")


def hear_lifting(_news: News) -> None:
    """A hold was lifted: receipts that a hold had stopped are tried again, each in its own transaction."""
    waiting = StatementLine.objects.filter(state=LineState.SUSPENSE, doubt=Doubt.HELD).order_by("id")
    for line_id in list(waiting.values_list("id", flat=True)):
        try:
            receive(line_id, by=REDRIVE)
        except Held:
            logger.info("receipt %s is still stopped by a hold", line_id)
