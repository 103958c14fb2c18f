"""Inclusion and consistency proofs out of the published tiles: a handful of small files, whatever the log's size."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _t

from provenance import checkpoints, merkle, tiles
from provenance.checkpoints import Published
from provenance.errors import LogUnreadable, NoSuchSize
from provenance.verifier.errors import Damaged
from provenance.verifier.tlog_proof import TlogProof

TILES_KEPT: Final = 2_048  # 16 KB each with their inner nodes


@dataclass(frozen=True, slots=True)
class Inclusion:
    """That an index is in the tree of a size; hashes go from the leaf up."""

    index: int
    size: int
    hashes: tuple[bytes, ...]


def inclusion(index: int, size: int | None = None, *, published: Published | None = None) -> Inclusion:
    """Prove a leaf in the tree of `size`, or of the published checkpoint.

    Raises NoSuchSize if the published log has no such index or size, NoCheckpoint, LogUnreadable.
    """
    published = published or checkpoints.latest()
    size = published.size if size is None else size
    if not 0 <= index < size <= published.size:
        raise NoSuchSize(_t("The published log has %(size)s entries.") % {"size": published.size})
    return Inclusion(index, size, _hashes(merkle.inclusion_ranges(index, size), published.size))


def consistency(old_size: int, new_size: int | None = None, *, published: Published | None = None) -> list[bytes]:
    """Prove that the tree of `old_size` begins the tree of `new_size`, or of the published checkpoint.

    Raises NoSuchSize unless 0 < old <= new <= published, NoCheckpoint, LogUnreadable.
    """
    published = published or checkpoints.latest()
    new_size = published.size if new_size is None else new_size
    if not 0 < old_size <= new_size <= published.size:
        raise NoSuchSize(_t("The published log has %(size)s entries.") % {"size": published.size})
    return list(_hashes(merkle.consistency_ranges(old_size, new_size), published.size))


def root_at(size: int, *, published: Published | None = None) -> bytes:
    """The root that the log had at any size up to the published one. Raises NoSuchSize, LogUnreadable."""
    published = published or checkpoints.latest()
    if not 0 <= size <= published.size:
        raise NoSuchSize(_t("The published log has %(size)s entries.") % {"size": published.size})
    return _hashes([(0, size)], published.size)[0] if size else merkle.EMPTY_ROOT


def file_of(proof: Inclusion, published: Published) -> str:
    """The `.tlog-proof` file of a proof at the published size."""
    return TlogProof(proof.index, proof.hashes, published.note).text()


def forget() -> None:
    """Drop the tiles kept in memory, as a new process would have none."""
    _rows.cache_clear()


def _hashes(ranges: Sequence[merkle.Range], published_size: int) -> tuple[bytes, ...]:
    node = partial(_node, settings.LOG_DIR, published_size)
    return tuple(merkle.range_hash(low, high, node) for low, high in ranges)


def _node(folder: Path, published_size: int, level: int, number: int) -> bytes:
    """The complete subtree of 2^level leaves, out of the tile that holds it."""
    tile_level, inside = divmod(level, 8)
    tile_number, place = divmod(number << inside, tiles.TILE_WIDTH)
    # A smaller size's hashes are the beginning of the published size's, so one width serves every proof.
    width = tiles.width_at(tile_level, tile_number, published_size)
    row = _rows(folder, tile_level, tile_number, width)[inside]
    at = (place >> inside) * merkle.HASH_BYTES
    return row[at : at + merkle.HASH_BYTES]


@lru_cache(maxsize=TILES_KEPT)
def _rows(folder: Path, level: int, number: int, width: int) -> tuple[bytes, ...]:
    """A tile's hashes and the complete subtrees over them, one row for each of nine heights."""
    try:
        row = tiles.to_hashes((folder / tiles.path(level, number, width)).read_bytes())
    except (OSError, ValueError, Damaged) as error:
        raise LogUnreadable from error
    if len(row) != width:
        raise LogUnreadable
    rows = [row]
    while len(row) > 1:
        # Without calls: hashing these 255 nodes is what a proof out of a tile not in memory costs.
        row = [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)]
        rows.append(row)
    return tuple(b"".join(each) for each in rows)
