"""Gives committed events their place in the log, publishes tiles, and signs a checkpoint over them.

Order of one batch: leaves and the new tree state commit together → tiles are durable → the root is read back from
them → the checkpoint is signed and stored → the published checkpoint is replaced. A crash between any two of these
is made good by doing the rest again: `publish` is the same function in both cases.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psycopg
from django.conf import settings
from psycopg import IsolationLevel

from market import process
from market.kernel import clock
from provenance import checkpoints, merkle, tiles
from provenance.checkpoints import Published
from provenance.edge import Edge
from provenance.errors import LogHalted
from provenance.notes import SigningKey

logger = logging.getLogger(__name__)
BATCH: Final = 5_000

# Never a cursor on seq: a transaction that took seq 5 may commit after seq 9 was read. Whatever is visible, not
# older than the horizon, and has no leaf is pending (ledgers.md B2). OFFSET 0 and MATERIALIZED keep the planner from
# reading whole tables, which it would for an idle round whenever its statistics are behind.
_PENDING: Final = """
WITH pending AS MATERIALIZED (
    SELECT e.id, e.seq, e.body FROM market_event e
    WHERE e.xid >= %s::text::xid8 AND NOT EXISTS (SELECT FROM provenance_leaf l WHERE l.event_id = e.id OFFSET 0)
)
SELECT id, body FROM pending ORDER BY seq
"""
_STATE: Final = """
SELECT size, root, frontier, xmin_done, system_identifier,
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xmin,
       (SELECT system_identifier FROM pg_control_system()) AS this_system
