"""A witness signs only growth, says why it does not, keeps the evidence; our log asks several and goes on without."""

import base64
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from provenance import checkpoints, merkle, queries, sequencer
from provenance.errors import LogHalted
from provenance.notes import Checkpoint, CosigningKey, NoteInvalid, SignedNote, SigningKey
from provenance.verifier.keys import WITNESS_KEYS, VerifierKey, cosigned_at
from provenance.verifier.policy import Policy
from provenance.witness.memory import Memory
from provenance.witness.server import Server
from provenance.witness.witness import Witness

from .conftest import Record

LOG = SigningKey.from_seed("log.example.cn", b"L" * 32)
KEY = CosigningKey.from_seed("witness.example/w1", b"W" * 32)
LEAVES = [merkle.leaf_hash(bytes([n])) for n in range(20)]


def checkpoint(size: int, root: bytes | None = None, key: SigningKey = LOG, origin: str = "") -> str:
    return key.sign(Checkpoint(origin or key.name, size, merkle.root(LEAVES[:size]) if root is None else root).text())


def request(old: int, note: str, proof: list[bytes] | None = None, size: int | None = None) -> bytes:
    if proof is None:
        size = Checkpoint.parse(SignedNote.parse(note).text).size if size is None else size
        proof = merkle.consistency_proof(LEAVES[:size], old) if 0 < old < size else []
    lines = [f"old {old}", *(base64.b64encode(node).decode() for node in proof)]
    return ("\n".join(lines) + "\n\n" + note).encode()


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    logs = Policy.parse(f"log {LOG.verifier_key}\nquorum none\n")
    return Witness(KEY, logs, Memory(tmp_path / "witness"), now=lambda: 1_700_000_000.5)


def test_a_cosignature_verifies_and_carries_its_time(witness: Witness) -> None:
    note = checkpoint(5)

    answer = witness.add_checkpoint(request(0, note))

    assert answer.status == 200
    signed = SignedNote.parse(note + answer.body)
    assert signed.signers([KEY.verifier_key]) == [KEY.verifier_key]
    assert cosigned_at(signed.signatures[1].signature) == 1_700_000_000
    assert VerifierKey.parse(str(KEY.verifier_key), WITNESS_KEYS) == KEY.verifier_key
    later = SignedNote.parse(note + answer.body.replace(answer.body.split()[2][:10], "AAAAAAAAAA"))
    assert later.signers([KEY.verifier_key]) == []  # another key id is another key


def test_a_cosignature_over_another_time_or_text_is_refused() -> None:
    text = SignedNote.parse(checkpoint(5)).text
    line = KEY.line(text, 100)
    key_id, blob = base64.b64decode(line.split()[2])[:4], base64.b64decode(line.split()[2])[4:]
    later = base64.b64encode(key_id + (101).to_bytes(8, "big") + blob[8:]).decode()

    for note in (f"{text}\n— {KEY.name} {later}\n", f"{text.replace('5', '6')}\n{line}"):
        with pytest.raises(NoteInvalid):
            SignedNote.parse(note).verified_by([KEY.verifier_key])


def test_an_ml_dsa_cosignature_verifies_too() -> None:
    from cryptography.hazmat.primitives.asymmetric import mldsa

    from provenance.verifier.keys import MLDSA44_COSIGNER, mldsa44_message
    from provenance.verifier.notes import NoteSignature

    secret = mldsa.MLDSA44PrivateKey.generate()
    key = VerifierKey("witness.example/w2", secret.public_key().public_bytes_raw(), MLDSA44_COSIGNER)
    text = SignedNote.parse(checkpoint(5)).text
    made = secret.sign(mldsa44_message(key.name, 100, text.encode()))
    line = NoteSignature(key.name, key.id, (100).to_bytes(8, "big") + made)

    assert VerifierKey.parse(str(key), WITNESS_KEYS) == key
    assert SignedNote.parse(f"{text}\n{line}\n").verified_by([key]) == [key]
    with pytest.raises(NoteInvalid):
        SignedNote.parse(f"{text.replace('5', '6')}\n{line}\n").verified_by([key])


def test_a_log_that_grows_is_cosigned_again_and_again(witness: Witness) -> None:
    statuses = [
        witness.add_checkpoint(request(old, checkpoint(new))).status for old, new in ((0, 3), (3, 8), (8, 8), (8, 20))
    ]

    assert statuses == [200] * 4
    seen = witness.memory.of(LOG.name)
    assert seen is not None
    assert seen.checkpoint.size == 20
    assert len(SignedNote.parse(seen.note).signers([LOG.verifier_key, KEY.verifier_key])) == 2


OTHER = b"x" * 32
STRANGER = SigningKey.from_seed("log.example.cn", b"S" * 32)


