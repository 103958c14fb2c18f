"""Looking at a log from all sides at once, and damaging it as only its owner can."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from market.events.models import Event
from provenance import checkpoints, merkle, tiles
from provenance.models import Leaf, LogState

AsOwner = Callable[[], AbstractContextManager[BaseDatabaseWrapper]]
GUARDED = ("market_event", "provenance_leaf", "provenance_checkpoint")


def require_whole_log(folder: Path) -> None:
    """Every event has one leaf, indexes have no gap, and database, tiles and checkpoint say the same tree."""
    leaves = list(Leaf.objects.select_related("event").order_by("index"))
    hashes = [merkle.leaf_hash(bytes(leaf.event.body)) for leaf in leaves]
    published = checkpoints.latest(folder)
    assert [leaf.index for leaf in leaves] == list(range(Event.objects.count()))
    assert [bytes(leaf.leaf_hash) for leaf in leaves] == hashes
    assert (published.size, published.root) == (len(leaves), merkle.root(hashes))
    state = LogState.objects.get()
    assert (state.size, bytes(state.root)) == (published.size, published.root)
    for number in range((len(leaves) + 255) // 256):
        width = tiles.width_at(0, number, len(leaves))
        covered = slice(number * 256, number * 256 + width)
        assert tiles.to_hashes((folder / tiles.path(0, number, width)).read_bytes()) == hashes[covered]
        bundle = (folder / tiles.path(tiles.ENTRIES, number, width)).read_bytes()
        assert tiles.to_entries(bundle) == [bytes(leaf.event.body) for leaf in leaves[covered]]


@contextmanager
def tampering(as_owner: AsOwner) -> Iterator[Any]:
    """A cursor of somebody who owns the database and has switched the guards off."""
    with as_owner() as owner, owner.cursor() as cursor:
        for table in GUARDED:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only")
        yield cursor
        for table in GUARDED:
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only")


def files(folder: Path) -> dict[Path, bytes]:
    """Every published file with its content."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
