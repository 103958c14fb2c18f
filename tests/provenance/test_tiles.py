"""Tile paths, tiles and bundles as C2SP tlog-tiles publishes them, and files that stay as they were written."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance import tiles
from provenance.verifier.errors import Damaged


@pytest.mark.parametrize(
    ("level", "number", "width", "path"),
    [
        (0, 0, 256, "tile/0/000"),
        (0, 1234067, 256, "tile/0/x001/x234/067"),
        (0, 273, 112, "tile/0/273.p/112"),
        (1, 1, 17, "tile/1/001.p/17"),
        (tiles.ENTRIES, 1000, 1, "tile/entries/x001/000.p/1"),
    ],
)
def test_paths_are_the_published_ones(level: int | str, number: int, width: int, path: str) -> None:
    assert tiles.path(level, number, width) == path
    assert tiles.parse_path(path) == (level, number, width)


@pytest.mark.parametrize(
    "path",
    ["tile/0/1", "tile/8/000", "tile/0/x000/001", "tile/0/000.p/256", "tile/0/000.p/0", "tile/0/../000", "/tile/0/000",
     "tile/0/000\n", "tile/0/001/002", "tile/0/000.p/300", "tile/0/٠٠٠"],
)  # fmt: skip
def test_paths_that_no_tile_has_are_refused(path: str) -> None:
    with pytest.raises(Damaged):
        tiles.parse_path(path)


def test_a_log_of_seventy_thousand_has_the_published_partial_tiles() -> None:
    widths = [tiles.width_at(level, (70_000 >> 8 * level) // 256, 70_000) for level in range(3)]
    assert widths == [112, 17, 1]
    assert tiles.width_at(0, 272, 70_000) == 256
    assert tiles.width_at(0, 274, 70_000) == 0


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=256))
def test_entries_come_back_from_their_bundle(entries: list[bytes]) -> None:
    assert tiles.to_entries(tiles.from_entries(entries)) == entries


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=256))
def test_hashes_come_back_from_their_tile(hashes: list[bytes]) -> None:
    assert tiles.to_hashes(tiles.from_hashes(hashes)) == hashes


@pytest.mark.parametrize("bundle", [b"", b"\x00", b"\x00\x05abc", b"\x00\x01a\x00", b"\x00\x00" * 257])
def test_a_damaged_bundle_is_refused(bundle: bytes) -> None:
    with pytest.raises(Damaged):
        tiles.to_entries(bundle)


def test_an_entry_too_long_for_its_length_field_is_refused() -> None:
    assert len(tiles.from_entries([b"x" * 65_535])) == 65_537
    with pytest.raises(ValueError, match="65536 bytes"):
        tiles.from_entries([b"x" * 65_536])


def test_a_published_file_is_compared_and_never_replaced(tmp_path: Path) -> None:
    file = tmp_path / "tile" / "0" / "000.p" / "3"

    first = tiles.write_once(file, b"abc")
    again = tiles.write_once(file, b"abc")

    assert (first, again) == (True, False)
    with pytest.raises(tiles.TileDiffers):
        tiles.write_once(file, b"abd")
    assert file.read_bytes() == b"abc"
    assert [path.name for path in file.parent.iterdir()] == ["3"]
