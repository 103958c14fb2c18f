"""Gives committed events their place in the log, publishes tiles, and signs a checkpoint over them.

Order of one batch: leaves and the new tree state commit together → tiles are durable → the root is read back from
them → the checkpoint is signed and stored → the published checkpoint is replaced. A crash between any two of these
is made good by doing the rest again, by the same functions.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from uuid import UUID

import psycopg
from django.conf import settings
from psycopg import IsolationLevel

from market import process
from provenance import audit, checkpoints, keys, merkle, standing
from provenance.checkpoints import Published
from provenance.edge import Edge
from provenance.errors import REPAIR, LogHalted
from provenance.notes import SigningKey
from provenance.publishing import Publisher
from provenance.standing import State

logger = logging.getLogger(__name__)
BATCH: Final = 5_000
SHOWN_EACH_S: Final = 1.0  # a checkpoint at least so often while a backlog is worked off
BATCHES_AHEAD: Final = 4  # read and not yet on the shelf
FILES_AT_ONCE: Final = 160
HORIZON_XIDS: Final = 100_000  # an idle log looks back over so many transactions at most

# Never a cursor on seq: a transaction that took seq 5 may commit after seq 9 was read. Whatever is visible, not
# older than the horizon, and has no leaf is pending (ledgers.md B2). It is read in the order of the index on seq, so
# that a long backlog is neither sorted nor spilled; + 0 and OFFSET 0 keep the planner from reading whole tables, which
# it would for an idle round whenever its statistics are behind.
_PENDING: Final = """
WITH oldest AS MATERIALIZED (SELECT min(seq + 0) AS seq FROM market_event WHERE xid >= %(horizon)s::text::xid8)
SELECT e.id, e.body FROM market_event e
WHERE e.seq >= (SELECT seq FROM oldest) AND e.xid >= %(horizon)s::text::xid8
  AND NOT EXISTS (SELECT FROM provenance_leaf l WHERE l.event_id = e.id OFFSET 0)
ORDER BY e.seq
"""
_STORED: Final = """
SELECT l.leaf_hash, e.body, e.id FROM provenance_leaf l JOIN market_event e ON e.id = l.event_id
WHERE l.index >= %s AND l.index < %s ORDER BY l.index
"""


class Overtaken(Exception):
    """Another sequencer moved the log between our reading and our writing; nothing of ours was stored."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Events with their place: what the tree was before them and is after them."""

    rows: Sequence[tuple[UUID, bytes]]
    hashes: list[bytes]
    old_size: int
    old_root: bytes
    size: int
    root: bytes
    frontier: bytes

    @classmethod
    def after(cls, tree: merkle.Frontier, rows: Sequence[tuple[UUID, bytes]]) -> Self:
        """Give the next places of a tree to these events; the tree grows by them."""
        old_size, old_root = tree.size, tree.root()
        hashes = [merkle.leaf_hash(body) for _, body in rows]
        tree.extend(hashes)
        return cls(rows, hashes, old_size, old_root, tree.size, tree.root(), b"".join(tree.hashes))


class _Shelf:
    """Turns stored batches into tiles, some at a time. Runs in a thread of its own, one call after the other."""

    def __init__(self, publisher: Publisher, edge: Edge, signer: Callable[[], psycopg.Connection[Any]]) -> None:
        self.publisher, self.edge, self.signer = publisher, edge, signer
        self.files: list[tuple[str, bytes]] = []
        self.root = b""
        self.shown_at = time.monotonic()

    def put(self, batch: Batch, stored: "Future[None]") -> None:
        """Take a batch in once it is stored. Raises Overtaken if it was not, or if one before it was not."""
        stored.result()
        if self.edge.size != batch.old_size:
            raise Overtaken
        self.files += self.edge.grow([body for _, body in batch.rows], batch.hashes)
        self.root = batch.root
        if time.monotonic() - self.shown_at > SHOWN_EACH_S:  # a long backlog is not kept from its readers
            self.write()
            self.publisher.publish(self.edge, self.root, self.signer())
            self.shown_at = time.monotonic()
        elif len(self.files) >= FILES_AT_ONCE:
            self.write()

    def write(self) -> None:
        """Make durable what has become full; unfinished tiles wait for the next checkpoint."""
        files, self.files = self.files, []
        self.publisher.write(files)


