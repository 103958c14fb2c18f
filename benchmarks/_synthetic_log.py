"""A published log of any size for benchmarks: right tiles over synthetic leaves, written without fsync.

Its entries repeat after 65,536 of them, so a log of ten million costs the disk what one block of bundles costs:
the bundles of further blocks are links to the first one's files. Hash tiles over leaves repeat too; those above do not.
"""

import os
from hashlib import sha256
from pathlib import Path
from typing import Final

from provenance import merkle, tiles
from provenance.notes import Checkpoint, SigningKey

BLOCK: Final = 65_536
KEY: Final = SigningKey.from_seed("benchmark.example/log", b"B" * 32)


def entries(entry_bytes: int, count: int = BLOCK) -> list[bytes]:
    """One block of distinct entries."""
    return [sha256(number.to_bytes(8, "big")).digest() * (entry_bytes // 32 + 1) for number in range(count)]


def write(folder: Path, size: int, *, entry_bytes: int = 0) -> bytes:
    """Write a log; with entry bundles only where entries have a size. Answers its root."""
    block = [entry[:entry_bytes] for entry in entries(entry_bytes, min(BLOCK, size))]
    hashes = [merkle.leaf_hash(entry) for entry in block]
    tree = merkle.Frontier()
    rows: list[list[bytes]] = [[] for _ in range(tiles.LEVEL_MAX + 1)]
    for number in range((size + tiles.TILE_WIDTH - 1) // tiles.TILE_WIDTH):
        width = tiles.width_at(0, number, size)
        at = number * tiles.TILE_WIDTH % BLOCK
        rows[0] = hashes[at : at + width]
        tree.extend(rows[0])
        if entry_bytes:
            _write_bundle(folder, number, width, block[at : at + width])
        level = 0
        while len(rows[level]) == tiles.TILE_WIDTH:
            _write(folder / tiles.path(level, number >> 8 * level), tiles.from_hashes(rows[level]))
            root = merkle.root(rows[level])
            rows[level] = []
            level += 1
            rows[level].append(root)
    for level, row in enumerate(rows):
        if row:
            _write(folder / tiles.path(level, size >> 8 * (level + 1), len(row)), tiles.from_hashes(row))
    _write(folder / "checkpoint", KEY.sign(Checkpoint(KEY.name, size, tree.root()).text()).encode())
    return tree.root()


def _write_bundle(folder: Path, number: int, width: int, content: list[bytes]) -> None:
    file = folder / tiles.path(tiles.ENTRIES, number, width)
    first = folder / tiles.path(tiles.ENTRIES, number % (BLOCK // tiles.TILE_WIDTH), width)
    if file != first and first.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        os.link(first, file)
    else:
        _write(file, tiles.from_entries(content))


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
