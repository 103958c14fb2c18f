"""frontend.catalogue: pages a second of the catalogue, beside the same page with its rows held in memory.

Both arms are the product's own web process (2 workers × 4 threads) over the same database, middleware and template;
8 connections that stay open; no page is cached anywhere.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from benchmarks import _listings, services
from benchmarks.figures import ROUNDS, Figure, interleaved, middle

LISTINGS = 100_000
CALLERS = 2  # processes of four connections each
SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Round:
    """One round of one arm."""

    pages_per_s: float
    p50_ms: float
    p95_ms: float


def run() -> Iterator[Figure]:
    """Pages a second (goal: at least half of the baseline's), with the times that the reader waits."""
    with services.running():
        _listings.load(LISTINGS)
        paths = addresses()
        ours, held = serve("market.wsgi:application"), serve("benchmarks._held:application")
        try:
            arms = {"ours": lambda: measure(ours[1], paths), "held": lambda: measure(held[1], paths)}
            interleaved(arms, rounds=1)  # warm: templates, bitmaps, held rows in both workers
            rounds = interleaved(arms, rounds=ROUNDS)
            size = len(page(ours[1], paths[0]))
        finally:
            for process, _port in (ours, held):
                process.terminate()
                process.wait()
    yield Figure(
        bench="frontend.catalogue",
        value=middle([each.pages_per_s for each in rounds["ours"]]),
        unit="pages/s, 8 connections",
        baseline="same address, middleware and template, rows held in memory",
        baseline_value=middle([each.pages_per_s for each in rounds["held"]]),
        goal=0.5,
        better="higher",
        rows=LISTINGS,
        more={
            "rounds": [each.pages_per_s for each in rounds["ours"]],
            "baseline_rounds": [each.pages_per_s for each in rounds["held"]],
            "p50_ms": middle([each.p50_ms for each in rounds["ours"]]),
            "p95_ms": middle([each.p95_ms for each in rounds["ours"]]),
            "page_bytes": size,
        },
    )


def addresses() -> list[str]:
    """What readers ask: everything, a sector, a price, words, words and a sector, the second page, another order."""
    han, latin = _listings.vocabulary()
    words = [*han.words[20:200:30], *latin.words[10:60:20]]
    found = ["/catalogue/", "/catalogue/?page=2", "/catalogue/?sort=trades", "/catalogue/?price=free&price=under-1000"]
    found += [f"/catalogue/?sector={each}" for each in ("energy", "environment")]
    found += [f"/catalogue/?q={quote(word)}" for word in words]
    return found + [f"/catalogue/?q={quote(word)}&sector=energy" for word in words[:3]]


def serve(application: str) -> "tuple[subprocess.Popen[bytes], int]":
    """The web process as the launcher starts it, on a free port, answering already."""
    from market.launcher import parts

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = parts._granian(application, "127.0.0.1", str(port), parts.WEB_WORKERS, parts.WEB_THREADS)
    # One address asks for everybody here; the ceiling for one caller is not what is measured.
    unlimited = os.environ | {"LOOK_UPS_PER_MINUTE_MAX": "1000000000"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=unlimited)
    deadline = time.monotonic() + 60
    while True:
        try:
            page(port, "/healthz")
        except OSError:
            if time.monotonic() > deadline or process.poll() is not None:
                process.terminate()
                raise
            time.sleep(0.2)
        else:
            return process, port


def page(port: int, path: str) -> bytes:
    """One answer."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        return bytes(answer.read())


def measure(port: int, paths: list[str]) -> Round:
    """Eight connections ask for some seconds."""
    callers = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks._caller"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(CALLERS)
    ]
    plan = json.dumps({"host": "127.0.0.1", "port": port, "paths": paths, "seconds": SECONDS})
    for caller in callers:
        tell(caller, plan)
    for caller in callers:
        hear(caller)
    began = time.monotonic()
    for caller in callers:
        tell(caller, "go")
    times = sorted(each for caller in callers for each in json.loads(hear(caller)))
    took = time.monotonic() - began
    for caller in callers:
        caller.communicate()
    return Round(len(times) / took, times[len(times) // 2], times[len(times) * 95 // 100])


def tell(caller: "subprocess.Popen[str]", line: str) -> None:
    """One line to its input."""
    assert caller.stdin is not None
    caller.stdin.write(line + "\n")
    caller.stdin.flush()


def hear(caller: "subprocess.Popen[str]") -> str:
    """One line of its output. Raises RuntimeError when it has ended."""
    assert caller.stdout is not None
    line = caller.stdout.readline()
    if not line:
        raise RuntimeError("a caller ended early")
    return line
