"""The public doors: static files of the log, and look-ups that tell no stranger about a trade."""

import base64
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from market.events.models import Event
from market.kernel import ids
from market.participants.members import system
from provenance import certificates, checkpoints, merkle, sequencer
from provenance.models import Certificate, Leaf
from provenance.verifier.notes import SignedNote
from provenance.verifier.policy import Policy
from provenance.verifier.tlog_proof import TlogProof

from .conftest import Record

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def log(log_dir: Path, record: Record) -> Path:
    """A log of three entries."""
    for number in range(3):
        record(number)
    sequencer.drain()
    return log_dir


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_the_checkpoint_is_served_fresh_and_tiles_for_ever(client: Client, log: Path) -> None:
    checkpoint = client.get("/log/checkpoint")
    tile = client.get("/log/tile/0/000.p/3")
    entries = client.get("/log/tile/entries/000.p/3")

    assert body(checkpoint) == (log / "checkpoint").read_bytes()
    assert checkpoint["Content-Type"] == "text/plain; charset=utf-8"
    assert checkpoint["Cache-Control"] == "no-cache"
    assert body(tile) == (log / "tile/0/000.p/3").read_bytes()
    assert "immutable" in tile["Cache-Control"]
    assert body(entries) == (log / "tile/entries/000.p/3").read_bytes()


def test_the_policy_at_the_door_accepts_the_checkpoint_beside_it(client: Client, log: Path) -> None:
    answer = client.get("/log/policy")

    policy = Policy.parse(body(answer).decode())
    checkpoint, cosigned = policy.check(SignedNote.parse(body(client.get("/log/checkpoint")).decode()))

    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Cache-Control"] == "no-cache"
    assert [each.key for each in policy.logs] == [checkpoints.verifier_key()]
    assert policy.logs[0].url.endswith("/log")
    assert (checkpoint.size, cosigned, policy.quorum) == (3, [], "none")


@pytest.mark.parametrize("path", ["checkpoint", "policy", "tile/0/000.p/3"])
def test_a_reader_anywhere_may_ask_for_the_size_of_a_file_first(path: str, client: Client, log: Path) -> None:
    answer = client.head(f"/log/{path}")

    assert (answer.status_code, int(answer["Content-Length"])) == (200, (log / path).stat().st_size)
    assert answer["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "path",
    ["0/000", "0/001.p/3", "0/000.p/2", "../checkpoint", "0/..%2f..%2f..%2fcheckpoint", "0/000.p/3/", "x", "8/000"],
)
def test_no_other_path_leads_to_a_file(path: str, client: Client, log: Path) -> None:
    assert client.get(f"/log/tile/{path}").status_code == 404


def test_before_the_first_checkpoint_the_log_says_so(client: Client, log_dir: Path) -> None:
    assert client.get("/log/checkpoint").status_code == 404
    assert client.get("/api/log/checkpoint").status_code == 503


def test_an_entry_is_found_by_index_and_by_leaf_hash_with_a_proof_that_verifies(client: Client, log: Path) -> None:
    entry = client.get("/api/log/entries/1").json()
    same = client.get(f"/api/log/leaves/{entry['leaf_hash']}").json()

    assert same == entry
    leaf = base64.b64decode(entry["leaf"])
    assert sha256(b"\x00" + leaf).hexdigest() == entry["leaf_hash"]
    TlogProof.parse(entry["proof"]).verify(merkle.leaf_hash(leaf), checkpoints.verifier_key())
    assert set(entry) == {"index", "kind", "at", "leaf_hash", "is_signed", "leaf", "proof"}


def test_newest_entries_come_first_and_go_on_from_an_index(client: Client, log: Path) -> None:
    first = client.get("/api/log/entries?limit=2").json()
    rest = client.get(f"/api/log/entries?before={first[-1]['index']}").json()
    none = client.get("/api/log/entries?kind=trade.closed").json()

    assert [row["index"] for row in first + rest] == [2, 1, 0]
    assert none == []


def test_proofs_of_any_size_verify(client: Client, log: Path) -> None:
    inclusion = client.get("/api/log/proofs/inclusion?index=0&size=2").json()
    consistency = client.get("/api/log/proofs/consistency?old=2").json()

    leaf = bytes(Leaf.objects.get(index=0).leaf_hash)
    hashes = [bytes.fromhex(node) for node in inclusion["hashes"]]
    merkle.verify_inclusion(leaf, 0, 2, hashes, bytes.fromhex(inclusion["root"]))
    merkle.verify_consistency(
        2,
        bytes.fromhex(consistency["old_root"]),
        3,
        checkpoints.latest().root,
        [bytes.fromhex(node) for node in consistency["hashes"]],
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("entries/3", 404),
        ("entries/99999999999999999999", 404),
        ("leaves/" + "0" * 64, 404),
        ("leaves/zz", 422),
        ("entries?limit=101", 422),
        ("entries?before=-1", 422),
        ("proofs/inclusion?index=3", 404),
        ("proofs/inclusion", 422),
        ("proofs/consistency?old=0", 422),
        ("proofs/consistency?old=4", 404),
        (f"certificates/{uuid4()}", 404),
        ("certificates/T20261125-000001", 404),
    ],
)
def test_what_the_log_does_not_have_is_a_problem_and_not_an_error(
    path: str, status: int, client: Client, log: Path
) -> None:
    response = client.get(f"/api/log/{path}")

    assert response.status_code == status
    assert response["Content-Type"].startswith(("application/problem+json", "text/html"))


def test_an_events_own_id_finds_nothing_for_the_public(client: Client, log: Path) -> None:
    event = Event.objects.first()
    assert event is not None

    assert client.get(f"/api/log/entries/{event.id}").status_code == 404
    assert client.get(f"/api/log/certificates/{event.id}").status_code == 404


def test_a_certificate_opens_by_its_random_id_without_parties(client: Client, log: Path, record: Record) -> None:
    thread, party = ids.new_id(), ids.new_id()
    record(7, thread=thread, parties=(party,))
    certificate = certificates.issue(Certificate.Kind.TRADE, subject=thread, parties=[party], by=system("test"))
    sequencer.drain()

    answer = client.get(f"/api/log/certificates/{certificate.id}")

    assert [entry["kind"] for entry in answer.json()["entries"]] == ["test.happened", "certificate.issued"]
    assert str(party) not in answer.content.decode()
    assert str(thread) not in answer.content.decode()


def test_health_tells_size_and_what_waits(client: Client, log: Path, record: Record) -> None:
    record(4)

    health = client.get("/api/log/health").json()

    assert (health["size"], health["signed_size"], health["pending"]) == (3, 3, 1)
    assert 0 <= health["oldest_pending_s"] < 60
