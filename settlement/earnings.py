"""Earnings in their reserve period: freed one by one when their day has come; what is on hold waits."""

import logging

from market.holds import Held
from market.kernel import clock, ids
from market.participants.members import system
from settlement import escrow
from settlement.models import Release

logger = logging.getLogger(__name__)


def free_due() -> int:
    """Free the reserved shares that are due, each in its own transaction; returns how many became available.

    A held one is tried again with the next sweep.
    """
    due = Release.objects.filter(freed_at__isnull=True, free_at__lte=clock.now()).order_by("free_at")
    freed = 0
    for reference in list(due.values_list("obligation__reference", flat=True)):
        try:
            escrow.free(ids.urn(reference), by=system("reserve"))
            freed += 1
        except Held:
            logger.info("earnings of %s are still stopped by a hold", reference)
    return freed
