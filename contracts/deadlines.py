"""The steps that time alone takes: silence accepts, unpaid periods expire, old negotiations lapse."""

import logging
from collections.abc import Callable
from uuid import UUID

from django.utils.translation import gettext as _t

from contracts import negotiations, standstills, trade
from contracts.models import Negotiation, Period
from contracts.states import NegotiationState, PeriodState
from market import holds
from market.kernel import clock
from market.kernel.errors import Conflict
from market.participants.members import Actor, system
from market.verbs import verb

logger = logging.getLogger(__name__)
BATCH = 500
OPEN = (NegotiationState.REQUESTED, NegotiationState.OFFERED, NegotiationState.ACCEPTED, NegotiationState.AGREED)


def watch() -> dict[str, int]:
    """Take every step that is due; returns how many of each.

    Safe to run twice and beside itself. What a hold stops is tried again at the next watch, and so is what has time
    left because a hold took some of it: the rows are found by the deadline that the contract sets.
    """
    by = system("deadlines")
    now = clock.now()
    obtainable = (PeriodState.FUNDED, PeriodState.DELIVERING)
    silent = Period.objects.filter(state__in=obtainable, acceptance_due_at__lte=now)
    unpaid = Period.objects.filter(state=PeriodState.DUE, due_at__lte=now)
    lapsed = Negotiation.objects.filter(state__in=OPEN, expires_at__lte=now)
    return {
        "accepted": _each(
            list(silent.exclude(disputes__state="open").values_list("id", flat=True)[:BATCH]),
            lambda each: trade.accept_by_silence(each, by=by),
        ),
        "expired": _each(list(unpaid.values_list("id", flat=True)[:BATCH]), lambda each: trade.expire(each, by=by)),
        "lapsed": _each(list(lapsed.values_list("id", flat=True)[:BATCH]), lambda each: lapse(each, by=by)),
    }


def _each(identifiers: list[UUID], step: Callable[[UUID], object]) -> int:
    done = 0
    for identifier in identifiers:
        try:
            step(identifier)
        except (holds.Held, Conflict) as refusal:
            logger.info("not yet: %s: %s", identifier, refusal)
            continue
        done += 1
    return done


@verb("negotiation.terminated", durable=True)
def lapse(negotiation_id: UUID, *, by: Actor) -> Negotiation:
    """End a negotiation whose time is over. Raises Conflict while there is time left, Held."""
    negotiation = (
        Negotiation.objects.select_for_update(of=("self",), no_key=True)
        .select_related("offer__version")
        .get(id=negotiation_id)
    )
    holds.check(*standstills.subjects_of_negotiation(negotiation))
    if standstills.expires_at(negotiation) > clock.now():
        raise Conflict(_t("There is time left."))
    negotiations.end(negotiation, _t("no agreement within the time for negotiation"), by)
    return negotiation
