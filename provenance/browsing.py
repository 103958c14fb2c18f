"""The explorer's lists: by time, kind, subject; each page goes on from the last entry shown, however large the log.

Time has no index of its own, for each index costs every trade: the one on kind and time answers kind by kind.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Q

from market.events.kinds import KINDS
from market.participants.members import Actor
from provenance import queries
from provenance.models import Leaf
from provenance.queries import EntryRow

LIMIT: Final = 100
# Entries of one kind lie together by time, so of each kind only as many are read as the page has.
NEWEST: Final = """
SELECT found.id FROM unnest(%(kinds)s::text[]) AS told(kind) CROSS JOIN LATERAL (
    SELECT e.id, e.at FROM market_event e
    WHERE e.kind = told.kind AND e.at >= %(since)s AND e.at < %(until)s
      AND e.at <= %(last_at)s AND (e.at, e.id) < (%(last_at)s, %(last_id)s)
      AND EXISTS (SELECT FROM provenance_leaf l WHERE l.event_id = e.id)
    ORDER BY e.at DESC, e.id DESC LIMIT %(limit)s
) AS found ORDER BY found.at DESC, found.id DESC LIMIT %(limit)s
"""
_FOREVER: Final = (datetime.fromisoformat("0001-01-02T00:00:00+00:00"), datetime.fromisoformat("9999-01-01T00:00:00Z"))
_LAST_ID: Final = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list shows: of these kinds (none: all), from a moment on, before another."""

    kinds: Collection[str] = ()
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_none(self) -> bool:
        """Whether it lets everything through."""
        return not self.kinds and self.since is None and self.until is None


def entries(chosen: Filter, *, before: int | None = None, limit: int = 20) -> list[EntryRow]:
    """Entries that a filter lets through, newest first, going on from the entry at index `before`; at most 100.

    Without a filter the order is the log's; with one it is that of time, which the log's follows but for moments.
    """
    if chosen.is_none:
        return queries.latest(limit, before=before)
    with connection.cursor() as cursor:
        cursor.execute(NEWEST, parameters(chosen, before=before, limit=limit))
        found = [row[0] for row in cursor.fetchall()]
    place = {event_id: position for position, event_id in enumerate(found)}
    return sorted(queries.of_events(found), key=lambda row: place[row.event_id])


def parameters(chosen: Filter, *, before: int | None, limit: int) -> dict[str, Any]:
    """What NEWEST takes."""
    last = None
    if before is not None:
        last = Leaf.objects.filter(index=before).values_list("event__at", "event_id").first()
    last_at, last_id = last or (_FOREVER[1], _LAST_ID)
    return {
        "kinds": sorted(set(chosen.kinds) & KINDS.keys()) if chosen.kinds else sorted(KINDS),
        "since": chosen.since or _FOREVER[0],
        "until": chosen.until or _FOREVER[1],
        "last_at": last_at,
        "last_id": last_id,
        "limit": max(1, min(limit, LIMIT)),
    }


def about(
    subject: UUID, reader: Actor | None, chosen: Filter, *, before: int | None = None, limit: int = 20
) -> list[EntryRow]:
    """Entries about a subject or in its thread that the reader may open, newest first; none for everybody else."""
    visible = queries.own(reader)
    if visible is None:
        return []
    found = queries.about([subject]).filter(visible)
    if chosen.kinds:
        found = found.filter(event__kind__in=chosen.kinds)
    if chosen.since is not None:
        found = found.filter(event__at__gte=chosen.since)
    if chosen.until is not None:
        found = found.filter(event__at__lt=chosen.until)
    going_on = Q(event__leaf__isnull=False) if before is None else Q(event__leaf__index__lt=before)
    ordered = found.filter(going_on).order_by("-event__leaf__index").values_list("event_id", flat=True)
    return list(reversed(queries.of_events(list(ordered[: max(1, min(limit, LIMIT))]))))
