"""Reminders (催告): one side asks the other to take the step that is its turn. Recorded, because law counts from it."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _t

from contracts import negotiations, turns
from contracts.errors import RemindedAlready
from contracts.turns import TRADERS, Turn
from market.events import outbox
from market.events.models import Opening
from market.kernel import clock
from market.kernel.errors import IllegalStep
from market.participants.members import Member
from market.verbs import verb

KIND: Final = "turn.reminded"
PAUSE: Final = timedelta(days=1)


@verb("turn.reminded")
def remind(negotiation_id: UUID, *, by: Member) -> Turn:
    """Ask the other side once more for what it was asked already; at most once a day for each step.

    Raises IllegalStep where the other side has nothing to do, RemindedAlready, NotFound, Held, NotAllowed.
    """
    by.require_trading(*TRADERS)
    negotiation = negotiations.locked(negotiation_id, by, None)
    turn = turns.of(negotiation)
    if turn is None or turn.side == negotiations.side_of(negotiation, by):
        raise IllegalStep(_t("The other side has nothing to do now."))
    told = Opening.objects.filter(
        thread=negotiation.thread, event__kind=KIND, event__at__gt=clock.now() - PAUSE
    ).values_list("fields", flat=True)
    if any(fields["ask"]["value"] == str(turn.ask) for fields in told):
        raise RemindedAlready
    outbox.record(
        KIND,
        subject=negotiation.urn,
        actor=by.urn,
        thread=negotiation.thread_urn,
        parties=[negotiation.supplier_id, negotiation.buyer_id],
        ask=str(turn.ask),
    )
    return turn
