"""Suspense: money that came without a clear owner. A person gives it to an obligation or sends it back."""

from uuid import UUID

from django.utils.translation import gettext as _t

from market.events import outbox
from market.kernel import clock, ids
from market.kernel.errors import Conflict, IllegalStep, Invalid, NotFound
from market.participants.members import Member, Role
from market.verbs import verb
from settlement import accounts, ledger, matching, obligations, payments, payouts, references
from settlement.accounts import Code
from settlement.errors import NoBankAccount
from settlement.ledger import Entry
from settlement.models import Obligation, Payout, StatementLine
from settlement.states import LINE_FOLLOWS, LineState, ObligationState, PayoutKind, TransferKind


@verb("suspense.assigned")
def assign(line_id: UUID, *, payment_reference: str, reason: str, by: Member) -> StatementLine:
    """Say what a line in suspense is for: a receipt for an obligation, or an outgoing line for a sent payout.

    A receipt goes to the payer's account, and from there into escrow once all that is due came in; money beyond that,
    or for an obligation that has ended, stays available to the payer.
    Raises Invalid, NotFound, Conflict, IllegalStep, Held, NotAllowed.
    """
    by.require(Role.CLERK)
    payouts.need_reason(reason)
    try:
        wanted = references.parse(payment_reference)
    except ValueError as error:
        fix = _t("two letters and twelve digits, e.g. %(example)s") % {"example": references.of("TY", 42)}
        raise Invalid.field("payment_reference", _t("is no payment reference"), fix) from error
    return (
        _assign_payout(line_id, wanted, reason, by)
        if references.is_payout(wanted)
        else _assign(line_id, wanted, reason, by)
    )


def _assign(line_id: UUID, wanted: str, reason: str, by: Member) -> StatementLine:
    obligation = Obligation.objects.select_for_update(no_key=True).filter(payment_reference=wanted).first()
    line = payments.lock_line(line_id)
    if obligation is None or not line.is_incoming:
        raise NotFound(_t("No payment to us has this reference."))
    if line.currency != obligation.currency:
        raise Conflict(_t("The receipt is in %(currency)s.") % {"currency": line.currency})
    if line.state == LineState.MATCHED and line.obligation_id == obligation.id:
        outbox.unchanged()
        return line
    obligations.check_holds(obligation)
    decide(line, LineState.MATCHED, reason, by)
    line.obligation = obligation
    is_funding = _is_funding(obligation, line.amount_minor)
    payer = accounts.org(obligation.payer_id, obligation.currency)
    entries = [Entry(accounts.common(Code.SUSPENSE, line.currency), payer, line.amount_minor)]
    if is_funding:
        entries.append(
            Entry(payer, accounts.escrow(obligation.reference, obligation.currency), obligation.amount_minor)
        )
    transfer = ledger.post(
        TransferKind.SUSPENSE_ASSIGNED,
        source=(payments.SOURCE, line.id),
        part=ledger.reversed_parts(TransferKind.SUSPENSE_ASSIGNED, (payments.SOURCE, line.id)),
        entries=entries,
        actor=by.urn,
        reference=obligation.reference,
        thread=obligation.thread,
        reason=reason,
    )
    if obligation.state == ObligationState.DUE:
        obligation.received_minor += line.amount_minor
    if is_funding:
        obligations.move(obligation, ObligationState.FUNDED)
    obligation.save(update_fields=["state", "funded_at", "received_minor"])
    line.save(update_fields=["state", "doubt", "obligation", "decided_by", "decided_at", "decision"])
    if is_funding:
        payments.tell(obligation, transfer, by)
    _tell(line, obligation.payment_reference, [obligation.payer_id], is_funding, transfer, by, obligation.thread_urn)
    return line


def _is_funding(obligation: Obligation, amount_minor: int) -> bool:
    """Whether this receipt completes what is due, from money that came for it and is still there.

    What the payer has earned elsewhere is not taken: nobody said so.
    """
    if obligation.state != ObligationState.DUE:
        return False
    if obligation.received_minor + amount_minor < obligation.amount_minor:
        return False
    payer = accounts.org(obligation.payer_id, obligation.currency)
    available = ledger.lock(payer, accounts.escrow(obligation.reference, obligation.currency))[payer]
    return available + amount_minor >= obligation.amount_minor


