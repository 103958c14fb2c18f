"""Following a log from outside: what grows is verified, what contradicts itself is reported with its evidence."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from provenance import checkpoints, merkle, tiles
from provenance.edge import Edge
from provenance.monitor import main
from provenance.notes import CosigningKey, SigningKey
from provenance.verifier.canonical import dumps
from provenance.verifier.policy import Policy
from provenance.verifier.rotation import Rotation
from provenance.witness.memory import Memory
from provenance.witness.witness import Witness

from .test_witness import LOG, serving

ROOT = Path(__file__).parents[2]
NEXT = SigningKey.from_seed(LOG.name, b"N" * 32)


def entry(number: int, kind: str = "trade.closed", **public: Any) -> bytes:
    at = f"2026-11-25T09:00:{number % 60:02d}.000000Z"
    return dumps(
        {"v": 1, "kind": kind, "schema": 1, "at": at, "public": public, "commitments": {"n": f"{number:064x}"}}
    )


class Published:
    """A log in a folder that can grow, or show something else."""

    def __init__(self, folder: Path) -> None:
        self.entries: list[bytes] = []
        self.folder, self.edge, self.keys = folder, Edge(), [LOG]

    def grow(self, *entries: bytes) -> None:
        hashes = [merkle.leaf_hash(each) for each in entries]
        self.entries += entries
        tiles.write_all(self.folder, [*self.edge.grow(list(entries), hashes), *self.edge.partials()])
        self.sign(self.edge.size, self.edge.root())

    def sign(self, size: int, root: bytes) -> None:
        checkpoints.publish(self.folder, checkpoints.sign(self.keys, size, root))


@pytest.fixture
def log(tmp_path: Path) -> Published:
    """Three hundred entries."""
    log = Published(tmp_path / "log")
    log.grow(*(entry(number) for number in range(300)))
    return log


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def url(log: Published) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(log.folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


Look = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def look(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Look:
    """One look; the exit code and what was said."""

    def once(*options: str, vkey: str = str(LOG.verifier_key)) -> tuple[int, dict[str, Any]]:
        trust = [] if "--policy" in options else ["--vkey", vkey]
        code = main([url, "--state", str(tmp_path / "seen"), "--json", *trust, *options])
        return code, json.loads(capsys.readouterr().out)

    return once


def test_a_log_that_grows_is_followed_entry_by_entry(look: Look, log: Published) -> None:
    first = look()
    log.grow(*(entry(number) for number in range(300, 700)))
    second, third = look(), look()

    assert [(code, said["size"], said["new_entries"]) for code, said in (first, second, third)] == [
        (0, 300, 300), (0, 700, 400), (0, 700, 0),
    ]  # fmt: skip
    assert second[1]["root"] == merkle.root(merkle.leaf_hash(each) for each in log.entries).hex()


def shrink(log: Published) -> None:
    log.sign(200, merkle.root(merkle.leaf_hash(each) for each in log.entries[:200]))


def other_root(log: Published) -> None:
    log.sign(300, b"x" * 32)


def other_past(log: Published) -> None:
    """Another history of 200, then on from there: a rewritten log with tiles of its own."""
    shutil.rmtree(log.folder)
    log.edge, log.entries = Edge(), []
    log.grow(*(entry(number + 7) for number in range(400)))


def smaller_other(log: Published) -> None:
    log.sign(200, b"x" * 32)


def false_entry(log: Published) -> None:
    log.grow(entry(300), entry(301))
    file = log.folder / "tile/entries/001.p/46"
    file.write_bytes(tiles.from_entries([*log.entries[256:301], entry(999)]))


def short_bundle(log: Published) -> None:
    log.grow(entry(300), entry(301))
    (log.folder / "tile/entries/001.p/46").write_bytes(tiles.from_entries(log.entries[256:301]))


def unsigned(log: Published) -> None:
    log.keys = [SigningKey.from_seed(LOG.name, b"?" * 32)]
    log.grow(entry(300))


def no_leaf(log: Published) -> None:
    log.grow(b'{"v":1}')


def nonsense(log: Published) -> None:
    (log.folder / "checkpoint").write_text("nonsense")


@pytest.mark.parametrize(
    ("change", "kind", "says"),
    [
        (other_root, "split view", "size 300 was signed with two roots"),
        (other_past, "split view", "nothing leads from the 300 entries"),
        (smaller_other, "split view", "size 200 was signed, and"),
        (shrink, "went back", "size 200 after it showed 300"),
        (false_entry, "false", "are not those of the tree that was signed at size 302"),
        (short_bundle, "false", "holds 45 entries instead of 46"),
        (unsigned, "false", "not signed by the key"),
        (no_leaf, "false", "entry 300 is not what an entry is"),
        (nonsense, "false", "the checkpoint does not hold"),
    ],
    ids=lambda each: getattr(each, "__name__", str(each))[:20],
)
def test_what_a_log_must_not_do_is_reported_and_its_evidence_kept(
    change: Callable[[Published], None], kind: str, says: str, look: Look, log: Published
) -> None:
    assert look()[0] == 0
    before = (log.folder / "checkpoint").read_text()

    change(log)
    code, said = look()

    assert code == 1
    assert (said["alarms"][0]["kind"], says in said["alarms"][0]["sentence"]) == (kind, True), said["alarms"]
    if said["alarms"][0]["evidence"]:
        kept = Path(said["alarms"][0]["evidence"]).read_text()
        assert before in kept
        assert (log.folder / "checkpoint").read_text() in kept


def test_what_was_not_verified_is_not_remembered(look: Look, log: Published) -> None:
    look()
    false_entry(log)
    assert look()[0] == 1
    right = tiles.from_entries(log.entries[256:302])
    (log.folder / "tile/entries/001.p/46").write_bytes(right)

    code, said = look()

    assert (code, said["new_entries"]) == (0, 2)


def test_a_witness_that_was_shown_another_tree_is_a_split_view(look: Look, log: Published, tmp_path: Path) -> None:
    witness = Witness(
        CosigningKey.from_seed("w.example", b"W" * 32),
        Policy.parse(f"log {LOG.verifier_key}\nquorum none\n"),
        Memory(tmp_path / "witness"),
    )

    def show(root: bytes, size: int) -> None:
        shutil.rmtree(witness.memory.folder)
        witness.memory.folder.mkdir()
        note = checkpoints.sign([LOG], size, root).note
        assert witness.add_checkpoint(f"old 0\n\n{note}".encode()).status == 200

    with serving(witness) as seen:
        show(merkle.root(merkle.leaf_hash(each) for each in log.entries[:120]), 120)
        honest = look("--witness", seen)
        show(b"x" * 32, 120)
        split = look("--witness", seen)
        show(b"x" * 32, 900)
        ahead = look("--witness", seen)

    assert (honest[0], honest[1]["notes"]) == (0, [])
    assert (split[0], split[1]["alarms"][0]["kind"]) == (1, "split view")
    assert "was shown another tree at size 120" in split[1]["alarms"][0]["sentence"]
    assert (ahead[0], "not shown here yet" in ahead[1]["notes"][0]) == (0, True)


def test_a_key_that_both_signed_for_is_followed(look: Look, log: Published) -> None:
    look()
    rotation = Rotation(LOG.verifier_key, NEXT.verifier_key, "2026-12-25T00:00:00.000000Z")
    statement = LOG.sign(rotation.text) + NEXT.line(rotation.text)
    log.keys = [NEXT]
    log.grow(entry(300, "log.key_rotated", statement=statement))
    changed = look()
    log.grow(entry(301))

    assert (changed[0], "signed by both" in changed[1]["notes"][0]) == (0, True)
    assert look()[0] == 0


def test_a_key_that_only_the_new_one_signed_for_is_not(look: Look, log: Published) -> None:
    look()
    rotation = Rotation(LOG.verifier_key, NEXT.verifier_key, "2026-12-25T00:00:00.000000Z")
    log.keys = [NEXT]
    log.grow(entry(300, "log.key_rotated", statement=NEXT.sign(rotation.text)))

    code, said = look()

    assert code == 1
    assert "changes the log's key and does not hold" in said["alarms"][0]["sentence"]


def test_a_quorum_that_is_not_there_is_noted(look: Look, log: Published, tmp_path: Path) -> None:
    witness = CosigningKey.from_seed("w.example", b"W" * 32)
    policy = tmp_path / "policy"
    policy.write_text(f"log {LOG.verifier_key}\nwitness W {witness.verifier_key}\nquorum W\n")

    lonely = look("--policy", str(policy))
    note = (log.folder / "checkpoint").read_text()
    (log.folder / "checkpoint").write_text(note + witness.line(note.partition("\n\n")[0] + "\n", 1_700_000_000))
    cosigned = look("--policy", str(policy))

    assert "fewer witnesses than the quorum W" in lonely[1]["notes"][0]
    assert (cosigned[1]["notes"], cosigned[1]["cosigned_by"]) == ([], ["W"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["ftp://log.example/", "--vkey", str(LOG.verifier_key)],
        ["http://127.0.0.1:9/", "--vkey", str(LOG.verifier_key)],
        ["http://127.0.0.1:9/", "--vkey", "nonsense"],
        ["http://127.0.0.1:9/"],
        [],
    ],
)
def test_what_cannot_be_read_ends_with_a_sentence(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main([*arguments, "--state", str(tmp_path / "seen")])

    said = capsys.readouterr().err
    assert (code, "Traceback" in said, bool(said)) == (2, False, True)


def test_both_run_from_a_bare_checkout_without_environment(log: Published, url: str, tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"]}
    logs = tmp_path / "logs"
    logs.write_text(f"log {LOG.verifier_key}\nquorum none\n")
    manage = [sys.executable, str(ROOT / "manage.py")]
    watch = [
        *manage,
        "witness",
        "--logs",
        str(logs),
        "--state",
        str(tmp_path / "w"),
        "--name",
        "w.example",
        "--port",
        "0",
    ]

    witness = subprocess.Popen(watch, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert witness.stdout is not None
    assert witness.stderr is not None
    vkey = witness.stdout.readline()
    address = witness.stderr.readline().split()[-1]
    follow = [
        *manage,
        "monitor",
        url,
        "--vkey",
        str(LOG.verifier_key),
        "--state",
        str(tmp_path / "s"),
        "--witness",
        address,
    ]
    seen = subprocess.run(follow, env=env, capture_output=True, text=True, timeout=60, check=False)
    witness.terminate()
    code = witness.wait(timeout=20)
    witness.stdout.close()
    witness.stderr.close()

    assert vkey.startswith("w.example+")
    assert (seen.returncode, "300 new entries verified" in seen.stdout) == (0, True), seen.stderr
    assert code == 0
    assert (tmp_path / "w/key").stat().st_mode & 0o777 == 0o600
