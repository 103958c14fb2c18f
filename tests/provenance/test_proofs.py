"""Proofs out of the published tiles are the ones that the definition gives over the leaves."""

from pathlib import Path

import pytest

from provenance import checkpoints, merkle, proofs, tiles
from provenance.edge import Edge
from provenance.errors import LogUnreadable, NoCheckpoint, NoSuchSize
from provenance.notes import SigningKey


def given_log(folder: Path, size: int) -> list[bytes]:
    """A published log of synthetic entries, without a database."""
    entries = [number.to_bytes(4, "big") for number in range(size)]
    hashes = [merkle.leaf_hash(entry) for entry in entries]
    edge = Edge()
    tiles.write_all(folder, [*edge.grow(entries, hashes), *edge.partials()])
    key = SigningKey.from_seed("log.example.cn", b"k" * 32)
    checkpoints.publish(folder, checkpoints.sign([key], size, edge.root()))
    return hashes


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 600])
def test_proofs_from_tiles_are_the_proofs_over_leaves(size: int, log_dir: Path) -> None:
    hashes = given_log(log_dir, size)
    indexes = {0, size // 2, size - 1}
    sizes = {1, size // 2 + 1, size}

    for smaller in sizes:
        assert proofs.root_at(smaller) == merkle.root(hashes[:smaller])
        assert proofs.consistency(smaller) == merkle.consistency_proof(hashes, smaller)
        for index in {each for each in indexes if each < smaller}:
            found = proofs.inclusion(index, smaller)
            assert list(found.hashes) == merkle.inclusion_proof(hashes[:smaller], index)


@pytest.mark.slow
def test_a_log_with_three_levels_of_tiles_proves_its_leaves(log_dir: Path) -> None:
    size = 70_000
    hashes = given_log(log_dir, size)
    root = merkle.root(hashes)

    assert (log_dir / "tile/0/273.p/112").is_file()
    assert (log_dir / "tile/1/001.p/17").is_file()
    assert (log_dir / "tile/2/000.p/1").is_file()
    for index in (0, 255, 256, 65_535, 65_536, 69_999):
        found = proofs.inclusion(index)
        merkle.verify_inclusion(hashes[index], index, size, found.hashes, root)
    merkle.verify_consistency(65_537, merkle.root(hashes[:65_537]), size, root, proofs.consistency(65_537))


def test_places_that_the_log_does_not_have_are_refused(log_dir: Path) -> None:
    with pytest.raises(NoCheckpoint):
        proofs.inclusion(0)
    given_log(log_dir, 5)

    for index, size in ((5, None), (-1, None), (0, 6), (3, 3), (0, 0)):
        with pytest.raises(NoSuchSize):
            proofs.inclusion(index, size)
    for old, new in ((0, 5), (6, None), (4, 3), (1, 6)):
        with pytest.raises(NoSuchSize):
            proofs.consistency(old, new)


def test_a_missing_or_damaged_tile_is_no_proof(log_dir: Path) -> None:
    given_log(log_dir, 5)
    (log_dir / "tile/0/000.p/5").write_bytes(b"short")

    with pytest.raises(LogUnreadable):
        proofs.inclusion(0)
