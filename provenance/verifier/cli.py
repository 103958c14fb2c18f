"""The command: reads one file, prints what was proved, and says it by exit code.

Exit codes: 0 verified; 1 damaged, forged, false or incomplete; 2 wrong usage or unreadable.
"""

import argparse
import importlib.util
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from .errors import Unreadable, plain

BYTES_MAX = 16 * 2**20
USAGE = "exit codes: 0 verified; 1 damaged, forged, false or incomplete; 2 wrong usage or unreadable"


def main(argv: Sequence[str] | None = None) -> int:
    """Check a bundle named on the command line and answer the exit code."""
    parser = argparse.ArgumentParser(
        prog="verify", description="Check a bundle without database, network or trust.", epilog=USAGE
    )
    parser.add_argument("bundle", type=Path, help="the bundle to check, or the folder of a whole log")
    parser.add_argument("--vkey", help="the log's verifier key, had from elsewhere than the bundle")
    parser.add_argument("--policy", type=Path, help="a tlog-policy file in the place of a key: logs, witnesses, quorum")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    try:
        options = parser.parse_args(argv)
    except SystemExit as stop:  # argparse leaves the process for --help and for wrong usage
        return int(stop.code or 0)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal without Chinese letters shows escapes
            stream.reconfigure(errors="backslashreplace")
    try:
        return _verify(options.bundle, options.vkey, options.policy, as_json=options.json)
    except Unreadable as refusal:
        return _say_unreadable(str(refusal), as_json=options.json)
    except (MemoryError, RecursionError):
        return _say_unreadable("the file is too large or too deep for this machine", as_json=options.json)


def _verify(path: Path, vkey: str | None, policy: Path | None, *, as_json: bool) -> int:
    if importlib.util.find_spec("cryptography") is None:
        raise Unreadable("signatures need the Python package cryptography: pip install cryptography")
    from . import whole  # noqa: PLC0415  cryptography was looked for first
    from .checks import examine  # noqa: PLC0415

    if vkey is not None and policy is not None:
        raise Unreadable("--vkey and --policy both say whom to trust: give one of them")
    trusted = None if policy is None else _read(policy).decode("utf-8", "replace")
    if (path / "checkpoint").is_file():
        report = whole.examine(path, vkey, trusted)
    else:
        report = examine(_read(path), vkey, trusted)
    print(json.dumps(report.as_json(), ensure_ascii=False) if as_json else report.as_text())
    return report.exit_code


def _read(path: Path) -> bytes:
    name = plain(str(path))
    try:
        is_file, exists = path.is_file(), path.exists()
        data = b""
        if is_file:  # a pipe or a device could go on for ever
            with path.open("rb") as file:
                data = file.read(BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        raise Unreadable(f"{name} cannot be read: {error}") from error
    if not is_file:
        raise Unreadable(f"{name} is not a file" if exists else f"there is no file {name}")
    if len(data) > BYTES_MAX:
        raise Unreadable(f"{name} is larger than {BYTES_MAX // 2**20} MiB, the most a bundle may have")
    return data


def _say_unreadable(sentence: str, *, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"verified": False, "verdict": "unreadable", "error": sentence}, ensure_ascii=False))
    else:
        print(f"UNREADABLE: {sentence}", file=sys.stderr)
    return 2
