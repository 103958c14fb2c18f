"""Giving a database that went back the entries that were published since, out of the entry bundles."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psycopg

from market import process
from market.kernel import clock, ids
from market.participants.members import Actor
from provenance import merkle, standing, tiles
from provenance.errors import DEEP, LogHalted
from provenance.notes import SigningKey
from provenance.repairs import Repaired, columns, require_published, tell
from provenance.verifier.errors import Damaged

_PENDING: Final = (
    "SELECT e.id, e.body FROM market_event e WHERE NOT EXISTS (SELECT FROM provenance_leaf l WHERE l.event_id = e.id)"
)


def restore(folder: Path, signers: Sequence[SigningKey], *, by: Actor) -> Repaired:
    """Give a database that went back the entries that were published since, out of the entry bundles.

    Events that the database still has get their place; the others are written again from their bytes, without their
    openings. Raises LogHalted if the database is not the beginning of what was published.
    """
    published = require_published(folder, signers)
    with process.connect() as database:
        state = standing.read(database)
        if state.size >= published.size:
            return Repaired()
        tree = state.tree.copy()
        for _, hashes in _filed(folder, state.size, published.size):
            tree.extend(hashes)
        if tree.root() != published.root or state.leaves != state.size:
            raise LogHalted(
                f"the database's {state.size} entries are not the beginning of the {published.size} published ones:"
                " restoring would fork the log.",
                remedy=DEEP + " names what differs",
            )
        repaired = Repaired(first_index=state.size)
        known = {merkle.leaf_hash(bytes(body)): event_id for event_id, body in database.execute(_PENDING)}
        tree = state.tree
        for entries, hashes in _filed(folder, state.size, published.size):
            with database.transaction():
                repaired.remade += _put_back(database, tree, entries, hashes, known)
            repaired.rows += range(tree.size - len(hashes), tree.size)
        database.execute(
            "INSERT INTO provenance_checkpoint (size, root, note, created_at) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (size) DO NOTHING",
            [published.size, published.root, published.note, clock.now()],
        )
    tell(repaired, by=by)
    return repaired


def _put_back(
    database: psycopg.Connection[Any],
    tree: merkle.Frontier,
    entries: Sequence[bytes],
    hashes: Sequence[bytes],
    known: dict[bytes, UUID],
) -> int:
    """Leaves for the next entries of the tree; answers for how many the event had to be written again."""
    old_size, old_root = tree.size, tree.root()
    remade = [(entry, value) for entry, value in zip(entries, hashes, strict=True) if value not in known]
    with database.cursor() as cursor:
        for entry, value in remade:
            known[value] = ids.new_id()
            at, kind = columns(entry)
            cursor.execute(
                "INSERT INTO market_event (id, kind, at, body) VALUES (%s, %s, %s, %s)", [known[value], kind, at, entry]
            )
        with cursor.copy("COPY provenance_leaf (index, event_id, leaf_hash) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["int8", "uuid", "bytea"])
            for number, value in enumerate(hashes, old_size):
                copy.write_row((number, known[value], value))
        tree.extend(hashes)
        cursor.execute(
            "UPDATE provenance_logstate SET size = %s, root = %s, frontier = %s WHERE size = %s AND root = %s",
            [tree.size, tree.root(), b"".join(tree.hashes), old_size, old_root],
        )
        if cursor.rowcount != 1:
            raise LogHalted("a sequencer moved the log meanwhile: stop it, then try again.")
    return len(remade)


def _filed(folder: Path, low: int, high: int) -> Iterator[tuple[list[bytes], list[bytes]]]:
    """Entries and leaf hashes of the published files, tile by tile. Raises LogHalted for a damaged file."""
    for number in range(low // tiles.TILE_WIDTH, (high + tiles.TILE_WIDTH - 1) // tiles.TILE_WIDTH):
        width = tiles.width_at(0, number, high)
        name = tiles.path(tiles.ENTRIES, number, width)
        try:
            entries = tiles.to_entries((folder / name).read_bytes())
        except (OSError, Damaged) as error:
            raise LogHalted(f"{name} is missing or damaged, and the database does not have its entries.") from error
        skipped = max(0, low - number * tiles.TILE_WIDTH)
        yield entries[skipped:], [merkle.leaf_hash(entry) for entry in entries[skipped:]]
