"""The verifier as a command: what it prints, its exit codes, and that nothing makes it fall over."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from provenance.notes import SigningKey
from provenance.verifier import main
from provenance.verifier.keys import ED25519_COSIGNER, VerifierKey

from .small_log import SmallLog, encode

ROOT = Path(__file__).parents[2]


def write(folder: Path, data: bytes) -> str:
    file = folder / "trade.json"
    file.write_bytes(data)
    return str(file)


def test_the_command_prints_one_object_and_answers_by_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = SmallLog()
    honest = write(tmp_path, encode(log.bundle()))

    code = main([honest, "--vkey", log.vkey, "--json"])

    said = json.loads(capsys.readouterr().out)
    assert code == 0
    assert (said["verified"], said["verdict"], said["size"]) == (True, "verified", 11)
    assert len(said["steps"]) == 13


@pytest.mark.parametrize(
    ("case", "arguments", "code"),
    [
        ("no file", ["absent.json"], 2),
        ("a folder", ["."], 2),
        ("a device", ["/dev/zero"], 2),
        ("a name no file has", ["a\x00b"], 2),
        ("no arguments", [], 2),
        ("unknown option", ["x", "--deep"], 2),
        ("help", ["--help"], 0),
    ],
)
def test_wrong_usage_is_one_sentence(
    case: str, arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == code
    assert "Traceback" not in capsys.readouterr().err


def test_a_policy_says_whom_to_trust_in_the_place_of_a_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = SmallLog()
    honest = write(tmp_path, encode(log.bundle()))
    witness = VerifierKey("w.example", b"\x01" * 32, ED25519_COSIGNER)
    policies = {
        "trusted": f"log {log.vkey}\nquorum none\n",
        "witnessed": f"log {log.vkey}\nwitness W {witness}\nquorum W\n",
        "other": f"log {SigningKey.from_seed('b.example', b'2' * 32).verifier_key}\nquorum none\n",
        "none": "nonsense",
        "no log": "quorum none\n",
    }
    for name, text in policies.items():
        (tmp_path / name).write_text(text)

    codes = {name: main([honest, "--policy", str(tmp_path / name)]) for name in policies}

    assert codes == {"trusted": 0, "witnessed": 1, "other": 1, "none": 2, "no log": 2}
    assert "the policy asks for the quorum W" in capsys.readouterr().out
    assert main([honest, "--vkey", log.vkey, "--policy", str(tmp_path / "trusted")]) == 2


def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    main(["absent.json"])

    assert capsys.readouterr().err == "UNREADABLE: there is no file absent.json\n"


@pytest.mark.parametrize("said", [None, "", "dm-bundel/v1", 1, ["dm-bundle/v1"]])
def test_a_bundle_whose_format_was_taken_out_or_changed_is_damaged(tmp_path: Path, said: object) -> None:
    bundle = SmallLog().bundle()
    changed = {**bundle, "format": said}
    without = {name: each for name, each in bundle.items() if name != "format"}

    assert main([write(tmp_path, encode(changed))]) == 1
    assert main([write(tmp_path, encode(without))]) == 1


def test_a_key_that_is_none_and_a_format_of_tomorrow_are_unreadable(tmp_path: Path) -> None:
    bundle = SmallLog().bundle()

    assert main([write(tmp_path, encode(bundle)), "--vkey", "nonsense"]) == 2
    assert main([write(tmp_path, encode({**bundle, "format": "dm-bundle/v2"}))]) == 2


@pytest.mark.parametrize(
    ("case", "data", "code"),
    [
        ("empty", b"", 1),
        ("a picture", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), 1),
        ("deep", b"[" * 1_000_000, 1),
        ("many", b"[" + b"[]," * 200_000 + b"[]]", 1),
        ("huge", b" " * (16 * 2**20 + 1), 2),
    ],
)
def test_hostile_files_get_a_sentence(
    case: str, data: bytes, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([write(tmp_path, data)]) == code
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    assert len((said.out + said.err).splitlines()) < 12


def test_text_from_a_bundle_cannot_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = SmallLog().bundle() | {"origin": "\x1b[2Jlog\u202e", "vkey": "\x1b]0;x\x07"}

    main([write(tmp_path, encode(bundle))])

    assert not {"\x1b", "\x07", "\u202e"} & set(capsys.readouterr().out)


def test_the_command_runs_from_a_bare_checkout(tmp_path: Path) -> None:
    log = SmallLog()
    file = write(tmp_path, encode(log.bundle()))
    watch = "import sys, runpy; sys.argv = ['verify', *sys.argv[1:]]\n"
    watch += "try: runpy.run_module('provenance.verifier', run_name='__main__')\n"
    watch += "finally: assert not {'django', 'psycopg', 'market'} & set(sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", watch, file, "--vkey", log.vkey],
        cwd=ROOT, env={}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("VERIFIED: a trade with its agreement and 9 log entries")
