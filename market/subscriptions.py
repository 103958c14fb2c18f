"""Who is told of what: the one table by which news goes up. Upper rooms are named here by string.

`job:` names a Celery task that gets the event's payload; the others are called by the dispatcher itself.
"""

from typing import Final

SUBSCRIPTIONS: Final[dict[str, tuple[str, ...]]] = {
    "resource.received": ("job:listings.tasks.take_in",),
    "payment.received": ("contracts.trade.hear_payment",),
    "use.completed": ("contracts.trade.hear_delivery",),
    "use.closed": ("contracts.trade.hear_delivery",),
    "hold.lifted": (
        "market.events.dispatch.hear_lifting",
        "settlement.payments.hear_lifting",
        "supervision.inbox.hear",
    ),
    "hold.placed": ("supervision.inbox.hear",),
    "order.proposed": ("supervision.inbox.hear",),
    "order.withdrawn": ("supervision.inbox.hear",),
    "order.confirmed": ("supervision.inbox.hear",),
    "admission.submitted": ("market.participants.inbox.hear",),
    "admission.returned": ("market.participants.inbox.hear",),
    "admission.rejected": ("market.participants.inbox.hear",),
    "organisation.admitted": ("market.participants.inbox.hear",),
}


def of(kind: str) -> list[str]:
    """The subscribers of a kind of event, in order; most kinds have none."""
    return list(SUBSCRIPTIONS.get(kind, ()))