def _assign_payout(line_id: UUID, wanted: str, reason: str, by: Member) -> StatementLine:
    payout = payouts.locked([wanted]).get(wanted)
    line = payments.lock_line(line_id)
    if payout is None or line.is_incoming:
        raise NotFound(_t("No payout of ours has this reference."))
    doubt = matching.doubt_of_payout(line, payout)
    if doubt is not None:
        raise Conflict(_t("The payout does not fit: %(doubt)s.") % {"doubt": doubt.label})
    decide(line, LineState.MATCHED, reason, by)
    line.payout = payout
    payouts.end_by_bank(payout, is_back=False)
    transfer = ledger.post(
        TransferKind.SUSPENSE_ASSIGNED,
        source=(payments.SOURCE, line.id),
        part=ledger.reversed_parts(TransferKind.SUSPENSE_ASSIGNED, (payments.SOURCE, line.id)),
        entries=[Entry(payouts.account(payout), accounts.common(Code.SUSPENSE, line.currency), line.amount_minor)],
        actor=by.urn,
        reference=payout.reference,
        thread=payout.thread,
        reason=reason,
    )
    payouts.save_ended([payout])
    line.save(update_fields=["state", "doubt", "payout", "decided_by", "decided_at", "decision"])
    payouts.tell_of_bank(payout, payout.state, transfer, by)
    owner = [payout.organisation_id] if payout.organisation_id else []
    _tell(line, payout.payment_reference, owner, False, transfer, by, None)
    return line


@verb("receipt.returned")
def give_back(line_id: UUID, *, reason: str, by: Member) -> Payout:
    """Send a receipt in suspense back to the account it came from; the payout needs an approver who is not the caller.

    Raises NoBankAccount where the statement names no account, Invalid, IllegalStep, NotFound, Held, NotAllowed.
    """
    by.require(Role.CLERK)
    payouts.need_reason(reason)
    line = payments.lock_line(line_id)
    if not line.is_incoming:
        raise NotFound
    if line.account_sealed is None:
        raise NoBankAccount(_t("The statement names no account to send it back to."))
    if line.obligation is not None:
        obligations.check_holds(line.obligation)
    decide(line, LineState.RETURNED, reason, by)
    payout = Payout(
        kind=PayoutKind.RETURN,
        amount_minor=line.amount_minor,
        currency=line.currency,
        holder=line.counterparty[:200],
        number_sealed=line.account_sealed,
        number_masked=line.account_masked,
        bank=line.bank[:120],
    )
    transfer = ledger.post(
        TransferKind.RECEIPT_RETURNED,
        source=(payouts.SOURCE, payout.id),
        entries=[Entry(accounts.common(Code.SUSPENSE, line.currency), payouts.account(payout), line.amount_minor)],
        actor=by.urn,
        reason=reason,
    )
    payouts.add(payout, by=by)
    line.payout = payout
    line.save(update_fields=["state", "doubt", "payout", "decided_by", "decided_at", "decision"])
    outbox.record(
        "receipt.returned",
        subject=line.urn,
        actor=by.urn,
        amount_minor=line.amount_minor,
        currency=line.currency,
        reason=reason,
        payment_reference=payout.payment_reference,
        transfer=ids.urn(transfer),
    )
    return payout


def decide(line: StatementLine, to: LineState, reason: str, by: Member) -> None:
    """Take one step by a person's decision; the caller holds the lock and saves. Raises IllegalStep."""
    if to not in LINE_FOLLOWS[LineState(line.state)]:
        raise IllegalStep(_t("The line is %(state)s.") % {"state": LineState(line.state).label}, state=line.state)
    line.state, line.doubt = to, ""
    line.decided_by, line.decided_at, line.decision = by.urn, clock.now(), reason[:200]


def _tell(
    line: StatementLine,
    payment_reference: str,
    parties: list[UUID],
    is_funding: bool,
    transfer: UUID,
    by: Member,
    thread: str | None,
) -> None:
    outbox.record(
        "suspense.assigned",
        subject=line.urn,
        actor=by.urn,
        thread=thread,
        parties=parties,
        amount_minor=line.amount_minor,
        currency=line.currency,
        payment_reference=payment_reference,
        reason=line.decision,
        funded=is_funding,
        transfer=ids.urn(transfer),
    )
