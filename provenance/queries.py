"""What can be asked of the log: places of events for anybody, what stands behind them only for who may see it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from market.events.models import Event, Opening
from market.kernel import canonical_json, clock
from market.participants.members import Actor
from provenance import checkpoints, policies
from provenance.errors import LogHalted, NoCheckpoint
from provenance.models import Checkpoint, Leaf
from provenance.notes import NoteInvalid, SignedNote

PENDING_COUNTED: Final = 10_000
CHECKPOINTS_COMPARED: Final = 100
# Only events at or above the horizon can lack a place, so the index on xid makes this cheap in a log of any size.
_WAITING: Final = """
SELECT count(*), min(at), (SELECT size FROM provenance_logstate) FROM (
    SELECT e.at FROM market_event e
    WHERE e.xid >= (SELECT xmin_done::text::xid8 FROM provenance_logstate)
      AND NOT EXISTS (SELECT FROM provenance_leaf l WHERE l.event_id = e.id OFFSET 0)
    ORDER BY e.xid LIMIT %s
) AS waiting
"""


@dataclass(frozen=True, slots=True)
class EntryRow:
    """What the public sees of one entry; `index` is None while it waits for its place (尚未入账)."""

    event_id: UUID
    kind: str
    at: datetime
    index: int | None
    leaf_hash: str  # hex, empty while it waits
    is_signed: bool  # under the published checkpoint


@dataclass(frozen=True, slots=True)
class StoryRow:
    """One entry with what its reader may know of it."""

    entry: EntryRow
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Health:
    """How the log is doing."""

    size: int  # leaves stored
    signed_size: int  # leaves under the published checkpoint
    signed_at: datetime | None
    pending: int  # events without a place, counted up to PENDING_COUNTED
    oldest_pending_s: float


@dataclass(frozen=True, slots=True)
class Signing:
    """What is to be known of the published checkpoint's signatures and of the clock that dates them."""

    witnesses: int  # that are asked to cosign
    cosigned_by: tuple[str, ...]  # those of them that have
    has_quorum: bool
    clock_back_s: float  # the furthest that the clock went back between the last checkpoints


@dataclass(frozen=True, slots=True)
class Head:
    """The newest published checkpoint: number of entries, root in hex, when it was signed."""

    size: int
    root: str
    signed_at: datetime


def latest(limit: int = 20, *, before: int | None = None) -> list[EntryRow]:
    """Newest entries first, from below an index on; at most 100. Filters: provenance.browsing."""
    leaves = Leaf.objects.order_by("-index")
    if before is not None:
        leaves = leaves.filter(index__lt=before)
    return _rows(leaves[: min(limit, 100)])


def entry(index: int) -> EntryRow | None:
    """The entry at an index."""
    return next(iter(_rows(Leaf.objects.filter(index=index))), None)


def by_leaf_hash(leaf_hash: bytes) -> list[EntryRow]:
    """Entries with this leaf hash: one, or none."""
    return _rows(Leaf.objects.filter(leaf_hash=leaf_hash).order_by("index")[:10])


def by_event(event_id: UUID, *, reader: Actor | None) -> EntryRow | None:
    """The place of an event, also while it waits; None unless the reader may see what is behind it."""
    if not openings([event_id], reader).exists():
        return None
    return next(iter(of_events([event_id])), None)


def of_reader(subjects: Iterable[UUID], reader: Actor | None) -> list[EntryRow]:
    """The entries about these subjects or in these threads that the reader may open, in log order."""
    visible = own(reader)
    return [] if visible is None else of_events(about(subjects).filter(visible).values_list("event_id", flat=True))


def signed(limit: int = 20, *, before: int | None = None) -> list[Checkpoint]:
    """Checkpoints that were signed, the largest first, from below a size on; at most 100."""
    found = Checkpoint.objects.order_by("-size")
    return list((found if before is None else found.filter(size__lt=before))[: min(limit, 100)])


def of_events(event_ids: Iterable[UUID]) -> list[EntryRow]:
    """The places of events in log order; those that wait come last, in the order they were told."""
    signed_size = _signed_size()
    events = Event.objects.filter(id__in=list(event_ids)).select_related("leaf").order_by("leaf__index", "seq")
    return [_row(event, getattr(event, "leaf", None), signed_size) for event in events]


def about(subjects: Iterable[UUID]) -> QuerySet[Opening]:
    """What is behind the events about these subjects or in these threads, whether its reader may see it or not."""
    named = list(subjects)
    return Opening.objects.filter(Q(subject__in=named) | Q(thread__in=named))


def story(subjects: Iterable[UUID], reader: Actor | None, *, kinds: Collection[str] = ()) -> list[StoryRow]:
    """Every entry about these subjects or threads in log order, opened as far as the reader may see.

    kinds: only entries of these kinds; none named: of all.
    """
    found = about(subjects)
    found = found.filter(event__kind__in=kinds) if kinds else found
    signed_size = _signed_size()
    rows = []
    ordered = found.select_related("event__leaf").defer("event__body").order_by("event__leaf__index", "event__seq")
    for opening in ordered:
        event = opening.event
        shown = {name: each["value"] for name, each in opening.fields.items()} if may_open(opening, reader) else {}
        rows.append(StoryRow(_row(event, getattr(event, "leaf", None), signed_size), shown))
    return rows


