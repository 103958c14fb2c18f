"""Escrow: how the money for a reference leaves it, to the payee less the fee or back to the payer."""

from collections.abc import Sequence
from typing import Final

from django.db import connection
from django.utils.translation import gettext as _t

from market.events import outbox
from market.kernel import clock, ids
from market.kernel.errors import NotAllowed
from market.participants.members import Actor, Process
from market.verbs import verb
from settlement import accounts, fees, ledger, obligations
from settlement.accounts import Code
from settlement.errors import NotFunded
from settlement.fees import Shares
from settlement.ledger import Entry
from settlement.models import Obligation, Release
from settlement.states import ObligationState

_RELEASE: Final = """
WITH ended AS (
    UPDATE settlement_obligation SET state = %(state)s, ended_at = %(at)s WHERE id = %(obligation)s
)
INSERT INTO settlement_release (id, obligation_id, transfer_id, amount_minor, payee_minor, fee_minor, vat_minor,
                                released_at)
VALUES (%(id)s, %(obligation)s, %(transfer)s, %(amount)s, %(payee)s, %(fee)s, %(vat)s, %(at)s)
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
    made = Release(
        id=ids.new_id(),
        obligation=obligation,
        amount_minor=amount,
        payee_minor=shares.payee_minor,
        fee_minor=shares.fee_minor,
        vat_minor=shares.vat_minor,
        released_at=clock.now(),
    )
    made.transfer_id = ledger.post(
        "escrow.release",
        source=(obligations.SOURCE, obligation.id),
        entries=_release_entries(obligation, shares),
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
        transfer=ids.urn(made.transfer_id),
    )
    return made


def _release_entries(obligation: Obligation, shares: Shares) -> list[Entry]:
    """ledgers.md A2, settle: escrow → payee, escrow → due_to_operator; due_from_client → fee and VAT."""
    currency = obligation.currency
    escrow = accounts.escrow(obligation.reference, currency)
    operator = accounts.common(Code.DUE_FROM_CLIENT, currency)
    wanted = [
        Entry(escrow, accounts.org(obligation.payee_id, currency), shares.payee_minor),
        Entry(escrow, accounts.common(Code.DUE_TO_OPERATOR, currency), shares.fee_gross_minor),
        Entry(operator, accounts.common(Code.FEE, currency), shares.fee_minor),
        Entry(operator, accounts.common(Code.VAT_OUT, currency), shares.vat_minor),
    ]
    return [entry for entry in wanted if entry.amount_minor]


def _write(made: Release) -> None:
    """The release and the end of its obligation, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
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
            },
        )
