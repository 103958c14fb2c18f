"""provenance.proof: seconds for one inclusion proof out of the tiles, ten million leaves beside ten thousand.

In process, over the published files in a warm page cache, at random indexes, each index once; no proof is stored.
A process keeps some tiles in memory: those of ten thousand leaves fit in whole, of ten million most proofs read one.
`consistency` joins a random size to the published one.
"""

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import _synthetic_log, services
from benchmarks.figures import Figure, middle

SMALL, LARGE = 10_000, 10_000_000
PROOFS = 10_000


def run() -> Iterator[Figure]:
    """Median of ours at ten million ÷ at ten thousand; goal: at most 2, and below a millisecond each."""
    with TemporaryDirectory(prefix="market-bench-") as name:
        folders = {size: Path(name) / str(size) for size in (SMALL, LARGE)}
        roots = {size: _synthetic_log.write(folder, size) for size, folder in folders.items()}
        with services.configured():
            yield from _figures(folders, roots)


def _figures(folders: dict[int, Path], roots: dict[int, bytes]) -> Iterator[Figure]:
    from django.conf import settings

    from provenance import checkpoints, proofs

    found: dict[int, dict[str, list[float]]] = {}
    for size, folder in folders.items():
        settings.LOG_DIR = folder
        _read_all(folder)
        published = checkpoints.latest()
        if published.root != roots[size]:
            raise RuntimeError("the log has another root than was written")
        proofs.forget()
        indexes = random.Random(size).sample(range(size), PROOFS)
        found[size] = {
            "inclusion": _timed(proofs.inclusion, indexes),
            "consistency": _timed(proofs.consistency, [index or 1 for index in indexes[:1_000]]),
        }
    small, large = found[SMALL]["inclusion"], found[LARGE]["inclusion"]
    yield Figure(
        bench="provenance.proof",
        value=middle(large),
        unit="s",
        baseline=f"the same at {SMALL} leaves",
        baseline_value=middle(small),
        goal=2.0,
        better="lower",
        rows=PROOFS,
        more={
            "p99_s": sorted(large)[len(large) * 99 // 100],
            "baseline_p99_s": sorted(small)[len(small) * 99 // 100],
            "consistency_s": middle(found[LARGE]["consistency"]),
            "consistency_p99_s": sorted(found[LARGE]["consistency"])[990],
        },
    )


def _timed(prove: Callable[[int], object], numbers: list[int]) -> list[float]:
    times = []
    for number in numbers:
        began = time.perf_counter()
        prove(number)
        times.append(time.perf_counter() - began)
    return times


def _read_all(folder: Path) -> None:
    """Into the page cache."""
    for file in folder.rglob("*"):
        if file.is_file():
            file.read_bytes()
