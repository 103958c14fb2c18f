"""Tells upper rooms of events: at least once, each in its own time, with no transaction open while it speaks."""

import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils.module_loading import import_string

from market.events.models import Dispatch
from market.holds import Held
from market.kernel import clock
from market.kernel.errors import Unavailable

logger = logging.getLogger(__name__)
BATCH: Final = 100
LEASE: Final = timedelta(minutes=2)  # a row whose teller is gone comes back after that long, or with `take_over`
RETRY_MAX: Final = timedelta(minutes=10)
BROKER_WAIT: Final = timedelta(seconds=5)
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


# One statement and one commit: rows that were heard go, rows that are due are leased. What was heard is not due: its
# lease still runs.
_CLAIM: Final = """
WITH heard AS (
    DELETE FROM market_dispatch WHERE id = ANY(%(heard)s::uuid[])
), due AS (
    SELECT id, due_at FROM market_dispatch WHERE due_at <= %(now)s
    ORDER BY due_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE market_dispatch AS row SET due_at = %(until)s FROM due WHERE row.id = due.id
RETURNING due.due_at, row.id, row.event_id, row.kind, row.subscriber, row.payload, row.attempts
"""


def claim(limit: int = BATCH, *, heard: Sequence[UUID] = ()) -> list[Dispatch]:
    """Take rows that are due and lease them, so that a second dispatcher passes them over; longest due first.

    heard: rows of the claim before that can go.
    """
    now = clock.now()
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"heard": list(heard), "now": now, "until": now + LEASE, "limit": limit})
        found = sorted(cursor.fetchall(), key=lambda row: row[0])
    return [
        Dispatch(id=id_, event_id=event, kind=kind, subscriber=name, payload=json.loads(payload), attempts=attempts)
        for _, id_, event, kind, name, payload, attempts in found
    ]


def take_over() -> None:
    """Everything is due now: what a dispatcher that is gone had leased or put off. Only its successor says so."""
    Dispatch.objects.filter(due_at__gt=clock.now()).update(due_at=clock.now())


def tell(row: Dispatch, send_job: Job) -> Exception | None:
    """Tell one subscriber; a row that was not heard waits longer each time. Answers what went wrong."""
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
        _put_back(row, error)
        return error
    return None


def _put_back(row: Dispatch, error: Exception) -> None:
    """Wait twice as long as the last time, up to ten minutes; for a broker that is away, only a moment."""
    if isinstance(error, Unavailable):
        wait, note = BROKER_WAIT, str(error)
        logger.warning("%s waits for the broker: %s", row.kind, error)
    elif isinstance(error, Held):
        wait, note = _back_off(row.attempts), HELD  # brought back by hear_lifting
    else:
        wait, note = _back_off(row.attempts), f"{type(error).__name__}: {error}"
        logger.error("%s was not heard by %s", row.kind, row.subscriber, exc_info=error)
    Dispatch.objects.filter(id=row.id).update(
        attempts=row.attempts + 1, due_at=clock.now() + wait, last_error=note[:500]
    )


def _back_off(attempts: int) -> timedelta:
    return min(timedelta(seconds=2 ** min(attempts, 10)), RETRY_MAX)


def run_once(send_job: Job, is_running: Callable[[], bool] = lambda: True) -> int:
    """Tell everything that is due, news of news included, for at most a minute; returns how many rows were told or
    put back. A stop is heeded between two rows.

    Rows are left to their lease when half of it is over: nothing is told by two while both believe to hold it. Once
    the broker did not answer, a batch's other jobs are put back unasked, so that it delays nobody else's news.
    Heard rows go with the next claim, at the latest at the end: who is killed before that tells them a second time.
    """
    until, handled = time.monotonic() + LEASE.total_seconds() / 2, 0
    heard: list[UUID] = []
    try:
        while is_running() and time.monotonic() < until:
            rows = claim(heard=heard)
            heard.clear()
            if not rows:
                break
            silence: Exception | None = None
            for row in rows:
                if not is_running() or time.monotonic() > until:
                    break
                if silence is not None and row.subscriber.startswith("job:"):
                    _put_back(row, silence)
                elif (error := tell(row, send_job)) is None:
                    heard.append(row.id)
                elif isinstance(error, Unavailable):
                    silence = silence or error
                handled += 1
    finally:
        _forget(heard)
    return handled


def _forget(heard: Sequence[UUID]) -> None:
    if heard:
        Dispatch.objects.filter(id__in=heard).delete()


def hear_lifting(news: News) -> None:
    """A hold was lifted: what it had stopped is tried again now."""
    with transaction.atomic():
        Dispatch.objects.filter(last_error=HELD).update(due_at=clock.now())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('market_dispatch', '')")
