"""Escrow: how the money for a reference leaves it, to the payee less the fee or back to the payer."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _t

from market import rules
from market.events import outbox
from market.kernel import clock, ids, prepared, rows
from market.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from market.participants.members import Actor, Process, Role
from market.verbs import verb
from settlement import accounts, fees, ledger, obligations, refunds
from settlement.accounts import Code
from settlement.errors import NotCovered, NotFunded, OtherTerms
from settlement.fees import Shares
from settlement.ledger import Entry
from settlement.models import Obligation, Refund, Release
from settlement.states import ObligationState, TransferKind

RESERVE_RULE: Final = "escrow.reserve_days"

_RELEASE: Final = """
WITH ended AS (
    UPDATE settlement_obligation SET state = %(state)s, ended_at = %(at)s WHERE id = %(obligation)s
)
INSERT INTO settlement_release (id, obligation_id, transfer_id, amount_minor, payee_minor, fee_minor, vat_minor,
                                released_at, free_at, freed_at)
VALUES (%(id)s, %(obligation)s, %(transfer)s, %(amount)s, %(payee)s, %(fee)s, %(vat)s,
        %(at)s, %(free_at)s, %(freed_at)s)
"""


@verb("escrow.released")
def release(*, reference: str, thread: str | None, holds_on: Sequence[str] = (), by: Actor) -> Release:
    """Give what is in escrow to the payee, less the fee fixed at opening. A second call answers the first release.

    holds_on: URNs that stop it besides those given at opening. Never by the payee alone.
    Raises NotFound, NotFunded (409), OtherTerms, Held, NotAllowed.
    """
    obligation = obligations.lock(reference, thread)
    if not (isinstance(by, Process) or by.organisation_id == obligation.payer_id or obligations.is_operator(by)):
        raise NotAllowed(_t("The one who is paid does not release the money."))
    if obligation.state == ObligationState.RELEASED:
        outbox.unchanged()
        return obligation.release
    if obligation.state != ObligationState.FUNDED:
        raise NotFunded(state=obligation.state)
    obligations.check_holds(obligation, *holds_on)
    amount = obligation.in_escrow_minor
    shares = fees.divide(amount, obligation.fee, obligation.tax_rate_bp)
    reserve_days: int = rules.current(RESERVE_RULE).value["days"]
    at = clock.now()
    made = Release(
        id=ids.new_id(),
        obligation=obligation,
        amount_minor=amount,
        payee_minor=shares.payee_minor,
        fee_minor=shares.fee_minor,
        vat_minor=shares.vat_minor,
        released_at=at,
        free_at=at + timedelta(days=reserve_days),
        freed_at=None if reserve_days else at,
    )
    made.transfer_id = ledger.post(
        TransferKind.ESCROW_RELEASED,
        source=(obligations.SOURCE, obligation.id),
        entries=_release_entries(obligation, shares, is_reserved=bool(reserve_days)),
        actor=by.urn,
        reference=obligation.reference,
        thread=obligation.thread,
    )
    obligations.move(obligation, ObligationState.RELEASED)
    _write(made)
    outbox.record(
        "escrow.released",
        subject=reference,
        actor=by.urn,
        thread=obligation.thread_urn,
        parties=[obligation.payer_id, obligation.payee_id],
        amount_minor=amount,
        payee_minor=shares.payee_minor,
        fee_minor=shares.fee_minor,
        vat_minor=shares.vat_minor,
        currency=obligation.currency,
        fee_rule=f"{obligation.fee['name']} v{obligation.fee['version']}",
        free_at=clock.text(made.free_at),
        transfer=ids.urn(made.transfer_id),
    )
    return made


def _release_entries(obligation: Obligation, shares: Shares, *, is_reserved: bool) -> list[Entry]:
    """ledgers.md A2, settle: escrow → payee, escrow → due_to_operator; due_from_client → fee and VAT."""
    currency = obligation.currency
    escrow = accounts.escrow(obligation.reference, currency)
    payee = (accounts.org_reserved if is_reserved else accounts.org)(obligation.payee_id, currency)
    operator = accounts.common(Code.DUE_FROM_CLIENT, currency)
    wanted = [
        Entry(escrow, payee, shares.payee_minor),
        Entry(escrow, accounts.common(Code.DUE_TO_OPERATOR, currency), shares.fee_gross_minor),
        Entry(operator, accounts.common(Code.FEE, currency), shares.fee_minor),
        Entry(operator, accounts.common(Code.VAT_OUT, currency), shares.vat_minor),
    ]
    return [entry for entry in wanted if entry.amount_minor]


def _write(made: Release) -> None:
    """The release and the end of its obligation, in one statement."""
    prepared.run(
        _RELEASE,
        {
            "id": made.id,
            "obligation": made.obligation_id,
            "transfer": made.transfer_id,
            "amount": made.amount_minor,
            "payee": made.payee_minor,
            "fee": made.fee_minor,
            "vat": made.vat_minor,
            "state": ObligationState.RELEASED.value,
            "at": made.released_at,
            "free_at": made.free_at,
            "freed_at": made.freed_at,
        },
    )


@verb("earnings.freed")
def free(reference: str, *, by: Actor) -> Release:
    """Make a reserved share available to the payee once its reserve period is over.

    By a process or an approver. Raises NotFound, Conflict before its time, Held, NotAllowed.
    """
    if not isinstance(by, Process):
        by.require(Role.APPROVER)
    obligation = obligations.lock(reference)
    made = Release.objects.select_for_update(no_key=True, of=("self",)).filter(obligation=obligation).first()
    if made is None:
        raise NotFound
    if made.freed_at is not None:
        outbox.unchanged()
        return made
    if made.free_at > clock.now():
        raise Conflict(_t("The reserve period is not over yet."), free_at=clock.text(made.free_at))
    obligations.check_holds(obligation)
    made.freed_at = clock.now()
    payee, currency = obligation.payee_id, obligation.currency
    transfer = None
    if made.payee_minor:
        transfer = ledger.post(
            TransferKind.EARNINGS_FREED,
            source=("release", made.id),
            entries=[Entry(accounts.org_reserved(payee, currency), accounts.org(payee, currency), made.payee_minor)],
            actor=by.urn,
            reference=obligation.reference,
            thread=obligation.thread,
        )
    rows.save(made, "freed_at")
    outbox.record(
        "earnings.freed",
        subject=reference,
        actor=by.urn,
        thread=obligation.thread_urn,
        parties=[payee],
        amount_minor=made.payee_minor,
        currency=currency,
        transfer=ids.urn(transfer) if transfer else "",
    )
    return made


@verb("escrow.refunded")
def refund(
    *,
    reference: str,
    thread: str | None,
    reason: str,
    amount_minor: int | None = None,
    key: UUID | None = None,
    by: Actor,
) -> Refund:
    """Give what is in escrow back to the payer: all of it, or a part under a key of the caller's.

    The same key (or the whole, again) answers the first refund. The money goes to the account it came from, by a
    payout that the operator approves; where that is not one known account, it is available to the payer.
    Never by the payer alone. Raises NotFound, NotFunded, NotCovered, OtherTerms, Invalid, Held, NotAllowed.
    """
    if not reason.strip():
        raise Invalid.field("reason", _t("is empty"), _t("say why"))
    if amount_minor is not None and (key is None or amount_minor <= 0):
        raise Invalid.field("amount_minor", _t("needs to be above zero and to have a key"), _t("send a fresh UUID"))
    obligation = obligations.lock(reference, thread)
    if not (isinstance(by, Process) or by.organisation_id == obligation.payee_id or obligations.is_operator(by)):
        raise NotAllowed(_t("The one who paid does not take the money back alone."))
    key = key or obligation.id
    stored = rows.get(Refund, key=key)
    if stored is not None:
        if stored.obligation_id != obligation.id or amount_minor not in {None, stored.amount_minor}:
            raise OtherTerms
        outbox.unchanged()
        return stored
    if obligation.state != ObligationState.FUNDED:
        raise NotFunded(state=obligation.state)
    left = obligation.in_escrow_minor
    amount = left if amount_minor is None else amount_minor
    if amount > left:
        raise NotCovered(_t("Nothing was moved."), in_escrow_minor=left)
    obligations.check_holds(obligation)
    is_whole = amount == left
    if is_whole:
        obligations.move(obligation, ObligationState.REFUNDED)
    obligation.refunded_minor += amount
    made = refunds.make(obligation, key=key, amount_minor=amount, reason=reason, by=by)
    rows.save(obligation, "state", "refunded_minor", "ended_at")
    outbox.record(
        "escrow.refunded",
        subject=reference,
        actor=by.urn,
        thread=obligation.thread_urn,
        parties=[obligation.payer_id, obligation.payee_id],
        amount_minor=amount,
        currency=obligation.currency,
        reason=reason,
        whole=is_whole,
        payment_reference=made.payout.payment_reference if made.payout else "",
        transfer=ids.urn(made.transfer_id),
    )
    return made
