"""The published shape of a log (C2SP tlog-tiles): paths, hash tiles, entry bundles; touches no file."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from .errors import Damaged
from .merkle import HASH_BYTES

TILE_WIDTH: Final = 256
ENTRY_BYTES_MAX: Final = 65_535
LEVEL_MAX: Final = 7  # eight levels of 256 hashes hold 2^64 leaves
ENTRIES: Final = "entries"

_NUMBER = re.compile(r"(?:x[0-9]{3}/)*[0-9]{3}")
_PATH = re.compile(rf"tile/({ENTRIES}|[0-7])/({_NUMBER.pattern})(?:\.p/([1-9][0-9]{{0,2}}))?")


def path(level: int | str, number: int, width: int = TILE_WIDTH) -> str:
    """Where a tile lies below the log's root, such as `tile/0/x001/x234/067.p/17`.

    level: 0 for leaf hashes and up, or ENTRIES for entry bundles. width: how many of 256 places are filled.
    """
    if width not in range(1, TILE_WIDTH + 1) or number < 0:
        raise ValueError(f"no tile has number {number} and width {width}")
    groups = [f"{number % 1000:03d}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03d}")
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{partial}"


def parse_path(text: str) -> tuple[int | str, int, int]:
    """Level (or ENTRIES), number and width of a tile path. Raises Damaged for a path that no tile has."""
    found = _PATH.fullmatch(text)
    if found is None:
        raise Damaged("no tile has this path")
    level = ENTRIES if found[1] == ENTRIES else int(found[1])
    number = int(found[2].replace("x", "").replace("/", ""))
    width = int(found[3] or TILE_WIDTH)
    if width > TILE_WIDTH or path(level, number, width) != text:
        raise Damaged("no tile has this path")
    return level, number, width


def width_at(level: int, number: int, size: int) -> int:
    """How many hashes the tile holds in a log of `size` leaves: 0 (it does not exist) to 256 (it is full)."""
    return max(0, min(TILE_WIDTH, (size >> (8 * level)) - number * TILE_WIDTH))


def to_hashes(tile: bytes) -> list[bytes]:
    """The hashes of a tile. Raises Damaged unless it holds 1 to 256 of them."""
    if not tile or len(tile) % HASH_BYTES or len(tile) > TILE_WIDTH * HASH_BYTES:
        raise Damaged(f"a tile of {len(tile)} bytes is no row of hashes")
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]


def from_hashes(hashes: Sequence[bytes]) -> bytes:
    """The bytes of a tile of 1 to 256 hashes."""
    tile = b"".join(hashes)
    if len(tile) != len(to_hashes(tile)) * HASH_BYTES or len(hashes) * HASH_BYTES != len(tile):
        raise ValueError("a tile holds hashes of 32 bytes")
    return tile


def to_entries(bundle: bytes) -> list[bytes]:
    """The entries of an entry bundle. Raises Damaged unless it is exactly 1 to 256 of them."""
    entries: list[bytes] = []
    at = 0
    while at < len(bundle):
        end = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
        if at + 2 > len(bundle) or end > len(bundle):
            raise Damaged("the entry bundle ends in the middle of an entry")
        entries.append(bundle[at + 2 : end])
        at = end
    if not 1 <= len(entries) <= TILE_WIDTH:
        raise Damaged(f"an entry bundle holds 1 to {TILE_WIDTH} entries, not {len(entries)}")
    return entries


def from_entries(entries: Iterable[bytes]) -> bytes:
    """The bytes of an entry bundle: each entry after its length in two bytes, big end first."""
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > ENTRY_BYTES_MAX:
            raise ValueError(f"an entry of {len(entry)} bytes is longer than {ENTRY_BYTES_MAX}")
        parts += (len(entry).to_bytes(2, "big"), entry)
    if not 1 <= len(parts) // 2 <= TILE_WIDTH:
        raise ValueError(f"an entry bundle holds 1 to {TILE_WIDTH} entries")
    return b"".join(parts)