@pytest.mark.parametrize(
    ("case", "body", "status", "says"),
    [
        ("not this log", request(5, checkpoint(8, key=SigningKey.from_seed("b.example", b"B" * 32))), 404, "not watch"),
        ("another key", request(5, checkpoint(8, key=STRANGER)), 403, "not signed"),
        ("a false signature", request(5, checkpoint(8).replace("\n8\n", "\n9\n"), []), 403, "does not belong"),
        ("from a size that was not seen", request(3, checkpoint(8)), 409, "5\n"),
        ("as if nothing had been seen", request(0, checkpoint(8)), 409, "5\n"),
        ("back", request(5, checkpoint(4), []), 400, "larger than"),
        ("another root for the same size", request(5, checkpoint(5, OTHER)), 422, "forked"),
        ("a root that does not go on", request(5, checkpoint(8, OTHER)), 422, "does not join"),
        ("a proof too short", request(5, checkpoint(8), []), 422, "empty"),
        ("a proof too long", request(5, checkpoint(8), [OTHER] * 20), 422, "longer"),
        ("64 hashes", request(5, checkpoint(8), [OTHER] * 64), 400, "at most 63"),
        ("a hash of 31 bytes", request(5, checkpoint(8), [OTHER[:31]]), 400, "32 bytes"),
        ("no old size", checkpoint(8).encode(), 400, "old size"),
        ("a leading zero", b"old 05\n\n" + checkpoint(8).encode(), 400, "old size"),
        ("no checkpoint", b"old 5\n\nhello\n", 400, "note"),
        ("not UTF-8", b"old 5\n\n\xff", 400, "utf-8"),
        ("empty", b"", 400, "old size"),
    ],
)
def test_what_is_not_growth_is_refused_with_the_status_of_the_protocol(
    case: str, body: bytes, status: int, says: str, witness: Witness
) -> None:
    assert witness.add_checkpoint(request(0, checkpoint(5))).status == 200

    answer = witness.add_checkpoint(body)

    assert (answer.status, says in answer.body) == (status, True), answer
    assert answer.content_type == ("text/x.tlog.size" if status == 409 else "text/plain; charset=utf-8")
    seen = witness.memory.of(LOG.name)
    assert seen is not None
    assert seen.checkpoint.size == 5


def test_two_trees_under_one_signature_are_kept_as_evidence(witness: Witness) -> None:
    honest, other = checkpoint(5), checkpoint(5, OTHER)
    witness.add_checkpoint(request(0, honest))

    for _ in range(2):
        witness.add_checkpoint(request(5, other))
        witness.add_checkpoint(request(0, other))

    (kept,) = witness.memory.evidence(LOG.name)
    text = kept.read_text()
    assert honest.strip() in text
    assert other in text


def test_an_empty_log_is_cosigned_and_only_with_the_root_of_nothing(witness: Witness) -> None:
    assert witness.add_checkpoint(request(0, checkpoint(0, OTHER))).status == 422
    assert witness.add_checkpoint(request(0, checkpoint(0))).status == 200
    assert witness.add_checkpoint(request(0, checkpoint(4))).status == 200


def test_the_time_of_a_cosignature_never_goes_back(witness: Witness) -> None:
    witness.add_checkpoint(request(0, checkpoint(5)))
    witness.now = lambda: 5.0

    answer = witness.add_checkpoint(request(5, checkpoint(8)))

    assert cosigned_at(SignedNote.parse(checkpoint(8) + answer.body).signatures[1].signature) == 1_700_000_000


def test_of_two_requests_at_once_one_wins_and_none_is_rolled_back(witness: Witness) -> None:
    witness.add_checkpoint(request(0, checkpoint(2)))

    with ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(lambda size: witness.add_checkpoint(request(2, checkpoint(size))), range(3, 19)))

    assert sorted(answer.status for answer in answers) == [200] + [409] * 15


def test_a_damaged_memory_signs_nothing(witness: Witness) -> None:
    witness.add_checkpoint(request(0, checkpoint(5)))
    (witness.memory.folder / sha256(LOG.name.encode()).hexdigest() / "checkpoint").write_text("half")

    assert witness.add_checkpoint(request(0, checkpoint(8))).status == 500


@contextmanager
def serving(witness: Witness) -> Iterator[str]:
    server = Server(("127.0.0.1", 0), witness)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def call(url: str, body: bytes | None = None) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=body), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_over_http_it_cosigns_and_shows_monitors_what_it_has_seen(witness: Witness) -> None:
    place = sha256(LOG.name.encode()).hexdigest()

    with serving(witness) as url:
        assert call(f"{url}/{place}/checkpoint")[0] == 404
        status, line = call(f"{url}/add-checkpoint", request(0, checkpoint(5)))
        shown = call(f"{url}/{place}/checkpoint")
        others = [call(url + path)[0] for path in ("/", "/../key", f"/{place}/../key", f"/{place}/evidence")]
        large = call(f"{url}/add-checkpoint", b"x" * 1_200_000)

    assert (status, shown[0]) == (200, 200)
    assert shown[1].endswith(line)
    assert others == [404] * 4
    assert large[0] == 413


