"""Obligations: what a payer owes a payee for a reference. Opened with each step that costs, ended once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _t

from market import holds
from market.events import outbox
from market.kernel import clock, ids, prepared, rows
from market.kernel.errors import Conflict, IllegalStep, Invalid, NotAllowed, NotFound
from market.kernel.money import MINOR_MAX
from market.participants.members import Actor, OrganisationKind, Process, Role
from market.verbs import verb
from settlement import accounts, fees, references
from settlement.accounts import Code
from settlement.errors import OtherTerms
from settlement.models import Obligation
from settlement.states import OBLIGATION_FOLLOWS, ObligationState

SOURCE: Final = "obligation"


@verb("obligation.opened")
def open(
    *,
    reference: str,
    thread: str | None,
    payer_id: UUID,
    payee_id: UUID,
    amount_minor: int,
    currency: str,
    due_at: datetime,
    tax_rate_bp: int,
    fee: dict[str, Any],
    holds_on: Sequence[str] = (),
    by: Actor,
) -> Obligation:
    """Write down what is owed for a reference, with a fresh payment reference. The same call again answers the same.

    amount_minor > 0 in minor units; fee: the rule as fixed (`fees.in_force()`); holds_on: URNs of party, version, …
    that stop the money too. Raises OtherTerms (409) where the reference is taken, Held, Invalid, NotAllowed.
    """
    _require_side(by, {payer_id, payee_id})
    if not 0 < amount_minor <= MINOR_MAX:
        raise Invalid.field("amount_minor", _t("is no amount to pay"), _t("a free trade opens no obligation"))
    fees.check(fee, tax_rate_bp)
    also = [ids.from_urn(each) for each in holds_on]
    holds.check(reference, thread, payer_id, payee_id, *also)
    obligation = Obligation(
        reference=ids.from_urn(reference),
        thread=ids.from_urn(thread) if thread else None,
        payer_id=payer_id,
        payee_id=payee_id,
        amount_minor=amount_minor,
        currency=currency,
        due_at=due_at,
        tax_rate_bp=tax_rate_bp,
        fee=fee,
        holds_on=also,
    )
    obligation.payment_reference = references.next_one()
    if not rows.create_once(obligation):
        return _same(obligation)
    accounts.open_missing(_accounts_of(obligation))
    outbox.record(
        "obligation.opened",
        subject=reference,
        actor=by.urn,
        thread=thread,
        parties=[payer_id, payee_id],
        amount_minor=amount_minor,
        currency=currency,
        payment_reference=obligation.payment_reference,
        due_at=clock.text(due_at),
        fee=fee,
        tax_rate_bp=tax_rate_bp,
    )
    return obligation


def _same(wanted: Obligation) -> Obligation:
    """The stored obligation where it says the same as the wanted one. Raises OtherTerms."""
    stored = Obligation.objects.get(reference=wanted.reference)
    terms = ("thread", "payer_id", "payee_id", "amount_minor", "currency", "tax_rate_bp", "fee")
    if any(getattr(stored, name) != getattr(wanted, name) for name in terms):
        raise OtherTerms(payment_reference=stored.payment_reference)
    outbox.unchanged()
    return stored


def _accounts_of(obligation: Obligation) -> list[accounts.Key]:
    """Every account that its money will pass, so that no later step has to make one."""
    currency = obligation.currency
    return [
        accounts.bank(currency),
        accounts.org(obligation.payer_id, currency),
        accounts.escrow(obligation.reference, currency),
        accounts.org(obligation.payee_id, currency),
        *(
            accounts.common(code, currency)
            for code in (Code.SUSPENSE, Code.DUE_TO_OPERATOR, Code.DUE_FROM_CLIENT, Code.FEE, Code.VAT_OUT)
        ),
    ]


@verb("obligation.cancelled")
def cancel(reference: str, *, by: Actor) -> Obligation:
    """End an obligation that nothing was paid into; money that still comes waits in suspense as late.

    Raises NotFound, IllegalStep (a funded one is refunded instead), Held, NotAllowed.
    """
    return _end(reference, ObligationState.CANCELLED, by)


@verb("obligation.expired")
def expire(reference: str, *, by: Actor) -> Obligation:
    """End an obligation whose due time has passed. Raises NotFound, IllegalStep, Conflict, Held, NotAllowed."""
    return _end(reference, ObligationState.EXPIRED, by)


def _end(reference: str, to: ObligationState, by: Actor) -> Obligation:
    obligation = lock(reference)
    _require_side(by, {obligation.payer_id, obligation.payee_id})
    if obligation.state == to:
        outbox.unchanged()
        return obligation
    check_holds(obligation)
    if to == ObligationState.EXPIRED and (until := due_at(obligation)) > clock.now():
        raise Conflict(_t("It is not due yet."), due_at=clock.text(until))
    move(obligation, to)
    rows.save(obligation, "state", "ended_at")
    outbox.record(
        f"obligation.{to}",
        subject=reference,
        actor=by.urn,
        thread=obligation.thread_urn,
        parties=[obligation.payer_id, obligation.payee_id],
        payment_reference=obligation.payment_reference,
        amount_minor=obligation.amount_minor,
        currency=obligation.currency,
    )
    return obligation


def lock(reference: str, thread: str | None = None) -> Obligation:
    """The obligation for a reference, locked until the transaction ends. Raises NotFound, OtherTerms."""
    obligation = rows.lock(Obligation, reference=ids.from_urn(reference))
    if obligation is None:
        raise NotFound
    if thread is not None and obligation.thread_urn != thread:
        raise OtherTerms(_t("The reference belongs to another trade."))
    return obligation


def move(obligation: Obligation, to: ObligationState) -> None:
    """Take one step; the caller holds the row lock and saves. Raises IllegalStep."""
    if to not in OBLIGATION_FOLLOWS[ObligationState(obligation.state)]:
        raise IllegalStep(
            _t("The payment is %(state)s.") % {"state": ObligationState(obligation.state).label},
            state=obligation.state,
        )
    obligation.state = to
    if to == ObligationState.FUNDED:
        obligation.funded_at = clock.now()
    else:
        obligation.ended_at = clock.now()


_FUNDED: Final = """
UPDATE settlement_obligation SET state = %s, funded_at = %s, received_minor = amount_minor WHERE id = ANY(%s::uuid[])
"""


def save_funded(paid: Sequence[Obligation]) -> None:
    """Write that these locked obligations were paid in full just now; one statement for all."""
    if paid:
        prepared.run(_FUNDED, [ObligationState.FUNDED, paid[0].funded_at, [obligation.id for obligation in paid]])


def check_holds(obligation: Obligation, *more: str) -> None:
    """Refuse the step while anything that it hangs on is held. Raises Held."""
    holds.check(*_hangs_on(obligation), *more)


def due_at(obligation: Obligation) -> datetime:
    """By when it is to be paid: the day as it was set, and what holds took since."""
    subjects = [each for each in _hangs_on(obligation) if each is not None]
    return holds.standstill(subjects).moved(obligation.due_at, since=obligation.opened_at, subjects=subjects)


def _hangs_on(obligation: Obligation) -> list[UUID | None]:
    return [
        obligation.reference,
        obligation.thread,
        obligation.payer_id,
        obligation.payee_id,
        *obligation.holds_on,
    ]


def _require_side(by: Actor, sides: set[UUID]) -> None:
    """Only a side of the obligation, the operator, or a process of the product may act. Raises NotAllowed."""
    if isinstance(by, Process) or by.organisation_id in sides or is_operator(by):
        return
    raise NotAllowed(_t("Only the two sides of a payment may do this."))


def is_operator(by: Actor) -> bool:
    """Whether one of the operator's deciding people acts; its clerks and auditors decide nothing about escrow."""
    return getattr(by, "organisation_kind", None) == OrganisationKind.OPERATOR and by.has(Role.APPROVER, Role.REVIEWER)
