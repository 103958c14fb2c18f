"""Signed notes, checkpoints and keys against the published examples, and what must be refused."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.notes import Checkpoint, NoteInvalid, SignedNote, SigningKey, VerifierKey
from provenance.verifier.merkle import leaf_hash, root
from provenance.verifier.notes import ed25519_accepts
from provenance.verifier.tlog_proof import TlogProof

from . import vectors
from .small_log import SmallLog

# The example of C2SP signed-note.
VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SIGNATURE = "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
TEXT = "This is an example message.\n"
NOTE = f"{TEXT}\n— example.com/foo {SIGNATURE}\n"
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
# The example of Go's golang.org/x/mod/sumdb/note, and of C2SP tlog-checkpoint.
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
SOFA = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n— example.com/behind-the-sofa"
    " Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)


def test_the_published_note_verifies() -> None:
    key = VerifierKey.parse(VKEY)

    note = SignedNote.parse(NOTE)

    assert note.text == TEXT
    assert note.verified_by([key]) == [key]


def test_a_note_that_another_program_signed_verifies_and_not_with_a_letter_changed() -> None:
    key = VerifierKey.parse(GO_VKEY)

    assert SignedNote.parse(GO_NOTE).verified_by([key]) == [key]

    with pytest.raises(NoteInvalid, match="does not belong to this text"):
        SignedNote.parse(GO_NOTE.replace("answer", "Answer")).verified_by([key])


def test_the_published_checkpoint_is_read_and_written_byte_for_byte() -> None:
    note = SignedNote.parse(SOFA)

    checkpoint = Checkpoint.parse(note.text)

    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert checkpoint.root.hex() == "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62"
    assert checkpoint.text() == note.text


@pytest.mark.parametrize("vkey", [VKEY, GO_VKEY])
def test_published_keys_are_written_as_they_were_read(vkey: str) -> None:
    assert str(VerifierKey.parse(vkey)) == vkey


def test_what_we_sign_verifies_under_our_key_and_no_other() -> None:
    key = SigningKey.from_seed("log.example.cn", b"1" * 32)

    note = SignedNote.parse(key.sign("第一行\nsecond line\n"))

    assert note.verified_by([key.verifier_key]) == [key.verifier_key]
    with pytest.raises(NoteInvalid, match="not signed by the key"):
        note.verified_by([VerifierKey.parse(VKEY)])


def test_a_signing_key_never_shows_its_secret() -> None:
    assert "secret" not in repr(SigningKey.from_seed("log.example.cn", b"1" * 32))


def test_lines_of_unknown_keys_are_passed_over() -> None:
    others = "".join(f"— w{n}.example {base64.b64encode(bytes([n]) * 76).decode()}\n" for n in range(16))

    note = SignedNote.parse(f"{NOTE}{others}")

    assert len(note.verified_by([VerifierKey.parse(VKEY)])) == 1


def test_one_failing_line_of_a_known_key_refuses_the_whole_note() -> None:
    blob = bytearray(base64.b64decode(SIGNATURE))
    blob[-1] ^= 1
    false_line = f"— example.com/foo {base64.b64encode(blob).decode()}\n"

    with pytest.raises(NoteInvalid, match="does not belong to this text"):
        SignedNote.parse(NOTE + false_line).verified_by([VerifierKey.parse(VKEY)])


@pytest.mark.parametrize(
    ("case", "note"),
    [
        ("carriage returns", NOTE.replace("\n", "\r\n")),
        ("no last newline", NOTE[:-1]),
        ("no blank line", NOTE.replace("\n\n", "\n")),
        ("no signature", f"{TEXT}\n"),
        ("a hyphen for the dash", NOTE.replace("—", "-")),
        ("a tab in the text", NOTE.replace("an example", "an\texample")),
        ("two spaces", NOTE.replace("foo U", "foo  U")),
        ("a plus in the name", NOTE.replace("foo U", "foo+ U")),
        ("no base64", NOTE.replace("Uw2Q", "Uw2*")),
        ("base64 of too few bytes", f"{TEXT}\n— example.com/foo AAAA\n"),
        ("padding bits that are not zero", NOTE.replace("neyaQM=", "neyaQN=")),
        ("a lone surrogate", NOTE.replace("example m", "\ud800 m")),
        ("too many signatures", TEXT + "\n" + f"— example.com/foo {SIGNATURE}\n" * 257),
        ("empty", ""),
    ],
)
def test_a_malformed_note_is_refused(case: str, note: str) -> None:
    with pytest.raises(NoteInvalid):
        SignedNote.parse(note)


@pytest.mark.parametrize(
    "vkey",
    ["", "a+b", VKEY[:-1], VKEY.replace("530d", "530e"), VKEY.replace("foo", "fop"), VKEY.replace("+Ae", "+Be")],
)
def test_a_mistyped_key_is_refused(vkey: str) -> None:
    with pytest.raises(NoteInvalid):
        VerifierKey.parse(vkey)


ROOT = base64.b64encode(b"r" * 32).decode()


@given(st.integers(0, 2**62), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_reads_as_it_was_written(size: int, root: bytes) -> None:
    checkpoint = Checkpoint("log.example.cn/a", size, root)
    assert Checkpoint.parse(checkpoint.text()) == checkpoint


@pytest.mark.parametrize(
    ("case", "text"),
    [
        ("leading zero", f"o\n01\n{ROOT}\n"),
        ("sign", f"o\n+1\n{ROOT}\n"),
        ("other digits", f"o\n１\n{ROOT}\n"),
        ("endless size", f"o\n{'9' * 5000}\n{ROOT}\n"),
        ("short root", "o\n1\nAAAA\n"),
        ("no origin", f"\n1\n{ROOT}\n"),
        ("no root", "o\n1\n"),
        ("no last newline", f"o\n1\n{ROOT}"),
        ("empty extension", f"o\n1\n{ROOT}\n\n"),
    ],
)
def test_a_malformed_checkpoint_is_refused(case: str, text: str) -> None:
    with pytest.raises(NoteInvalid):
        Checkpoint.parse(text)


def test_a_proof_file_reads_as_it_was_written_and_proves_its_leaf() -> None:
    log = SmallLog()
    leaf = leaf_hash(log.leaves()[4])
    proof = tuple(bytes.fromhex(node) for node in log.bundle()["entries"][3]["proof"])
    text = TlogProof(4, proof, log.checkpoint()).text()

    read = TlogProof.parse(text)
    checkpoint = read.verify(leaf, log.log_key.verifier_key)

    assert text.startswith("c2sp.org/tlog-proof@v1\nindex 4\n")
    assert read.text() == text
    assert checkpoint.root == root(leaf_hash(entry) for entry in log.leaves())


@pytest.mark.parametrize("change", [("index 4", "index 3"), ("proof@v1", "proof@v2"), ("\n\n", "\n")])
def test_a_changed_proof_file_is_refused(change: tuple[str, str]) -> None:
    log = SmallLog()
    proof = tuple(bytes.fromhex(node) for node in log.bundle()["entries"][3]["proof"])
    text = TlogProof(4, proof, log.checkpoint(), extra=b"x").text().replace(*change, 1)

    with pytest.raises(ValueError, match=r"proof|checkpoint|note"):
        TlogProof.parse(text).verify(leaf_hash(log.leaves()[4]), log.log_key.verifier_key)


def test_the_public_ed25519_cases_are_accepted_as_by_other_libraries() -> None:
    cases = json.loads((vectors.folder("ed25519") / "ed25519vectors.json").read_text())
    assert len(cases) == 914

    accepted = [
        case
        for case in cases
        if ed25519_accepts(bytes.fromhex(case["key"]), case["msg"].encode(), bytes.fromhex(case["sig"]))
    ]

    # Go's crypto/ed25519 and WebCrypto in node accept the same 208.
    assert len(accepted) == 208
