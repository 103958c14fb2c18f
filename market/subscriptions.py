"""Who is told of what: the one table by which news goes up. Upper rooms are named here by string.

`job:` names a Celery task that gets the event's payload; the others are called by the dispatcher itself.
"""

from typing import Final

SUBSCRIPTIONS: Final[dict[str, tuple[str, ...]]] = {
    "grant.opened": ("listings.sales.hear",),
    "resource.received": ("job:listings.tasks.take_in",),
    "resource.reopened": ("job:listings.tasks.take_in",),
    "version.submitted": ("listings.inbox.hear",),
    "version.returned": ("listings.inbox.hear",),
    "version.rejected": ("listings.inbox.hear",),
    "version.withdrawn": ("listings.inbox.hear",),
    "version.publicised": ("listings.inbox.hear",),
    "listing.published": ("listings.inbox.hear",),
    "negotiation.requested": ("contracts.inbox.hear",),
    "negotiation.offered": ("contracts.inbox.hear",),
    "negotiation.accepted": ("contracts.inbox.hear",),
    "negotiation.agreed": ("contracts.inbox.hear",),
    "negotiation.terminated": ("contracts.inbox.hear",),
    "agreement.finalized": ("contracts.inbox.hear",),
    "turn.reminded": ("contracts.inbox.hear_reminder",),
    "period.funded": ("contracts.inbox.hear",),
    "period.delivered": ("contracts.inbox.hear",),
    "dispute.opened": ("contracts.inbox.hear",),
    "dispute.withdrawn": ("contracts.inbox.hear",),
    "dispute.conceded": ("contracts.inbox.hear",),
    "trade.closed": ("contracts.inbox.hear", "contracts.certificates.hear", "listings.sales.hear"),
    "trade.ended": ("contracts.inbox.hear",),
    "escrow.released": ("contracts.inbox.hear_earnings",),
    "earnings.freed": ("contracts.inbox.hear_earnings",),
    "escrow.refunded": ("contracts.inbox.hear_earnings",),
    "payment.received": ("contracts.trade.hear_payment",),
    "use.completed": ("contracts.trade.hear_delivery",),
    "use.closed": ("contracts.trade.hear_delivery",),
    "hold.lifted": (
        "market.events.dispatch.hear_lifting",
        "settlement.payments.hear_lifting",
        "contracts.inbox.hear_hold",
        "supervision.inbox.hear",
    ),
    "statement.imported": ("settlement.inbox.hear_statement",),
    "suspense.assigned": ("settlement.inbox.hear_line",),
    "receipt.returned": ("settlement.inbox.hear_line",),
    "receipt.judged": ("settlement.inbox.hear_line",),
    "payout.requested": ("contracts.inbox.hear_earnings", "settlement.inbox.hear_payout"),
    "payout.approved": ("settlement.inbox.hear_payout",),
    "payout.cancelled": ("contracts.inbox.hear_earnings", "settlement.inbox.hear_payout"),
    "payout.confirmed": ("settlement.inbox.hear_payout",),
    "payout.failed": ("contracts.inbox.hear_earnings", "settlement.inbox.hear_payout"),
    "payout.returned": ("settlement.inbox.hear_payout",),
    "payout.instructed": ("settlement.inbox.hear_file",),
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
