"""Putting rows, tiles and checkpoints back that were altered or lost, as the signed root confirms them.

Nothing here signs a new root, and a file that was altered is kept aside.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import psycopg
from django.conf import settings
from django.db import connection, transaction

from market import grants, process
from market.events import outbox
from market.kernel import canonical_json, clock, ids
from market.participants.members import Actor
from market.verbs import verb
from provenance import checkpoints, keys, merkle, places, standing, tiles
from provenance.checkpoints import Published
from provenance.edge import Edge
from provenance.errors import DEEP, RESTORE, LogHalted
from provenance.notes import NoteInvalid, SignedNote, SigningKey, VerifierKey

_WITHOUT_LEAF: Final = """
SELECT id FROM market_event e
WHERE kind = %s AND at = %s AND body = %s AND NOT EXISTS (SELECT FROM provenance_leaf l WHERE l.event_id = e.id)
"""
GUARDED: Final = ("market_event", "provenance_leaf", "provenance_checkpoint")


@dataclass(slots=True)
class Repaired:
    """What was put right."""

    files: list[str] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)  # indexes
    checkpoints: list[int] = field(default_factory=list)  # sizes
    state: bool = False
    remade: int = 0  # events written again; their openings are gone
    first_index: int | None = None

    @property
    def is_nothing(self) -> bool:
        """Whether all was right already."""
        return not (self.files or self.rows or self.checkpoints or self.state)


def repair(folder: Path, signers: Sequence[SigningKey], *, by: Actor) -> Repaired:
    """Put back whatever in rows, tiles and checkpoints differs from what the signed root confirms.

    Changes rows under the owner's name, because the running role cannot. Raises LogHalted where neither the rows nor
    the files lead to the signed root: then only a backup helps.
    """
    repaired = Repaired()
    published = _put_checkpoint_back(folder, signers, repaired)
    with process.connect() as database:
        truths = _Truths(database, folder, published)
        truths.find()
        if truths.rows_end < published.size:
            raise LogHalted(
                f"the database ends at {truths.rows_end} and {published.size} entries were published.", remedy=RESTORE
            )
        _repair_files(folder, truths, repaired)
        _repair_rows(truths, signers, repaired)
    if not repaired.is_nothing:
        tell(repaired, by=by)
    return repaired


class _Truths:
    """A first walk: which of the sides the signed root confirms, and which places differ from it."""

    def __init__(self, database: psycopg.Connection[Any], folder: Path, published: Published) -> None:
        self.database, self.folder, self.published = database, folder, published
        row = database.execute("SELECT coalesce(max(index) + 1, 0) FROM provenance_leaf").fetchone()
        self.rows_end: int = row[0] if row else 0
        self.side = 0  # 0: the files decide where two stand against two, 1: the rows
        self.signed = {
            size: (bytes(root), note)
            for size, root, note in database.execute("SELECT size, root, note FROM provenance_checkpoint ORDER BY size")
        }

    def find(self) -> None:
        """Raises LogHalted where neither side leads to the signed root."""
        trees = (merkle.Frontier(), merkle.Frontier())
        for chunk in self.chunks():
            for place in chunk.places:
                if place.index < self.published.size:
                    for tree, truth in zip(trees, place.truths(), strict=True):
                        tree.append(truth)
        confirmed = [side for side, tree in enumerate(trees) if tree.root() == self.published.root]
        if not confirmed:
            raise LogHalted(
                f"neither the rows nor the files lead to the signed root of size {self.published.size}:"
                " put the database or the folder back from a backup, then look again.",
                remedy=DEEP + " names what differs",
            )
        self.side = confirmed[0]

    def chunks(self) -> Iterator[places.Chunk]:
        """All places, in one snapshot."""
        with self.database.transaction():
            self.database.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield from places.chunks(
                self.database, self.folder, self.published.size, max(self.rows_end, self.published.size)
            )

    def of(self, place: places.Place) -> tuple[bytes, bytes]:
        """Leaf hash and bytes that are right for a place. Raises LogHalted if no side has the bytes any more."""
        truth = place.truths()[self.side]
        content = place.content(truth)
        if content is None:
            raise LogHalted(f"no row and no file has the entry at index {place.index} any more: only a backup has it.")
        return truth, content


def _repair_files(folder: Path, truths: _Truths, repaired: Repaired) -> None:
    """Write every tile again that is missing or differs, unfinished ones of every signed size included."""
    edge = Edge()
    stops = deque(size for size in sorted({*truths.signed, truths.published.size}) if size <= truths.published.size)
    for chunk in truths.chunks():
        filed = [truths.of(place) for place in chunk.places if place.is_filed]
        while filed:
            taken = min(len(filed), stops[0] - edge.size)
            part, filed = filed[:taken], filed[taken:]
            for name, content in edge.grow([each[1] for each in part], [each[0] for each in part]):
                _replace_file(folder, name, content, repaired)
            while stops and stops[0] == edge.size:
                stops.popleft()
                _repair_unfinished(folder, edge, truths.published.size, repaired)


def _repair_unfinished(folder: Path, edge: Edge, filed: int, repaired: Repaired) -> None:
    for name, content in edge.partials():
        level, number, _ = tiles.parse_path(name)
        is_full = tiles.width_at(0 if level == tiles.ENTRIES else int(level), number, filed) == tiles.TILE_WIDTH
        if not is_full or (folder / name).exists():  # a full tile may replace the unfinished ones before it
            _replace_file(folder, name, content, repaired)


def _replace_file(folder: Path, name: str, content: bytes, repaired: Repaired) -> None:
    file = folder / name
    if file.is_file() and file.read_bytes() == content:
        return
    if file.exists():
        _keep_aside(folder, file)
    tiles.replace(file, content)
    repaired.files.append(name)


def _keep_aside(folder: Path, file: Path) -> None:
    """What was altered is evidence: it moves out of the published folder and stays."""
    aside = (
        folder.parent / f"{folder.name}-altered" / clock.now().strftime("%Y%m%dT%H%M%S.%f") / file.relative_to(folder)
    )
    aside.parent.mkdir(parents=True)
    file.replace(aside)


def _repair_rows(truths: _Truths, signers: Sequence[SigningKey], repaired: Repaired) -> None:
    """Find and put right altered rows, and the standing row. One transaction under the owner's name."""
    wrong = []
    tree = merkle.Frontier()
    signed = {}
    trusted = keys.trusted()
    for chunk in truths.chunks():
        for place in chunk.places:
            truth, content = truths.of(place)
            tree.append(truth)
            if (place.leaf_hash, place.body) != (truth, content) or place.column_altered():
                wrong.append((place, truth, content))
            if tree.size in truths.signed:
                right = checkpoints.sign(signers, tree.size, tree.root())
                if not _is_signed(truths.signed[tree.size], right, trusted):
                    signed[tree.size] = right  # the same statement again, so no new root is signed
    with process.connect() as database:
        row = database.execute("SELECT size, root, frontier FROM provenance_logstate").fetchone()
    state = (tree.size, tree.root(), b"".join(tree.hashes))
    repaired.state = row is None or (row[0], bytes(row[1]), bytes(row[2])) != state
    repaired.rows += [place.index for place, _, _ in wrong]
    repaired.checkpoints += signed
    repaired.first_index = min(repaired.rows, default=None)
    if not (wrong or signed or repaired.state):
        return
    with _unguarded() as cursor:
        for place, truth, content in wrong:
            repaired.remade += _put_row_right(cursor, place, truth, content)
        for size, right in signed.items():
            cursor.execute(
                "UPDATE provenance_checkpoint SET root = %s, note = %s WHERE size = %s", [right.root, right.note, size]
            )
        cursor.execute("UPDATE provenance_logstate SET size = %s, root = %s, frontier = %s", list(state))