def own(reader: Actor | None) -> Q | None:
    """Which openings a reader sees without any case: its organisation's and its own acts. None: no opening at all."""
    if reader is None:
        return None
    found = Q(actor=reader.urn)
    return found if reader.organisation_id is None else found | Q(parties__contains=[reader.organisation_id])


def openings(event_ids: Iterable[UUID], reader: Actor | None) -> QuerySet[Opening]:
    """The openings of these events that the reader may see; the others never leave the database."""
    visible = own(reader)
    found = Opening.objects.filter(event_id__in=list(event_ids))
    return found.none() if visible is None else found.filter(visible)


def may_open(opening: Opening, reader: Actor | None) -> bool:
    """Whether a reader is entitled to the values: a party's member, or the actor (regulation.md 2.15).

    The operator and the authorities have no entry here: they come through a recorded look with a case and a reason.
    """
    if reader is None:
        return False
    return reader.urn == opening.actor or reader.organisation_id in opening.parties


def waiting(subjects: Iterable[UUID]) -> int:
    """How many events about these subjects or threads are not under the published checkpoint yet."""
    ids = list(about(subjects).values_list("event_id", flat=True))
    signed = Leaf.objects.filter(event_id__in=ids, index__lt=_signed_size()).count()
    return len(ids) - signed


def public_fields(event_id: UUID) -> dict[str, Any]:
    """The fields of an event that stand in clear in its leaf."""
    body = canonical_json.loads(bytes(Event.objects.values_list("body", flat=True).get(id=event_id)))
    fields: dict[str, Any] = body["public"]
    return fields


def health() -> Health:
    """Size, age of the last checkpoint, and how much waits for its place."""
    newest = head()
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [PENDING_COUNTED])
        pending, oldest, size = cursor.fetchone()
    return Health(
        size=size,
        signed_size=newest.size if newest else 0,
        signed_at=newest.signed_at if newest else None,
        pending=pending,
        oldest_pending_s=(clock.now() - oldest).total_seconds() if oldest else 0.0,
    )


def _witnesses() -> dict[str, Any]:
    try:
        trusted = policies.witnesses()
        signed = trusted.cosigned_by(SignedNote.parse(checkpoints.latest().note))
    except (NoCheckpoint, LogHalted, NoteInvalid):
        return {"has_quorum": False}
    return {
        "witnesses": len(trusted.witnesses),
        "cosigned_by": tuple(signed),
        "has_quorum": trusted.is_enough(signed),
    }


def signing() -> Signing:
    """Who has cosigned the published checkpoint, and whether the clock went back lately."""
    times = list(Checkpoint.objects.order_by("-size").values_list("created_at", flat=True)[:CHECKPOINTS_COMPARED])
    jumps = [(earlier - later).total_seconds() for later, earlier in pairwise(times)]
    try:
        trusted = policies.witnesses()
        signed = trusted.cosigned_by(SignedNote.parse(checkpoints.latest().note))
        asked, has_quorum = len(trusted.witnesses), trusted.is_enough(signed)
    except (NoCheckpoint, LogHalted, NoteInvalid):
        asked, signed, has_quorum = 0, [], False
    return Signing(asked, tuple(signed), has_quorum, max([jump for jump in jumps if jump > 1], default=0.0))


_signed_at: dict[int, datetime] = {}  # of the newest checkpoint: its time never changes


def head() -> Head | None:
    """The published checkpoint with its time, for the foot of every page; None before the first."""
    try:
        published = checkpoints.latest()
    except NoCheckpoint:
        return None
    if published.size not in _signed_at:
        row = Checkpoint.objects.filter(size=published.size).values_list("created_at", flat=True).first()
        if row is None:
            return None
        _signed_at.clear()
        _signed_at[published.size] = row
    return Head(published.size, published.root.hex(), _signed_at[published.size])


def _signed_size() -> int:
    try:
        return checkpoints.latest().size
    except NoCheckpoint:
        return 0


def _rows(leaves: QuerySet[Leaf] | Sequence[Leaf]) -> list[EntryRow]:
    signed_size = _signed_size()
    found = leaves.select_related("event").defer("event__body") if isinstance(leaves, QuerySet) else leaves
    return [_row(leaf.event, leaf, signed_size) for leaf in found]


def _row(event: Event, leaf: Leaf | None, signed_size: int) -> EntryRow:
    return EntryRow(
        event_id=event.id,
        kind=event.kind,
        at=event.at,
        index=leaf.index if leaf else None,
        leaf_hash=bytes(leaf.leaf_hash).hex() if leaf else "",
        is_signed=leaf is not None and leaf.index < signed_size,
    )
