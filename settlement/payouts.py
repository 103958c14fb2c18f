"""Payouts: money that leaves the custodian's account. Asked for, approved, sent in a file, confirmed by the bank."""

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _t

from market.events import outbox
from market.kernel import clock, ids
from market.kernel.errors import IllegalStep
from market.participants.members import Actor
from settlement import accounts
from settlement.accounts import Key
from settlement.models import Payout
from settlement.states import PAYOUT_FOLLOWS, PayoutKind, PayoutState


def account(payout: Payout) -> Key:
    """Where the money lies once the payout is approved."""
    if payout.kind == PayoutKind.EARNINGS and payout.organisation_id:
        return accounts.payout_out(payout.organisation_id, payout.currency)
    return accounts.refund_due(payout.organisation_id, payout.currency)


def home(payout: Payout) -> Key:
    """Where the money goes when it comes back: to its owner."""
    if payout.organisation_id is None:
        return accounts.common(accounts.Code.SUSPENSE, payout.currency)
    return accounts.org(payout.organisation_id, payout.currency)


def locked(names: list[str]) -> dict[str, Payout]:
    """The payouts of these references, locked in the order of their ids."""
    if not names:
        return {}
    found = Payout.objects.select_for_update(no_key=True).filter(payment_reference__in=names).order_by("id")
    return {payout.payment_reference: payout for payout in found}


def _move(payout: Payout, to: PayoutState) -> None:
    """Take one step; the caller holds the row lock and saves. Raises IllegalStep."""
    if to not in PAYOUT_FOLLOWS[PayoutState(payout.state)]:
        raise IllegalStep(
            _t("The payout is %(state)s.") % {"state": PayoutState(payout.state).label}, state=payout.state
        )
    payout.state = to


def end_by_bank(payout: Payout, *, is_back: bool) -> None:
    """The statement shows that the payout was made, or that it came back; the caller saves."""
    _move(payout, PayoutState.RETURNED if is_back else PayoutState.CONFIRMED)
    payout.ended_at = clock.now()


def save_ended(ended: Sequence[Payout]) -> None:
    """Write the states of payouts that the bank ended."""
    if ended:
        Payout.objects.bulk_update(ended, ["state", "ended_at"])


def tell_of_bank(payout: Payout, state: str, transfer: UUID, by: Actor) -> None:
    """Record what the bank did with a payout."""
    outbox.record(
        f"payout.{state}",
        subject=ids.urn(payout.id),
        actor=by.urn,
        thread=ids.urn(payout.thread) if payout.thread else None,
        parties=[payout.organisation_id] if payout.organisation_id else [],
        amount_minor=payout.amount_minor,
        currency=payout.currency,
        payment_reference=payout.payment_reference,
        transfer=ids.urn(transfer),
    )
