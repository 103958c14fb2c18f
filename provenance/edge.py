"""The right edge of the published log: the tiles that are not full, from which everything further grows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from provenance import merkle, tiles
from provenance.errors import REPAIR, LogHalted
from provenance.verifier.errors import Damaged

_LEVELS: Final = range(tiles.LEVEL_MAX + 1)


@dataclass(slots=True)
class Edge:
    """Hashes of the unfinished tile of each level, and the entries of the unfinished bundle.

    Growing it yields the files that became full; `partials` are the ones that a checkpoint at this size needs.
    """

    size: int = 0
    levels: list[list[bytes]] = field(default_factory=lambda: [[] for _ in _LEVELS])
    entries: list[bytes] = field(default_factory=list)

    def grow(self, entries: Sequence[bytes], hashes: Sequence[bytes]) -> Iterator[tuple[str, bytes]]:
        """Take in entries with their leaf hashes; answers path and content of each tile that is now full."""
        at = 0
        while at < len(entries):
            take = tiles.TILE_WIDTH - len(self.entries)
            self.entries += entries[at : at + take]
            taken = hashes[at : at + take]
            self.size += len(taken)
            at += take
            if len(self.entries) == tiles.TILE_WIDTH:
                bundle = tiles.from_entries(self.entries)
                yield tiles.path(tiles.ENTRIES, self.size // tiles.TILE_WIDTH - 1), bundle
                self.entries = []
            yield from self._grow_level(0, taken)

    def _grow_level(self, level: int, hashes: Sequence[bytes]) -> Iterator[tuple[str, bytes]]:
        row = self.levels[level]
        row += hashes
        if len(row) == tiles.TILE_WIDTH:
            number = (self.size >> 8 * (level + 1)) - 1
            yield tiles.path(level, number), tiles.from_hashes(row)
            self.levels[level] = []
            yield from self._grow_level(level + 1, [merkle.root(row)])

    def partials(self) -> Iterator[tuple[str, bytes]]:
        """Path and content of each unfinished tile."""
        if self.entries:
            number = self.size // tiles.TILE_WIDTH
            yield tiles.path(tiles.ENTRIES, number, len(self.entries)), tiles.from_entries(self.entries)
        for level, row in enumerate(self.levels):
            if row:
                yield tiles.path(level, self.size >> 8 * (level + 1), len(row)), tiles.from_hashes(row)

    def root(self) -> bytes:
        """The root of the log at this size."""
        subtrees: list[bytes] = []
        for row in reversed(self.levels):
            at = 0
            for bit in reversed(range(8)):
                if len(row) >> bit & 1:
                    subtrees.append(merkle.root(row[at : at + (1 << bit)]))
                    at += 1 << bit
        return merkle.Frontier(self.size, subtrees).root()

    @classmethod
    def load(cls, folder: Path, size: int) -> Self:
        """Read the edge of a published size from its tiles, checking entries against their hashes.

        Raises LogHalted naming the file that is missing or damaged.
        """
        edge = cls(size=size)
        for level in _LEVELS:
            width = (size >> 8 * level) % tiles.TILE_WIDTH
            if width:
                path = tiles.path(level, size >> 8 * (level + 1), width)
                edge.levels[level] = _read(folder / path, width)
        if edge.levels[0]:
            file = folder / tiles.path(tiles.ENTRIES, size // tiles.TILE_WIDTH, len(edge.levels[0]))
            edge.entries = _read_entries(file)
            if [merkle.leaf_hash(entry) for entry in edge.entries] != edge.levels[0]:
                raise LogHalted(
                    f"the entries in {file} do not hash to the tile beside them: one of the two was altered.",
                    remedy=REPAIR,
                )
        return edge


def _read(file: Path, width: int) -> list[bytes]:
    try:
        hashes = tiles.to_hashes(file.read_bytes())
    except (FileNotFoundError, Damaged) as error:
        raise LogHalted(f"the tile {file} is missing or damaged.", remedy=REPAIR) from error
    if len(hashes) != width:
        raise LogHalted(f"the tile {file} holds {len(hashes)} hashes instead of {width}.", remedy=REPAIR)
    return hashes


def _read_entries(file: Path) -> list[bytes]:
    try:
        return tiles.to_entries(file.read_bytes())
    except (FileNotFoundError, Damaged) as error:
        raise LogHalted(f"the entry bundle {file} is missing or damaged.", remedy=REPAIR) from error
