"""The locked child: one file in, JSON lines on a pipe, results in its own folder.

Started by `runner` as a script with an empty environment; it locks itself before it imports anything that
parses, and everything it says is data to its parent, never trusted.
"""

import hashlib
import importlib
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, TextIO

from listings.intake import lock
from listings.intake.outcomes import STAGES, Limits
from listings.intake.problems import Bad, Refused

HASH_CHUNK: Final = 1 << 20
SAY_EVERY_S: Final = 0.2


class Voice:
    """Says stages and the end on the pipe; progress at most five times a second."""

    def __init__(self, pipe: TextIO) -> None:
        self.pipe = pipe
        self.said_at = 0.0
        self.stage: dict[str, Any] = {}

    def begin(self, name: str, **totals: int) -> None:
        """A stage starts."""
        self.stage = {
            "say": "stage",
            "name": name,
            "step": STAGES.index(name) + 1,
            "steps": len(STAGES),
            **totals,
        }
        self._say(self.stage)

    def progress(self, **done: int) -> None:
        """The stage has come so far."""
        if time.monotonic() - self.said_at >= SAY_EVERY_S:
            self._say(self.stage | done)

    def end(self, kind: str, **facts: Any) -> None:
        """The last word."""
        self._say({"say": "end", "kind": kind, **facts})

    def _say(self, line: dict[str, Any]) -> None:
        self.said_at = time.monotonic()
        self.pipe.write(json.dumps(line, ensure_ascii=True) + "\n")
        self.pipe.flush()


def main() -> None:
    """Entry of the script: the order is the one argument, the pipe is what stdout was."""
    # Libraries that print must not reach the pipe.
    voice = Voice(os.fdopen(os.dup(1), "w", encoding="ascii"))
    os.dup2(2, 1)
    order = json.loads(sys.argv[1])
    limits = Limits(**order["limits"])
    source = Path(order["source"])
    try:
        means = lock.lock(
            limits,
            parent_pid=order["parent_pid"],
            output_bytes_max=limits.output_bytes_max(source.stat().st_size),
            source=source,
            folder=Path(order["folder"]),
        )
    except lock.LockFailed:
        voice.end("refused", refusal={"code": "not_locked", "facts": {}})
        return
    # Only now: what is imported here parses strangers' bytes.
    work = importlib.import_module("listings.intake.work")
    done: dict[str, Any] = {"lock": means}
    try:
        done |= hashed(source, voice)
        done |= work.do(source, Path(order["folder"]), order["filename"], limits, order["options"], voice)
        voice.end(**done)
    except Bad as bad:
        voice.end("bad", **done, problems=[asdict(problem) for problem in bad.problems], count=bad.count)
    except Refused as refused:
        voice.end("refused", **done, refusal=asdict(refused.refusal))
    except MemoryError:
        limit = limits.memory_bytes_max
        voice.end("refused", **done, refusal={"code": "over_memory", "facts": {"limit": limit}})


def hashed(source: Path, voice: Voice) -> dict[str, Any]:
    """SHA-256 and size of the file as it lies there."""
    total = source.stat().st_size
    voice.begin("hash", bytes_total=total)
    digest = hashlib.sha256()
    done = 0
    with source.open("rb") as file:
        while chunk := file.read(HASH_CHUNK):
            digest.update(chunk)
            done += len(chunk)
            voice.progress(bytes_done=done)
    return {"sha256": digest.hexdigest(), "byte_count": done}
