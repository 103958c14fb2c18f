"""Entries with all that a stranger's browser needs to check them, and the values that this reader may open."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from market.events.models import Event, Opening
from market.kernel import canonical_json
from market.participants.members import Actor
from provenance import checkpoints, erasures, proofs, queries
from provenance.checkpoints import Published
from provenance.erasures import Erased
from provenance.errors import NoCheckpoint
from provenance.queries import EntryRow


@dataclass(frozen=True, slots=True)
class Evidence:
    """One entry: its exact bytes and its way up to the root of the published checkpoint."""

    row: EntryRow
    leaf: bytes
    path: tuple[str, ...]  # sibling hashes in hex from the leaf up; none while no checkpoint covers it
    openings: dict[str, dict[str, Any]]  # {field: {"salt": hex, "value": …}}, only what the reader may see
    erased: dict[str, Erased] = field(default_factory=dict)  # values that nobody can open any more

    @property
    def content(self) -> dict[str, Any]:
        """The leaf as a value: v, kind, schema, at, public, commitments."""
        found: dict[str, Any] = canonical_json.loads(self.leaf)
        return found

    def value(self, name: str) -> Any:
        """A field that is public or that this reader may see; None otherwise."""
        if name in self.openings:
            return self.openings[name]["value"]
        return self.content["public"].get(name)


def at(index: int, *, reader: Actor | None, published: Published | None = None) -> Evidence | None:
    """The entry at an index; None if the log has no such entry. Raises LogUnreadable."""
    row = queries.entry(index)
    return None if row is None else next(iter(_gather([row], reader, published)), None)


def of(subjects: Iterable[UUID], *, reader: Actor | None, published: Published | None = None) -> list[Evidence]:
    """Every entry about these subjects or in these threads, in log order; what waits for its place comes last."""
    event_ids = queries.about(subjects).values_list("event_id", flat=True)
    return _gather(queries.of_events(event_ids), reader, published)


def opened(found: Evidence, opening: Opening) -> Evidence:
    """The same entry with all values behind it; whether its reader may see them is the caller's to know."""
    return replace(found, openings=dict(opening.fields))


def _gather(rows: list[EntryRow], reader: Actor | None, published: Published | None) -> list[Evidence]:
    published = published or _published()
    ids = [row.event_id for row in rows]
    bodies = dict(Event.objects.filter(id__in=ids).values_list("id", "body"))
    openings = {opening.event_id: opening.fields for opening in queries.openings(ids, reader)}
    gone = erasures.of_events(ids)
    found = []
    for row in rows:
        shown = openings.get(row.event_id, {})
        path: tuple[str, ...] = ()
        if published is not None and row.index is not None and row.index < published.size:
            path = tuple(node.hex() for node in proofs.inclusion(row.index, published=published).hashes)
        leaf, erased = bytes(bodies[row.event_id]), gone.get(row.event_id, {})
        found.append(Evidence(row=row, leaf=leaf, path=path, openings=dict(shown), erased=erased))
    return found


def _published() -> Published | None:
    try:
        return checkpoints.latest()
    except NoCheckpoint:
        return None