class Sequencer:
    """One writer of one log. Holds its connections and the edge of what is published; not thread-safe."""

    def __init__(self, folder: Path | None = None, by: Sequence[SigningKey] | None = None) -> None:
        self.folder = folder or settings.LOG_DIR
        self.publisher = Publisher(self.folder, by or keys.signing())
        self.edge: Edge | None = None
        self._open: dict[str, psycopg.Connection[Any]] = {}

    def close(self) -> None:
        """Give the connections back; the next round opens new ones and looks at everything afresh."""
        for connection in self._open.values():
            connection.close()
        self._open.clear()
        self.edge = None

    def round(self) -> int:
        """Sequence and publish all that is pending; answers how many events got a place.

        Raises LogHalted rather than sign a fork, OSError if the disk fails (stop then: a later fsync may lie),
        psycopg.OperationalError if the database is away (close, and try again).
        """
        self.publisher.follow_keys()
        # Read before the snapshot: whatever is published then is in the snapshot, unless the database went back.
        published = checkpoints.read(self.folder)
        edge, self.edge = self.edge, None  # it comes back when the round has ended well
        reader = self._connection("reader")
        with reader.transaction():
            state = standing.read(reader)
            newest = standing.newest_signed(reader)
            standing.require_no_fork(state, published, newest, self.publisher.keys)
            if edge is None or published is None or not edge.size == published.size == state.size:
                edge = self._recover(state, published, newest)
            old_size = edge.size
            try:
                self._drain(reader, state, edge)
            except Overtaken:
                return edge.size - old_size  # look again in the next round, in a newer snapshot
            if edge.size > old_size or state.is_moved or state.xmin - state.xmin_done > HORIZON_XIDS:
                self._remember_horizon(state)
        if edge.size > old_size:
            self.publisher.publish(edge, state.tree.root(), self._connection("signer"), with_witnesses=True)
        else:
            self.publisher.cosign_again()
        self.edge = edge
        return edge.size - old_size

    def _drain(self, reader: psycopg.Connection[Any], state: State, edge: Edge) -> None:
        """Give a place to all that is pending: while one batch is read and hashed, the one before is being stored, and
        those before that are being put into tiles. Each step follows the one before it for the same batch.
        """
        shelf = _Shelf(self.publisher, edge, lambda: self._connection("signer"))
        under_way: deque[Future[None]] = deque()
        with (
            ThreadPoolExecutor(max_workers=1) as storing,
            ThreadPoolExecutor(max_workers=1) as shelving,
            reader.cursor(name="pending", binary=True) as pending,
        ):
            pending.itersize = BATCH
            pending.execute(_PENDING, {"horizon": state.horizon})
            while rows := pending.fetchmany(BATCH):
                batch = Batch.after(state.tree, rows)
                under_way.append(shelving.submit(shelf.put, batch, storing.submit(self._store, batch)))
                if len(under_way) > BATCHES_AHEAD:
                    under_way.popleft().result()
            for each in under_way:
                each.result()
        shelf.write()

    def _store(self, batch: Batch) -> None:
        """Commit the leaves of one batch with the new tree state. Raises Overtaken."""
        writer = self._connection("writer")
        try:
            with writer.transaction(), writer.cursor() as cursor:
                with cursor.copy(
                    "COPY provenance_leaf (index, event_id, leaf_hash) FROM STDIN (FORMAT BINARY)"
                ) as copy:
                    copy.set_types(["int8", "uuid", "bytea"])
                    for number, ((event_id, _), value) in enumerate(
                        zip(batch.rows, batch.hashes, strict=True), batch.old_size
                    ):
                        copy.write_row((number, event_id, value))
                cursor.execute(
                    "UPDATE provenance_logstate SET size = %s, root = %s, frontier = %s WHERE size = %s AND root = %s",
                    [batch.size, batch.root, batch.frontier, batch.old_size, batch.old_root],
                )
                if cursor.rowcount != 1:
                    raise Overtaken
        except psycopg.errors.UniqueViolation as error:
            raise Overtaken from error

    def _recover(self, state: State, published: Published | None, newest: Published | None) -> Edge:
        """Begin at what is published and bring it up to what is stored, proving that the one continues the other."""
        self.publisher.sweep(0 if published is None else published.size)
        edge = Edge() if published is None else Edge.load(self.folder, published.size)
        if published is not None and edge.root() != published.root:
            raise LogHalted(
                f"the tiles of size {published.size} do not have the root of the published checkpoint.", remedy=REPAIR
            )
        audit.spot_check(self._connection("signer"), self.folder, edge.size)
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
        while edge.size < size:
            bodies, hashes = self._stored(edge.size, min(edge.size + BATCH, size))
            self.publisher.write(list(edge.grow(bodies, hashes)))
        self.publisher.publish(edge, root, self._connection("signer"))

    def _stored(self, low: int, high: int) -> tuple[list[bytes], list[bytes]]:
        rows = self._connection("signer").execute(_STORED, [low, high]).fetchall()
        if len(rows) != high - low:
            raise LogHalted(f"leaves are missing in the database between {low} and {high}.", remedy=REPAIR)
        bodies = [bytes(body) for _, body, _ in rows]
        hashes = [merkle.leaf_hash(body) for body in bodies]
        for number, ((stored, _, event_id), value) in enumerate(zip(rows, hashes, strict=True), low):
            if bytes(stored) != value:
                raise LogHalted(
                    f"the event {event_id} at index {number} is not the one that was logged.", remedy=REPAIR
                )
        return bodies, hashes

    def _remember_horizon(self, state: State) -> None:
        """Everything below this snapshot's xmin had ended and was seen; only a drained set may say so."""
        self._connection("signer").execute(
            "UPDATE provenance_logstate SET xmin_done = %s, system_identifier = %s",
            [state.xmin, state.system_identifier],
        )

    def _connection(self, name: str) -> psycopg.Connection[Any]:
        """One of three: `reader` keeps a snapshot, `writer` commits leaves beside it, `signer` all else."""
        if name not in self._open:
            connection = self._open[name] = process.connect()
            if name == "reader":
                connection.isolation_level = IsolationLevel.REPEATABLE_READ
                connection.read_only = True
                # It is idle between the pages of a long backlog; that is work, not forgetfulness.
                connection.execute("SET idle_in_transaction_session_timeout = 0")
                connection.execute("SET enable_seqscan = off")
                connection.execute("SET enable_sort = off")
                connection.execute("SET max_parallel_workers_per_gather = 0")  # starting them costs more than the query
            else:
                connection.execute("SET synchronous_commit = on")  # what a checkpoint covers may never vanish
        return self._open[name]


def drain() -> int:
    """Sequence and publish what is pending now, on connections of its own; answers the number of events."""
    sequencer = Sequencer()
    try:
        return sequencer.round()
    finally:
        sequencer.close()
