"""What left and what arrived: bytes and ranges for each use, and for each grant and day of the market's calendar."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from delivery.models import Grant, Use
from delivery.states import UseState
from market.events import outbox
from market.kernel import clock, ids, prepared, rows
from market.participants.members import system

_COUNT_USE: Final = """
INSERT INTO delivery_meter (grant_id, "on", uses, ranges, bytes_sent) VALUES (%s, %s, 1, 0, 0)
ON CONFLICT (grant_id, "on") DO UPDATE SET uses = delivery_meter.uses + 1"""
# One statement, so that use and day never part. A file of no bytes is complete with its first range.
_ADD: Final = """
WITH before AS (
    SELECT u.id, u.is_complete, g.file_bytes FROM delivery_use AS u JOIN delivery_grant AS g ON g.id = u.grant_id
    WHERE u.id = %(use)s FOR NO KEY UPDATE OF u
), use AS (
    UPDATE delivery_use AS u
    SET bytes_sent = u.bytes_sent + %(bytes)s, ranges = u.ranges + %(ranges)s, last_range_at = %(at)s,
        covered = u.covered + int8multirange(int8range(%(start)s, %(end)s)),
        is_complete = int8range(0, b.file_bytes) <@ (u.covered + int8multirange(int8range(%(start)s, %(end)s)))
    FROM before AS b WHERE u.id = b.id
    RETURNING u.grant_id, u.state, u.bytes_sent, u.is_complete AND NOT b.is_complete AS is_newly_complete
), day AS (
    INSERT INTO delivery_meter (grant_id, "on", uses, ranges, bytes_sent)
    SELECT grant_id, %(on)s::date, 0, %(ranges)s, %(bytes)s FROM use
    ON CONFLICT (grant_id, "on") DO UPDATE
    SET ranges = delivery_meter.ranges + excluded.ranges, bytes_sent = delivery_meter.bytes_sent + excluded.bytes_sent
)
SELECT state, bytes_sent, is_newly_complete FROM use"""


def count_use(grant: Grant, *, at: datetime) -> None:
    """Count one use on its day; inside the verb that opens it."""
    prepared.run(_COUNT_USE, [grant.id, _day(at)])


def add(use_id: UUID, *, sent_bytes: int, arrived: tuple[int, int], has_ended: bool) -> None:
    """Add what left and what arrived; has_ended counts a range.

    sent_bytes: what our kernel took. arrived: start and end (exclusive) in the file of what the other machine
    acknowledged. No event for each: opening and closing tell. Told here: the moment when the whole file has
    arrived, and what a range still sent while its use was being closed.
    """
    at = clock.now()
    with transaction.atomic():
        cursor = prepared.run(
            _ADD,
            {
                "use": use_id,
                "bytes": sent_bytes,
                "start": arrived[0],
                "end": arrived[1],
                "ranges": int(has_ended),
                "at": at,
                "on": _day(at),
            },
        )
        state, total, is_newly_complete = cursor.fetchone() or ("", 0, False)
        if is_newly_complete:
            _tell(use_id, "use.completed", lambda use: {"number": use.number, "bytes": total, "complete": True})
        if state == UseState.CLOSED and sent_bytes > 0:
            _tell(use_id, "use.overran", lambda use: {"bytes": sent_bytes, "total_bytes": total})


def _tell(use_id: UUID, kind: str, fields: Callable[[Use], dict[str, Any]]) -> None:
    use = rows.get(Use, "grant", id=use_id)
    if use is None:
        raise RuntimeError(f"use {use_id} was metered and is not there")
    outbox.record(
        kind,
        subject=use.urn,
        actor=system("delivery").urn,
        thread=ids.urn(use.grant.thread),
        parties=[use.grant.supplier_id, use.grant.buyer_id],
        grant=use.grant.urn,
        reference=ids.urn(use.grant.reference),
        **fields(use),
    )


def _day(at: datetime) -> str:
    return at.astimezone(ZoneInfo(settings.MARKET_TIME_ZONE)).date().isoformat()
