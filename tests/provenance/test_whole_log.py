"""A whole log in a folder is verified offline; whatever was changed in it is named with its place."""

import json
import tracemalloc
from pathlib import Path

import pytest

from provenance import merkle, tiles
from provenance.notes import SigningKey
from provenance.verifier import main
from provenance.verifier.whole import walk

from .test_monitor import Published, entry
from .test_witness import LOG


@pytest.fixture
def log(tmp_path: Path) -> Published:
    """Seven hundred entries: full tiles, unfinished ones, a tile over tiles."""
    log = Published(tmp_path / "log")
    log.grow(*(entry(number) for number in range(700)))
    return log


def verified(log: Published, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, str], str]:
    code = main([str(log.folder), "--json", *(options or ("--vkey", str(LOG.verifier_key)))])
    said = json.loads(capsys.readouterr().out)
    return code, {step["step"]: step["status"] for step in said.get("steps", [])}, json.dumps(said)


def test_a_whole_log_is_proved_under_its_key(log: Published, capsys: pytest.CaptureFixture[str]) -> None:
    assert verified(log, capsys)[:2] == (0, {"checkpoint": "proved", "entries": "proved"})
    assert walk(log.folder, 700).root() == merkle.root(merkle.leaf_hash(each) for each in log.entries)


def test_without_a_key_whose_log_it_is_stays_open(log: Published, capsys: pytest.CaptureFixture[str]) -> None:
    code = main([str(log.folder)])

    assert code == 1
    assert "INCOMPLETE" in capsys.readouterr().out


def test_another_key_is_false(log: Published, capsys: pytest.CaptureFixture[str]) -> None:
    other = SigningKey.from_seed(LOG.name, b"O" * 32).verifier_key

    assert verified(log, capsys, "--vkey", str(other))[:2] == (1, {"checkpoint": "false", "entries": "proved"})


@pytest.mark.parametrize(
    ("name", "at", "says"),
    [
        ("tile/entries/001", 2 + 30, "tile/0/001 does not fit the entries, from index 256 on"),
        ("tile/0/002.p/188", 5 * 32, "tile/0/002.p/188 does not fit the entries, from index 517 on"),
        ("tile/1/000.p/2", 33, "tile/1/000.p/2 does not fit the entries, from index 256 on"),
        ("tile/entries/002.p/188", 0, "entry bundle"),
        ("checkpoint", -9, "does not belong to this text"),
    ],
)
def test_one_flipped_byte_is_named(
    name: str, at: int, says: str, log: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    content = bytearray((log.folder / name).read_bytes())
    content[at] ^= 1
    (log.folder / name).write_bytes(content)

    code, _, said = verified(log, capsys)

    assert (code, says in said) == (1, True), said


def test_a_missing_file_is_not_found_and_not_called_false(log: Published, capsys: pytest.CaptureFixture[str]) -> None:
    (log.folder / "tile/0/001").unlink()

    code, steps, _ = verified(log, capsys)

    assert (code, steps["entries"]) == (1, "not found")


def test_entries_and_tiles_changed_together_do_not_reach_the_signed_root(
    log: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = [*log.entries[512:699], entry(1)]
    (log.folder / "tile/entries/002.p/188").write_bytes(tiles.from_entries(changed))
    (log.folder / "tile/0/002.p/188").write_bytes(tiles.from_hashes([merkle.leaf_hash(each) for each in changed]))

    code, _, said = verified(log, capsys)

    assert (code, "another root than the one that was signed" in said) == (1, True)


def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    peaks = []
    for size in (1_024, 8_192):
        log = Published(tmp_path / str(size))
        log.grow(*(entry(number) for number in range(size)))
        log.entries.clear()
        tracemalloc.start()
        walk(log.folder, size)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < 1.5 * peaks[0]