# --- our log and its witnesses ------------------------------------------------------------------


def given_witnesses(folder: Path, settings: Any, count: int, quorum: str) -> list[Witness]:
    """Witnesses that watch our log; their addresses come later."""
    logs = Policy.parse(f"log {checkpoints.verifier_key()}\nquorum none\n")
    keys = [CosigningKey.from_seed(f"w{n}.example", bytes([n]) * 32) for n in range(count)]
    settings.LOG_WITNESSES = folder / "witnesses.policy"
    return [Witness(key, logs, Memory(folder / key.name)) for key in keys]


def point_at(settings: Any, witnesses: list[Witness], urls: list[str], needed: int) -> None:
    lines = [f"witness W{n} {w.key.verifier_key} {url}" for n, (w, url) in enumerate(zip(witnesses, urls, strict=True))]
    names = " ".join(f"W{n}" for n in range(len(witnesses)))
    settings.LOG_WITNESSES.write_text("\n".join([*lines, f"group G {needed} {names}", "quorum G"]) + "\n")


@pytest.mark.django_db(transaction=True)
def test_our_checkpoint_is_cosigned_by_several_and_by_those_that_answer(
    log_dir: Path, record: Record, settings: Any, tmp_path: Path
) -> None:
    witnesses = given_witnesses(tmp_path, settings, 3, "G")
    with serving(witnesses[0]) as first, serving(witnesses[1]) as second:
        point_at(settings, witnesses, [first, second, "http://127.0.0.1:9/"], needed=2)
        for number in range(5):
            record(number)
        began = time.monotonic()
        sequencer.drain()
        took = time.monotonic() - began
        record(6)
        sequencer.drain()

    published = checkpoints.latest(log_dir)
    policy = Policy.parse((log_dir / "policy").read_text())
    assert policy.check(SignedNote.parse(published.note)) == (published.checkpoint, ["W0", "W1"])
    assert took < 5
    health = queries.signing()
    assert (health.witnesses, health.cosigned_by, health.has_quorum) == (3, ("W0", "W1"), True)


@pytest.mark.django_db(transaction=True)
def test_without_its_witnesses_the_log_goes_on_and_is_cosigned_when_they_are_back(
    log_dir: Path, record: Record, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from provenance import cosigning

    monkeypatch.setattr(cosigning, "REST_S", (0.0, 0.0))
    (witness,) = given_witnesses(tmp_path, settings, 1, "G")
    point_at(settings, [witness], ["http://127.0.0.1:9/"], needed=1)
    record(1)
    running = sequencer.Sequencer()
    running.round()
    assert (checkpoints.latest(log_dir).size, queries.signing().has_quorum) == (1, False)

    with serving(witness) as url:
        known = running.publisher.trusted.witnesses
        known["W0"] = type(known["W0"])(known["W0"].key, url)
        running.round()
    running.close()

    assert queries.signing().has_quorum
    assert checkpoints.latest(log_dir).size == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("size", "says"), [(9, "went back together"), (2, "was forked")])
def test_our_own_signature_at_a_witness_stops_a_log_that_went_back(
    size: int, says: str, log_dir: Path, record: Record, settings: Any, tmp_path: Path
) -> None:
    (witness,) = given_witnesses(tmp_path, settings, 1, "G")
    own = SigningKey.from_seed(settings.LOG_ORIGIN, settings.LOG_SIGNING_KEY)
    witness.add_checkpoint(request(0, checkpoint(size, OTHER, key=own)))
    for number in range(3):
        record(number)

    with serving(witness) as url:
        point_at(settings, [witness], [url], needed=1)
        with pytest.raises(LogHalted, match=says):
            sequencer.drain()

    assert checkpoints.read(log_dir) is None or checkpoints.latest(log_dir).size == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("case", "answer"),
    [
        ("a number without our signature behind it", lambda self: self._say_raw(409, "999\n")),
        ("no size", lambda self: self._say_raw(409, "x")),
        ("garbage", lambda self: self._say_raw(200, "— w0.example AAAA\n")),
        ("a refusal", lambda self: self._say_raw(422, "no")),
    ],
)
def test_a_witness_alone_cannot_stop_our_log(
    case: str, answer: Callable[..., None], log_dir: Path, record: Record, settings: Any, tmp_path: Path
) -> None:
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Liar(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            answer(self)

        def do_GET(self) -> None:
            self._say_raw(404, "")

        def _say_raw(self, status: int, body: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    (witness,) = given_witnesses(tmp_path, settings, 1, "G")
    server = HTTPServer(("127.0.0.1", 0), Liar)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    point_at(settings, [witness], [f"http://127.0.0.1:{server.server_port}"], needed=1)
    record(1)

    sequencer.drain()
    server.shutdown()
    thread.join()
    server.server_close()

    assert (checkpoints.latest(log_dir).size, queries.signing().has_quorum) == (1, False)
