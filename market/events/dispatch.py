"""Tells upper rooms of events: at least once, each in its own time, with no transaction open while it speaks."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils.module_loading import import_string

from market.events.models import Dispatch
from market.holds import Held
from market.kernel import clock

logger = logging.getLogger(__name__)
BATCH: Final = 100
LEASE: Final = timedelta(minutes=2)  # a row whose teller died comes back after that long
RETRY_MAX: Final = timedelta(minutes=10)
HELD: Final = "held"

Job = Callable[[str, dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class News:
    """What a subscriber hears: the event's clear values; it must bear to hear them twice."""

    event_id: UUID
    kind: str
    subject: str
    actor: str
    thread: str | None
    fields: dict[str, Any]


def claim(limit: int = BATCH) -> list[Dispatch]:
    """Take rows that are due and lease them, so that a second dispatcher passes them over."""
    now = clock.now()
    with transaction.atomic(durable=True):
        rows = list(
            Dispatch.objects.select_for_update(skip_locked=True, no_key=True)
            .filter(due_at__lte=now)
            .order_by("due_at")[:limit]
        )
        Dispatch.objects.filter(id__in=[row.id for row in rows]).update(due_at=now + LEASE)
    return rows


def tell(row: Dispatch, send_job: Job) -> None:
    """Tell one subscriber; the row goes when it has heard, else waits longer each time."""
    payload = row.payload
    try:
        if row.subscriber.startswith("job:"):
            send_job(row.subscriber.removeprefix("job:"), payload)
        else:
            import_string(row.subscriber)(
                News(
                    event_id=row.event_id,
                    kind=row.kind,
                    subject=payload["subject"],
                    actor=payload["actor"],
                    thread=payload["thread"],
                    fields=payload["fields"],
                )
            )
    except Exception as error:  # whatever it is, the row must come back later
        is_held = isinstance(error, Held)
        wait = min(timedelta(seconds=2 ** min(row.attempts, 9)), RETRY_MAX)
        Dispatch.objects.filter(id=row.id).update(
            attempts=row.attempts + 1,
            due_at=clock.now() + wait,
            last_error=HELD if is_held else f"{type(error).__name__}: {error}"[:500],
        )
        if not is_held:
            logger.exception("%s was not heard by %s", row.kind, row.subscriber)
        return
    Dispatch.objects.filter(id=row.id).delete()


def run_once(send_job: Job) -> int:
    """Tell everything that is due; returns how many rows were told or put back."""
    told = 0
    while rows := claim():
        for row in rows:
            tell(row, send_job)
        told += len(rows)
    return told


def hear_lifting(news: News) -> None:
    """A hold was lifted: what it had stopped is tried again now."""
    with transaction.atomic():
        Dispatch.objects.filter(last_error=HELD).update(due_at=clock.now())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('market_dispatch', '')")