FROM provenance_logstate
"""
_STORED: Final = """
SELECT l.leaf_hash, e.body, e.id FROM provenance_leaf l JOIN market_event e ON e.id = l.event_id
WHERE l.index >= %s AND l.index < %s ORDER BY l.index
"""


class Overtaken(Exception):
    """Another sequencer moved the log between our reading and our writing; nothing of ours was stored."""


@dataclass(frozen=True, slots=True)
class State:
    """The standing row and the snapshot it was read in."""

    size: int
    root: bytes
    frontier: merkle.Frontier
    xmin_done: int
    xmin: int
    is_moved: bool  # to another database cluster, whose transaction numbers mean something else
    system_identifier: int

    @property
    def horizon(self) -> int:
        """Transactions below it need not be looked at."""
        return 0 if self.is_moved else self.xmin_done


class Sequencer:
    """One writer of one log. Holds two connections and the edge of what is published; not thread-safe."""

    def __init__(self, folder: Path | None = None, key: SigningKey | None = None) -> None:
        self.folder = folder or settings.LOG_DIR
        self.key = key or checkpoints.signing_key()
        self.edge: Edge | None = None
        self._reader: psycopg.Connection[Any] | None = None
        self._writer: psycopg.Connection[Any] | None = None

    def close(self) -> None:
        """Give the connections back; the next round opens new ones and looks at everything afresh."""
        for connection in (self._reader, self._writer):
            if connection is not None:
                connection.close()
        self._reader = self._writer = self.edge = None

    def round(self) -> int:
        """Sequence and publish all that is pending; answers how many events got a place.

        Raises LogHalted rather than sign a fork, OSError if the disk fails (stop then: a later fsync may lie),
        psycopg.OperationalError if the database is away (close, and try again).
        """
        # Read before the snapshot: whatever is published then is in the snapshot, unless the database went back.
        published = checkpoints.read(self.folder)
        reader = self._read_connection()
        with reader.transaction():
            state = _read_state(reader)
            newest = self._newest_signed(reader)
            self._require_no_fork(state, published, newest)
            edge = self.edge
            if edge is None or published is None or not edge.size == published.size == state.size:
                edge = self.edge = self._recover(state, published, newest)
            sequenced = 0
            with reader.cursor(name="pending") as pending:
                pending.itersize = BATCH
                pending.execute(_PENDING, [state.horizon])
                while rows := pending.fetchmany(BATCH):
                    try:
                        self._take(edge, state.frontier, rows)
                    except Overtaken:
                        return sequenced  # look again in the next round, in a newer snapshot
                    sequenced += len(rows)
            if sequenced or state.is_moved or state.xmin - state.xmin_done > 100_000:
                self._remember_horizon(state)
        return sequenced

    def _take(self, edge: Edge, frontier: merkle.Frontier, rows: Sequence[tuple[UUID, bytes]]) -> None:
        """Store the leaves of one batch with the new tree state, then publish them."""
        old_size, old_root = frontier.size, frontier.root()
        bodies = [bytes(body) for _, body in rows]
        hashes = [merkle.leaf_hash(body) for body in bodies]
        frontier.extend(hashes)
        root = frontier.root()
        try:
            with self._write_connection().transaction(), self._write_connection().cursor() as cursor:
                with cursor.copy(
                    "COPY provenance_leaf (index, event_id, leaf_hash) FROM STDIN (FORMAT BINARY)"
                ) as copy:
                    copy.set_types(["int8", "uuid", "bytea"])
                    for number, ((event_id, _), value) in enumerate(zip(rows, hashes, strict=True), old_size):
                        copy.write_row((number, event_id, value))
                cursor.execute(
                    "UPDATE provenance_logstate SET size = %s, root = %s, frontier = %s WHERE size = %s AND root = %s",
                    [frontier.size, root, b"".join(frontier.hashes), old_size, old_root],
                )
                if cursor.rowcount != 1:
                    raise Overtaken
        except psycopg.errors.UniqueViolation as error:
            raise Overtaken from error
        self._publish(edge, bodies, hashes, root)

    def _publish(self, edge: Edge, bodies: Sequence[bytes], hashes: Sequence[bytes], root: bytes) -> None:
        """Make tiles durable, read the root back from them, sign, store, and only then show the checkpoint."""
        self._write_tiles([*edge.grow(bodies, hashes), *edge.partials()])
        size = edge.size
        if Edge.load(self.folder, size).root() != root:
            raise LogHalted(f"the tiles of size {size} do not have the root that the database has for it.")
        published = checkpoints.sign(self.key, size, root)
        writer = self._write_connection()
        writer.execute(
            "INSERT INTO provenance_checkpoint (size, root, note, created_at) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (size) DO NOTHING",
            [size, root, published.note, clock.now()],
        )
        stored = writer.execute("SELECT root FROM provenance_checkpoint WHERE size = %s", [size]).fetchone()
        if stored is None or bytes(stored[0]) != root:
            raise LogHalted(f"the log has signed another root for size {size} already: signing this one would fork it.")
        checkpoints.publish(self.folder, published)

    def _write_tiles(self, files: Sequence[tuple[str, bytes]]) -> None:
        try:
            tiles.write_all(self.folder, files)
        except tiles.TileDiffers as error:
            raise LogHalted(f"{error}: the database or the file was altered.") from error

    def _require_no_fork(self, state: State, published: Published | None, newest: Published | None) -> None:
        """Compare the database with everything that was signed. Raises LogHalted for a database that went back."""
        if state.frontier.root() != state.root:
            raise LogHalted("the standing row of the log was altered: its frontier does not have its root.")
        for signed, where in ((published, "published"), (newest, "stored")):
            if signed is None:
                continue
            checkpoints.require_ours(signed, self.key)
            if signed.size > state.size:
                raise LogHalted(
                    f"the {where} checkpoint has size {signed.size} and the database only {state.size}:"
                    " the database was rolled back, and signing on would fork the log."
                )
            if signed.size == state.size and signed.root != state.root:
                raise LogHalted(f"the {where} checkpoint and the database have different roots for size {state.size}.")

    def _recover(self, state: State, published: Published | None, newest: Published | None) -> Edge:
        """Begin at what is published and bring it up to what is stored, proving that the one continues the other."""
        edge = Edge() if published is None else Edge.load(self.folder, published.size)
        if published is not None and edge.root() != published.root:
            raise LogHalted(f"the tiles of size {published.size} do not have the root of the published checkpoint.")
        if published is None or published.size < state.size:
            logger.info("publishing from %d to %d", edge.size, state.size)
            # What was signed but is not published must lie on the way, else its signature would be broken here.
            stops = {state.size: state.root}
            if newest is not None and newest.size >= edge.size:
                stops[newest.size] = newest.root
            for size in sorted(stops):
                self._catch_up(edge, size, stops[size])
        return edge

    def _catch_up(self, edge: Edge, size: int, root: bytes) -> None:
        """Write the tiles up to a stored size out of the database, then publish that size."""
        while size - edge.size > BATCH:
            bodies, hashes = self._stored(edge.size, edge.size + BATCH)
            self._write_tiles(list(edge.grow(bodies, hashes)))
        self._publish(edge, *self._stored(edge.size, size), root)

    def _stored(self, low: int, high: int) -> tuple[list[bytes], list[bytes]]:
        rows = self._write_connection().execute(_STORED, [low, high]).fetchall()
        if len(rows) != high - low:
            raise LogHalted(f"leaves are missing in the database between {low} and {high}.")
        bodies = [bytes(body) for _, body, _ in rows]
        hashes = [merkle.leaf_hash(body) for body in bodies]
        for number, ((stored, _, event_id), value) in enumerate(zip(rows, hashes, strict=True), low):
            if bytes(stored) != value:
                raise LogHalted(f"the event {event_id} at index {number} is not the one that was logged.")
        return bodies, hashes

    @staticmethod
    def _newest_signed(reader: psycopg.Connection[Any]) -> Published | None:
        row = reader.execute("SELECT note FROM provenance_checkpoint ORDER BY size DESC LIMIT 1").fetchone()
        return None if row is None else checkpoints.parse(row[0], "the stored checkpoint")

    def _remember_horizon(self, state: State) -> None:
        """Everything below this snapshot's xmin had ended and was seen; only a drained set may say so."""
        self._write_connection().execute(
            "UPDATE provenance_logstate SET xmin_done = %s, system_identifier = %s",
            [state.xmin, state.system_identifier],
        )

    def _read_connection(self) -> psycopg.Connection[Any]:
        if self._reader is None:
            self._reader = process.connect()
            self._reader.isolation_level = IsolationLevel.REPEATABLE_READ
            self._reader.read_only = True
            # It is idle between the pages of a long backlog; that is work, not forgetfulness.
            self._reader.execute("SET idle_in_transaction_session_timeout = 0")
            self._reader.execute("SET enable_seqscan = off")
            self._reader.execute("SET work_mem = '64MB'")
        return self._reader

    def _write_connection(self) -> psycopg.Connection[Any]:
        if self._writer is None:
            self._writer = process.connect()
            self._writer.execute("SET synchronous_commit = on")  # a leaf that a checkpoint covers may never vanish
        return self._writer


def _read_state(reader: psycopg.Connection[Any]) -> State:
    row = reader.execute(_STATE).fetchone()
    if row is None:
        raise LogHalted("the standing row of the log is missing: run manage.py migrate.")
    size, root, frontier, xmin_done, system_identifier, xmin, this_system = row
    hashes = [frontier[at : at + merkle.HASH_BYTES] for at in range(0, len(frontier), merkle.HASH_BYTES)]
    try:
        tree = merkle.Frontier(size, hashes)
    except merkle.ProofInvalid as error:
        raise LogHalted(f"the standing row of the log was altered: {error}.") from error
    return State(
        size=size,
        root=bytes(root),
        frontier=tree,
        xmin_done=xmin_done,
        xmin=xmin,
        is_moved=system_identifier != this_system,
        system_identifier=this_system,
    )


def drain() -> int:
    """Sequence and publish what is pending now, on connections of its own; answers the number of events."""
    sequencer = Sequencer()
    try:
        return sequencer.round()
    finally:
        sequencer.close()
