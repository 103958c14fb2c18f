"""Every place of the log seen from its four sides: the event's row, the leaf's row, the tile, the entry bundle."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psycopg

from market.kernel import clock
from provenance import merkle, tiles
from provenance.verifier.errors import Damaged

_ROWS: Final = """
SELECT l.index, l.leaf_hash, e.id, e.body, e.kind, e.at
FROM provenance_leaf l LEFT JOIN market_event e ON e.id = l.event_id
WHERE l.index >= %s AND l.index < %s ORDER BY l.index
"""
# What each side is called in a finding.
EVENT, LEAF, TILE, ENTRY = "event row", "leaf row", "tile", "entry bundle"


@dataclass(slots=True)
class Place:
    """One index. A side that is None is missing; `is_filed`: the published files cover it."""

    index: int
    is_filed: bool
    event_id: UUID | None = None
    body: bytes | None = None
    kind: str = ""
    at: datetime | None = None
    leaf_hash: bytes | None = None
    tile: bytes | None = None
    entry: bytes | None = None

    def says(self) -> dict[str, bytes | None]:
        """The leaf hash that each side stands for."""
        found = {EVENT: None if self.body is None else merkle.leaf_hash(self.body), LEAF: self.leaf_hash}
        if self.is_filed:
            found |= {TILE: self.tile, ENTRY: None if self.entry is None else merkle.leaf_hash(self.entry)}
        return found

    @property
    def is_whole(self) -> bool:
        """Whether all sides are there and say the same, the event's own columns included."""
        said = set(self.says().values())
        return len(said) == 1 and None not in said and not self.column_altered()

    def column_altered(self) -> str:
        """The column of the event's row that differs from the body that was logged."""
        if self.body is None or self.at is None:
            return ""
        if not self.body.startswith(b'{"at":"%s",' % clock.text(self.at).encode()):
            return "at"
        return "" if b'"kind":"%s"' % self.kind.encode() in self.body else "kind"

    def truths(self) -> tuple[bytes, bytes]:
        """What most sides say; where two stand against two, what the files say and what the rows say."""
        said = self.says()
        votes = Counter(value for value in said.values() if value is not None).most_common()
        if not votes:
            return merkle.EMPTY_ROOT, merkle.EMPTY_ROOT
        if len(votes) > 1 and votes[0][1] == votes[1][1]:
            filed = said.get(TILE) or said.get(ENTRY) or votes[0][0]
            rowed = said[LEAF] or said[EVENT] or votes[0][0]
            return filed, rowed
        return votes[0][0], votes[0][0]

    def content(self, truth: bytes) -> bytes | None:
        """The bytes behind a leaf hash, from whichever side still has them."""
        for each in (self.body, self.entry):
            if each is not None and merkle.leaf_hash(each) == truth:
                return each
        return None


@dataclass(slots=True)
class Chunk:
    """The places of one tile, and what is wrong with its two files as files."""

    number: int
    places: list[Place] = field(default_factory=list)
    file_problems: list[str] = field(default_factory=list)

    @property
    def low(self) -> int:
        """Its first index."""
        return self.number * tiles.TILE_WIDTH


def chunks(database: psycopg.Connection[Any], folder: Path, filed_size: int, size: int) -> Iterator[Chunk]:
    """All places from 0 to `size`, tile by tile, in constant memory; `filed_size` of them are in published files.

    The connection must be in a transaction: rows come from one snapshot.
    """
    with database.cursor(name="places", binary=True) as cursor:
        cursor.itersize = 4_096
        cursor.execute(_ROWS, [0, size])
        rows = iter(cursor)
        row = next(rows, None)
        for number in range((size + tiles.TILE_WIDTH - 1) // tiles.TILE_WIDTH):
            low = number * tiles.TILE_WIDTH
            high = min(low + tiles.TILE_WIDTH, size)
            chunk = Chunk(number, [Place(index, index < filed_size) for index in range(low, high)])
            while row is not None and row[0] < high:
                _put_row(chunk.places[row[0] - low], row)
                row = next(rows, None)
            width = tiles.width_at(0, number, filed_size)
            if width:
                _put_files(chunk, folder, width)
            yield chunk


def chunk(database: psycopg.Connection[Any], folder: Path, filed_size: int, number: int) -> Chunk:
    """The places of one full tile."""
    low = number * tiles.TILE_WIDTH
    found = Chunk(number, [Place(index, index < filed_size) for index in range(low, low + tiles.TILE_WIDTH)])
    for row in database.cursor(binary=True).execute(_ROWS, [low, low + tiles.TILE_WIDTH]):
        _put_row(found.places[row[0] - low], row)
    _put_files(found, folder, tiles.TILE_WIDTH)
    return found


def _put_row(place: Place, row: tuple[Any, ...]) -> None:
    _, place.leaf_hash, place.event_id, place.body, place.kind, place.at = row


def _put_files(chunk: Chunk, folder: Path, width: int) -> None:
    hashes = _read(chunk, folder, tiles.path(0, chunk.number, width), width, tiles.to_hashes)
    entries = _read(chunk, folder, tiles.path(tiles.ENTRIES, chunk.number, width), width, tiles.to_entries)
    for place, value in zip(chunk.places, hashes, strict=False):
        place.tile = value
    for place, value in zip(chunk.places, entries, strict=False):
        place.entry = value


def _read(chunk: Chunk, folder: Path, name: str, width: int, parse: Any) -> list[bytes]:
    try:
        found: list[bytes] = parse((folder / name).read_bytes())
    except FileNotFoundError:
        chunk.file_problems.append(f"{name} is missing")
        return []
    except (OSError, Damaged) as error:
        chunk.file_problems.append(f"{name} is damaged: {error}")
        return []
    if len(found) != width:
        chunk.file_problems.append(f"{name} holds {len(found)} places instead of {width}")
    return found
