"""The operator's live view: what waits, what stands still, and what has just happened."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection

from contracts import oversight
from market.events.kinds import KINDS
from market.events.models import Event
from market.kernel import canonical_json, clock, ids
from market.kernel.errors import Invalid
from market.participants.members import AUTHORITY_ROLES, OPERATOR_ROLES, Member

DAY: Final = timedelta(hours=24)
LIMIT: Final = 100
# The families of events whose thread is a trade.
_OF_TRADES: Final = (
    "negotiation.", "agreement.", "obligation.", "payment.", "period.", "grant.", "use.", "dispute.", "escrow.",
    "trade.", "certificate.",
)  # fmt: skip
_COLUMNS: Final = ("id", "kind", "at", "body", "opening__subject", "opening__thread", "opening__fields")
# What the operator sees of an event besides kind, time and names: never prices, terms or contents (§2.15).
SHOWN: Final = frozenset({"number", "scope", "hold", "case", "state", "n", "does", "complete", "by_silence"})


@dataclass(frozen=True, slots=True)
class Overview:
    """Counters with the moment they were taken."""

    at: datetime
    events_24h: dict[str, int]  # by kind
    admissions_waiting: int
    admissions_overdue: int
    holds_active: dict[str, int]  # by scope
    orders_open: int
    news_waiting: int
    news_oldest_s: float
    letters_waiting: int
    letters_given_up: int


@dataclass(frozen=True, slots=True)
class Happening:
    """One event as the operator may see it."""

    id: UUID
    kind: str
    at: datetime
    subject: str | None  # None once the opening was erased
    thread: str | None
    values: dict[str, Any]


# One question for all counters: the live view asks again every few seconds.
_COUNTERS: Final = """
SELECT
    (SELECT coalesce(json_object_agg(kind, n), '{}')::text FROM (
        SELECT kind, count(*) AS n FROM market_event WHERE kind = ANY(%(kinds)s) AND at >= %(day_ago)s
        GROUP BY kind) AS told),
    (SELECT count(*) FROM market_admission WHERE state = 'submitted'),
    (SELECT count(*) FROM market_admission WHERE state = 'submitted' AND review_due_at < %(now)s),
    (SELECT coalesce(json_object_agg(scope, n), '{}')::text FROM (
        SELECT scope, count(*) AS n FROM market_hold WHERE lifted_at IS NULL GROUP BY scope) AS held),
    (SELECT count(*) FROM supervision_order WHERE state = 'proposed'),
    (SELECT count(*) FROM market_dispatch),
    (SELECT min(due_at) FROM market_dispatch WHERE due_at < %(now)s),
    (SELECT count(*) FROM market_mail WHERE sent_at IS NULL AND given_up_at IS NULL),
    (SELECT count(*) FROM market_mail WHERE sent_at IS NULL AND given_up_at IS NOT NULL)
"""


def overview(by: Member) -> Overview:
    """The counters of the live view. Raises NotAllowed for anybody but seats of the operator and authorities."""
    by.require(*OPERATOR_ROLES, *AUTHORITY_ROLES)
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_COUNTERS, {"kinds": list(KINDS), "day_ago": now - DAY, "now": now})
        told, waiting, overdue, held, proposed, news, oldest, letters, given_up = cursor.fetchone()
    return Overview(
        at=now,
        events_24h=dict(sorted(json.loads(told).items())),
        admissions_waiting=waiting,
        admissions_overdue=overdue,
        holds_active=dict(sorted(json.loads(held).items())),
        orders_open=proposed,
        news_waiting=news,
        news_oldest_s=round((now - oldest).total_seconds(), 1) if oldest else 0.0,
        letters_waiting=letters,
        letters_given_up=given_up,
    )


def latest(by: Member, *, kinds: Collection[str] = (), limit: int = 50) -> list[Happening]:
    """The latest events, newest first, of some kinds or of all; at most 100.

    For the operator: kind, time, names and numbers, never what parties agreed. Raises NotAllowed, Invalid.
    """
    by.require(*OPERATOR_ROLES)
    foreign = set(kinds) - set(KINDS)
    if foreign:
        raise Invalid.field("kinds", ", ".join(sorted(foreign)), ", ".join(sorted(KINDS)))
    count = max(1, min(limit, LIMIT))
    if not kinds:
        return _happenings(Event.objects.order_by("-seq").values_list(*_COLUMNS)[:count])
    first, *others = [
        Event.objects.filter(kind=kind).order_by("-at").values_list(*_COLUMNS)[:count] for kind in sorted(kinds)
    ]
    return _happenings(first.union(*others, all=True).order_by("-at")[:count] if others else first)


def latest_of_trades(by: Member, *, limit: int = 10) -> list[Happening]:
    """The latest events of trades that a seat may see, newest first: kind, time and number. Raises NotAllowed."""
    by.require(*oversight.READERS)
    found = Event.objects.filter(kind__in=[kind for kind in KINDS if kind.startswith(_OF_TRADES)])
    if by.district or by.sector:
        found = found.filter(opening__thread__in=oversight.recent(by))
    return _happenings(found.order_by("-seq").values_list(*_COLUMNS)[:limit])


def _happenings(rows: Iterable[tuple[Any, ...]]) -> list[Happening]:
    return [
        Happening(
            id=event_id,
            kind=kind,
            at=at,
            subject=ids.urn(subject) if subject else None,
            thread=ids.urn(thread) if thread else None,
            values=canonical_json.loads(bytes(body))["public"]
            | {name: each["value"] for name, each in (fields or {}).items() if name in SHOWN},
        )
        for event_id, kind, at, body, subject, thread, fields in rows
    ]
