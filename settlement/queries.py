"""What can be asked about money: read-only, and only by those whose money it is, and the operator's desk."""

from typing import Any

from market.kernel import ids
from market.kernel.errors import NotFound
from market.participants.members import Member, Role
from market.participants.models import Organisation
from settlement.models import Obligation
from settlement.states import ObligationState

DESK = (Role.CLERK, Role.APPROVER, Role.AUDITOR)


def obligation(reference: str, *, for_: Member) -> Obligation:
    """What is owed for a reference. Raises NotFound for strangers too: they may not know of it."""
    found = Obligation.objects.filter(reference=ids.from_urn(reference)).first()
    if found is None or not (for_.organisation_id in {found.payer_id, found.payee_id} or for_.has(*DESK)):
        raise NotFound
    return found


def is_funded(reference: str) -> bool:
    """Whether the whole amount for a reference lies in escrow now."""
    return Obligation.objects.filter(reference=ids.from_urn(reference), state=ObligationState.FUNDED).exists()


def payment_of(reference: str) -> dict[str, Any] | None:
    """How the amount for a reference is paid and whether it was; None where nothing is owed."""
    found = Obligation.objects.filter(reference=ids.from_urn(reference)).first()
    if found is None:
        return None
    payer = Organisation.objects.only("name").get(id=found.payer_id)
    return {
        "payment_reference": found.payment_reference,
        "amount_minor": found.amount_minor,
        "currency": found.currency,
        "due_at": found.due_at,
        "state": found.state,
        "payer_name": payer.name,
    }
