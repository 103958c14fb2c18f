"""provenance.verify: seconds to verify a whole published log offline, beside hashing the same entries in memory.

The floor hashes the leaves and the nodes of the same entries and reads nothing. Ours reads every bundle and every tile
from a warm page cache, compares each tile, and checks the signature. Peak memory is of the verifying process.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import _synthetic_log
from benchmarks.figures import Figure, interleaved, middle, ratio_of_rounds

COUNT = 10_000_000
ENTRY_BYTES = 500
ROUNDS = 3  # of minutes each
_VERIFY = """
import json, resource, sys, time
from pathlib import Path
from provenance.verifier.whole import examine
began = time.perf_counter()
report = examine(Path(sys.argv[1]), sys.argv[2])
took = time.perf_counter() - began
print(json.dumps([report.exit_code, took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024]))
"""


def run() -> Iterator[Figure]:
    """Seconds of ours ÷ the floor's; goal: at most 4, memory flat."""
    with TemporaryDirectory(prefix="market-bench-") as name:
        folder, tenth = Path(name) / "log", Path(name) / "tenth"
        _synthetic_log.write(folder, COUNT, entry_bytes=ENTRY_BYTES)
        _synthetic_log.write(tenth, COUNT // 10, entry_bytes=ENTRY_BYTES)
        block = [entry[:ENTRY_BYTES] for entry in _synthetic_log.entries(ENTRY_BYTES)]
        small = _verified(tenth)
        rounds = interleaved({"ours": lambda: _verified(folder), "floor": lambda: (_floor(block), 0)}, rounds=ROUNDS)
    ours, base = ([took for took, _ in found] for found in rounds.values())
    yield Figure(
        bench="provenance.verify",
        value=middle(ours),
        unit="s",
        baseline="leaf and node hashing in memory",
        baseline_value=middle(base),
        goal=4.0,
        better="lower",
        rows=COUNT,
        more={
            "ratio_of_rounds": ratio_of_rounds(ours, base),
            "peak_bytes": max(peak for _, peak in rounds["ours"]),
            "peak_bytes_of_a_tenth": small[1],
            "rounds": ours,
            "baseline_rounds": base,
        },
    )


def _verified(folder: Path) -> tuple[float, int]:
    command = [sys.executable, "-c", _VERIFY, str(folder), str(_synthetic_log.KEY.verifier_key)]
    code, took, peak = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    if code:
        raise RuntimeError("the log was not verified")
    return float(took), int(peak)


def _floor(block: list[bytes]) -> float:
    began, left = time.perf_counter(), COUNT
    while left:
        row = [sha256(b"\x00" + body).digest() for body in block[:left]]
        left -= len(row)
        while len(row) > 1:
            row = [sha256(b"\x01" + row[at] + row[at + 1]).digest() for at in range(0, len(row) - 1, 2)]
    return time.perf_counter() - began
