"""The only door by which an event enters: in the caller's transaction, as the verb's last act."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db import connection

from market import subscriptions
from market.events import kinds
from market.kernel import canonical_json, clock, ids, prepared

LEAF_VERSION: Final = 1
LEAF_BYTES_MAX: Final = 65_535
CHANNEL: Final = "market_dispatch"

_INSERT = """
WITH event AS (
    INSERT INTO market_event (id, kind, at, body) VALUES (%(id)s, %(kind)s, %(at)s, %(body)s)
), opening AS (
    INSERT INTO market_opening (event_id, subject, thread, actor, parties, fields)
    VALUES (%(id)s, %(subject)s, %(thread)s, %(actor)s, %(parties)s, %(fields)s)
)"""
_NEWS = """, news AS (
    INSERT INTO market_dispatch (id, event_id, kind, subscriber, payload, attempts, due_at, last_error)
    SELECT gen_random_uuid(), %(id)s, %(kind)s, subscriber, %(payload)s::jsonb, 0, %(at)s, ''
    FROM unnest(%(subscribers)s::text[]) AS subscriber
)"""


@dataclass(slots=True)
class Told:
    """What one verb has recorded so far."""

    kinds: list[str] = field(default_factory=list)
    is_unchanged: bool = False
    # Of the outermost verb: subjects whose holds were asked, and how many savepoints were open when it began.
    asked: set[UUID] = field(default_factory=set)
    savepoints: int = 0


_told: ContextVar[Told | None] = ContextVar("told", default=None)


@contextmanager
def watch() -> Iterator[Told]:
    """Collect what is recorded inside; the outer verb sees the inner verbs' events too."""
    outer, inner = _told.get(), Told()
    if outer is None:
        inner.savepoints = _open_savepoints()
    else:
        inner.asked, inner.savepoints = outer.asked, outer.savepoints
    token = _told.set(inner)
    try:
        yield inner
    finally:
        _told.reset(token)
        if outer is not None:
            outer.kinds.extend(inner.kinds)


def is_watched() -> bool:
    """Whether a verb is running already."""
    return _told.get() is not None


def asked() -> set[UUID]:
    """Subjects on which this verb's transaction has asked for holds already; add to it what was asked.

    Their locks last until the transaction ends, unless a savepoint under which they were taken is rolled back:
    under a savepoint, and outside verbs, the answer is an empty set that is thrown away.
    """
    told = _told.get()
    return set() if told is None or _open_savepoints() != told.savepoints else told.asked


def _open_savepoints() -> int:
    # Django notes None for each inner block that has none.
    return sum(name is not None for name in connection.savepoint_ids)


def unchanged() -> None:
    """Say that this call was a replay: the answer is the stored one and nothing was changed."""
    told = _told.get()
    if told is not None:
        told.is_unchanged = True


def commitment(name: str, salt: bytes, value: bytes) -> str:
    """Bind a value without showing it: SHA-256 over field name, 32-byte salt and canonical value, in hex."""
    return hashlib.sha256(b"dm-commit/v1\x00" + name.encode() + b"\x00" + salt + value).hexdigest()


def record(
    kind: str,
    /,
    *,
    subject: str,
    actor: str,
    thread: str | None = None,
    parties: Iterable[UUID] = (),
    **fields: Any,
) -> UUID:
    """Write one event in the caller's transaction and its news for the subscribers; returns the event's id.

    subject, thread: urn:uuid names. parties: organisations that may see the openings. fields: exactly the kind's.
    Raises RuntimeError outside a transaction, UnknownKind, WrongFields, and LeafTooLarge beyond 65,535 bytes.
    Source: ledgers.md B3 (record and commitments), RFC 8785 (bytes).
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"{kind} was recorded outside a transaction")
    declared = kinds.get(kind)
    declared.check(fields)
    committed = {name: value for name, value in fields.items() if name not in declared.public}
    committed |= {"subject": subject, "actor": actor}
    if thread is not None:
        committed["thread"] = thread
    salts = os.urandom(32 * len(committed))
    opened: dict[str, dict[str, Any]] = {}
    commitments: dict[str, str] = {}
    for number, (name, value) in enumerate(committed.items()):
        salt = salts[32 * number : 32 * number + 32]
        opened[name] = {"salt": salt.hex(), "value": value}
        commitments[name] = commitment(name, salt, canonical_json.dumps(value))
    event_id, at = ids.new_id(), clock.now()
    body = canonical_json.dumps(
        {
            "v": LEAF_VERSION,
            "kind": kind,
            "schema": declared.schema,
            "at": clock.text(at),
            "public": {name: fields[name] for name in declared.public},
            "commitments": commitments,
        }
    )
    if len(body) > LEAF_BYTES_MAX:
        raise LeafTooLarge(f"{kind}: {len(body)} bytes; put large facts in by their hash")
    subscribers = subscriptions.of(kind)
    parameters: dict[str, Any] = {
        "id": event_id,
        "kind": kind,
        "at": at,
        "body": body,
        "subject": ids.from_urn(subject),
        "thread": ids.from_urn(thread) if thread else None,
        "actor": actor,
        "parties": sorted(set(parties)),
        "fields": json.dumps(opened),
    }
    statement = _INSERT + " SELECT 1"
    if subscribers:
        news = {
            "event_id": str(event_id),
            "subject": subject,
            "actor": actor,
            "thread": thread,
            "fields": fields,
        }
        parameters |= {"subscribers": subscribers, "payload": json.dumps(news), "channel": CHANNEL}
        statement = _INSERT + _NEWS + " SELECT pg_notify(%(channel)s, '')"
    prepared.run(statement, parameters)
    told = _told.get()
    if told is not None:
        told.kinds.append(kind)
    return event_id


class LeafTooLarge(RuntimeError):
    """An event that would not fit into an entry bundle."""
