"""What can be asked about money: read-only, and only by those whose money it is, and the operator's desk."""

from market.kernel import ids
from market.kernel.errors import NotFound
from market.participants.members import Member, Role
from settlement.models import Obligation

DESK = (Role.CLERK, Role.APPROVER, Role.AUDITOR)


def obligation(reference: str, *, for_: Member) -> Obligation:
    """What is owed for a reference. Raises NotFound for strangers too: they may not know of it."""
    found = Obligation.objects.filter(reference=ids.from_urn(reference)).first()
    if found is None or not (for_.organisation_id in {found.payer_id, found.payee_id} or for_.has(*DESK)):
        raise NotFound
    return found
