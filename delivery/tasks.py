"""Jobs of this room, all of which the database alone can drive again."""

from celery import shared_task

from delivery import queries, uses
from market.participants.members import system


@shared_task
def close_expired() -> int:
    """Close the uses whose minutes are over and that send nothing any more; returns how many."""
    expired = queries.expired_uses()
    for use_id in expired:
        uses.close(use_id, by=system("uses"))
    return len(expired)
