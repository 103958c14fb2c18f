"""Jobs of this room; each can be driven again from the database alone."""

from celery import shared_task

from contracts import deadlines


@shared_task(name="contracts.tasks.watch_deadlines")
def watch_deadlines() -> dict[str, int]:
    """Take the steps that are due by time."""
    return deadlines.watch()
