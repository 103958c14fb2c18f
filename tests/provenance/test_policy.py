"""Trust policies: who must have signed, and what is no policy."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provenance.notes import Checkpoint, SigningKey
from provenance.verifier.errors import NoteInvalid, NotFound, PolicyInvalid
from provenance.verifier.keys import ED25519_COSIGNER, VerifierKey
from provenance.verifier.notes import SignedNote
from provenance.verifier.policy import Policy

LOG = SigningKey.from_seed("log.example.cn", b"L" * 32)


def given_key(name: str) -> VerifierKey:
    """A witness's key that is the same in each run."""
    seed = name.encode().ljust(32, b".")
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return VerifierKey(name, public, ED25519_COSIGNER)


X1, X2, X3, Y1, Y2 = (
    given_key(name) for name in ("x1.example", "x2.example", "x3.example", "y1.example", "y2.example")
)
WITNESSES = f"witness X1 {X1}\nwitness X2 {X2} https://x2.example/\nwitness X3 {X3}\nwitness Y1 {Y1}\nwitness Y2 {Y2}\n"
# The shape of the example of tlog-policy.
TEXT = f"""# trusted since 2026
log {LOG.verifier_key} https://log.example.cn/log

{WITNESSES}
group X 2 X1 X2 X3
\tgroup Y any Y1 Y2
group X-and-Y all X Y
quorum X-and-Y
"""


@pytest.mark.parametrize(
    ("signed", "is_enough"),
    [
        ("", False),
        ("X1 X2", False),
        ("X1 Y1", False),
        ("X1 X1 Y1", False),
        ("X1 X3 Y2", True),
        ("X1 X2 X3 Y1 Y2", True),
        ("Y1 Y2", False),
        ("Z", False),
    ],
)
def test_a_quorum_of_groups_counts_its_members(signed: str, is_enough: bool) -> None:
    assert Policy.parse(TEXT).is_enough(signed.split()) is is_enough


def test_without_a_quorum_nobody_need_cosign() -> None:
    assert Policy.parse("quorum none\n").is_enough([])
    assert not Policy.parse(f"witness X1 {X1}\nquorum X1\n").is_enough([])


def test_addresses_and_keys_are_read() -> None:
    policy = Policy.parse(TEXT)

    assert policy.logs[0].key == LOG.verifier_key
    assert policy.logs[0].url == "https://log.example.cn/log"
    assert (policy.witnesses["X2"].key, policy.witnesses["X2"].url) == (X2, "https://x2.example/")


def test_a_checkpoint_of_another_log_and_one_that_too_few_cosigned_end_differently() -> None:
    note = LOG.sign(Checkpoint("log.example.cn", 5, b"r" * 32).text())
    other = SigningKey.from_seed("log.example.cn", b"M" * 32).sign(Checkpoint("log.example.cn", 5, b"r" * 32).text())
    foreign = SigningKey.from_seed("b.example", b"L" * 32).sign(Checkpoint("b.example", 5, b"r" * 32).text())
    policy = Policy.parse(TEXT)

    with pytest.raises(NotFound, match="cosigned by no witness"):
        policy.check(SignedNote.parse(note))
    with pytest.raises(NoteInvalid, match="not signed by the key"):
        policy.check(SignedNote.parse(other))
    with pytest.raises(NoteInvalid, match=r"knows no log b\.example"):
        policy.check(SignedNote.parse(foreign))
    assert Policy.parse(f"log {LOG.verifier_key}\nquorum none").check(SignedNote.parse(note))[0].size == 5


@pytest.mark.parametrize(
    ("case", "text", "says"),
    [
        ("no quorum", f"log {LOG.verifier_key}\n", "exactly one quorum"),
        ("two quorums", "quorum none\nquorum none\n", "exactly one quorum"),
        ("unknown word", "quorum none\nlogs x\n", "line 2"),
        ("a witness's key for a log", f"log {X1}\nquorum none\n", "not an Ed25519 key"),
        ("a log's key for a witness", f"witness A {LOG.verifier_key}\nquorum none\n", "not a witness's key"),
        ("the same log twice", f"log {LOG.verifier_key}\nlog {LOG.verifier_key}\nquorum none\n", "two lines"),
        ("the same witness twice", f"witness A {X1}\nwitness B {X1}\nquorum none\n", "two lines"),
        ("the same name twice", f"witness A {X1}\nwitness A {X2}\nquorum none\n", "name of its own"),
        ("none as a name", f"witness none {X1}\nquorum none\n", "name of its own"),
        ("too high a number", f"{WITNESSES}group G 3 X1 X2\nquorum G\n", "of 2 members not 3"),
        ("zero", f"{WITNESSES}group G 0 X1 X2\nquorum G\n", "of 2 members not 0"),
        ("no members", f"{WITNESSES}group G all\nquorum G\n", "members"),
        ("a member twice", f"{WITNESSES}group G 1 X1 X1\nquorum G\n", "a member twice"),
        ("in two groups", f"{WITNESSES}group G 1 X1\ngroup H 1 X1 X2\nquorum H\n", "a member twice"),
        ("used before it is named", f"group G 1 X1\nwitness X1 {X1}\nquorum G\n", "no line before"),
        ("a quorum that nobody is", "quorum Z\n", "no line before"),
        ("a carriage return", "quorum none\r\n", "control character"),
        ("three words", f"log {LOG.verifier_key} https://a b\nquorum none\n", "at most one address"),
    ],
)
def test_what_is_no_policy_is_refused_with_its_line(case: str, text: str, says: str) -> None:
    with pytest.raises(PolicyInvalid, match=says):
        Policy.parse(text)
