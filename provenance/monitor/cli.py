"""The command: looks once or again and again, prints what it saw, and says it by exit code.

Exit codes: 0 all as it must be; 1 a split view, a log that went back, or something false (the evidence is kept);
2 wrong usage, or the log cannot be read.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from provenance.notes import VerifierKey
from provenance.verifier.errors import Refusal, Unreadable, plain
from provenance.verifier.policy import Known, Policy

from .files import Files
from .monitor import Look, Monitor


def main(argv: Sequence[str] | None = None) -> int:
    """Follow a log and answer the exit code."""
    parser = argparse.ArgumentParser(prog="monitor", description="Follow a log from outside (c2sp.org/tlog-tiles).")
    parser.add_argument("url", help="the log's address, such as https://market.example.cn/log")
    parser.add_argument("--vkey", help="the log's verifier key, had from elsewhere than the log")
    parser.add_argument("--policy", type=Path, help="a tlog-policy in the place of a key: log, witnesses, quorum")
    parser.add_argument("--state", type=Path, required=True, help="the folder of what was verified so far")
    parser.add_argument("--witness", action="append", default=[], metavar="URL", help="compare with what it was shown")
    parser.add_argument("--every", type=float, metavar="SECONDS", help="look again and again, until something is wrong")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each look")
    try:
        options = parser.parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    try:
        monitor = Monitor(Files(options.url), _trusted(options), options.state, [Files(url) for url in options.witness])
    except (Refusal, OSError, ValueError, KeyError) as refusal:
        print(f"UNREADABLE: {refusal}", file=sys.stderr)
        return 2
    while True:
        code = _look(monitor, as_json=options.json)
        if options.every is None or code == 1:
            return code
        time.sleep(options.every)


def _trusted(options: argparse.Namespace) -> Policy:
    if (options.vkey is None) == (options.policy is None):
        raise Unreadable("whom to trust is said by either --vkey or --policy")
    if options.vkey is not None:
        return Policy(logs=[Known(VerifierKey.parse(options.vkey))])
    policy = Policy.parse(options.policy.read_text("utf-8"))
    if not policy.logs:
        raise Unreadable("the policy names no log")
    return policy


def _look(monitor: Monitor, *, as_json: bool) -> int:
    try:
        look = monitor.look()
    except (Refusal, OSError) as refusal:
        if as_json:
            print(json.dumps({"readable": False, "error": str(refusal)}, ensure_ascii=False), flush=True)
        else:
            print(f"UNREADABLE: {refusal}", file=sys.stderr, flush=True)
        return 2
    print(json.dumps(asdict(look), ensure_ascii=False) if as_json else _text(look), flush=True)
    return 1 if look.alarms else 0


def _text(look: Look) -> str:
    lines = [f"size {look.size}, root {look.root}, {look.new_entries} new entries verified"]
    if look.cosigned_by:
        lines.append(f"cosigned by {plain(', '.join(look.cosigned_by))}")
    lines += [f"note: {plain(note, 500)}" for note in look.notes]
    for alarm in look.alarms:
        lines.append(f"ALARM {alarm.kind}: {plain(alarm.sentence, 500)}")
        if alarm.evidence:
            lines.append(f"  evidence: {alarm.evidence}")
    return "\n".join(lines)