def _is_signed(row: tuple[bytes, str], right: Published, trusted: Sequence[VerifierKey]) -> bool:
    try:
        note = SignedNote.parse(row[1])
        note.verified_by(trusted)
    except NoteInvalid:
        return False
    return row[0] == right.root and note.text == right.checkpoint.text()


def _put_row_right(cursor: Any, place: places.Place, truth: bytes, content: bytes) -> int:
    """One place's rows; 1 if the event had to be written again."""
    at, kind = columns(content)
    event_id, remade = place.event_id, 0
    if event_id is None:
        cursor.execute(_WITHOUT_LEAF, [kind, at, content])
        found = cursor.fetchone()
        event_id = found[0] if found else None
    if event_id is None:
        event_id, remade = ids.new_id(), 1
        cursor.execute(
            "INSERT INTO market_event (id, kind, at, body) VALUES (%s, %s, %s, %s)", [event_id, kind, at, content]
        )
    else:
        cursor.execute(
            "UPDATE market_event SET kind = %s, at = %s, body = %s WHERE id = %s", [kind, at, content, event_id]
        )
    cursor.execute(
        "INSERT INTO provenance_leaf (index, event_id, leaf_hash) VALUES (%s, %s, %s)"
        " ON CONFLICT (index) DO UPDATE SET event_id = excluded.event_id, leaf_hash = excluded.leaf_hash",
        [place.index, event_id, truth],
    )
    return remade


@contextmanager
def _unguarded() -> Iterator[Any]:
    """A cursor of the owner's in one transaction, with the guards off for its length and on again at its end."""
    with grants.as_owner(connection, settings.DATABASE_OWNER), transaction.atomic(), connection.cursor() as cursor:
        for table in GUARDED:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only")
        yield cursor
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in GUARDED:
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only")


def columns(content: bytes) -> tuple[datetime, str]:
    """The time and the kind that an entry's bytes state, for the columns of its row."""
    body = canonical_json.loads(content)
    return clock.parse(body["at"]), body["kind"]


def require_published(folder: Path, signers: Sequence[SigningKey]) -> Published:
    """The published checkpoint if it is ours. Raises LogHalted."""
    published = checkpoints.read(folder)
    if published is None:
        raise LogHalted("no checkpoint was published: there is nothing to put back.")
    checkpoints.require_ours(published, signers)
    return published


def _put_checkpoint_back(folder: Path, signers: Sequence[SigningKey], repaired: Repaired) -> Published:
    """The published checkpoint; where it is damaged or gone, the newest that the database has with its signature."""
    try:
        return require_published(folder, signers)
    except LogHalted:
        with process.connect() as database:
            newest = standing.newest_signed(database)
        if newest is None:
            raise
        checkpoints.require_ours(newest, signers, "stored")
    file = folder / checkpoints.FILE
    if file.exists():
        _keep_aside(folder, file)
    checkpoints.publish(folder, newest)
    repaired.files.append(checkpoints.FILE)
    return newest


@verb("log.repaired")
def tell(repaired: Repaired, *, by: Actor) -> None:
    """A repair is a fact like any other, and stands in the log."""
    outbox.record(
        "log.repaired",
        subject=ids.urn(keys.log_id()),
        actor=by.urn,
        first_index=repaired.first_index,
        rows=len(repaired.rows),
        remade=repaired.remade,
        files=len(repaired.files),
        checkpoints=len(repaired.checkpoints),
    )
