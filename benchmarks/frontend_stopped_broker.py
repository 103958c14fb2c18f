"""frontend.stopped_broker: how long readers wait while the broker hangs (stopped, not dead), beside a broker that runs.

Both arms are the same web process, the same pages and the same eight connections.
"""

import os
import signal
from collections.abc import Iterator

from benchmarks import _listings, services
from benchmarks.figures import ROUNDS, Figure, interleaved, middle, ratio_of_rounds
from benchmarks.frontend_catalogue import Round, addresses, measure, serve
from market.launcher import run_record

LISTINGS = 10_000
PAGES = ["/", "/ledger/", "/verify/", "/accounts/login/", "/healthz"]


def run() -> Iterator[Figure]:
    """p95 of pages with a stopped broker ÷ with a running one (goal: at most 1.2, what rounds differ by anyway)."""
    with services.running(broker=True) as found:
        broker = run_record.read(found.var)["pids"]["valkey"]
        _listings.load(LISTINGS)
        paths = addresses() + PAGES
        site, port = serve("market.wsgi:application")

        def stopped() -> Round:
            os.kill(broker, signal.SIGSTOP)
            try:
                return measure(port, paths)
            finally:
                os.kill(broker, signal.SIGCONT)

        try:
            arms = {"running": lambda: measure(port, paths), "stopped": stopped}
            interleaved(arms, rounds=1)
            rounds = interleaved(arms, rounds=ROUNDS)
        finally:
            site.terminate()
            site.wait()
    p95 = {name: [each.p95_ms for each in found] for name, found in rounds.items()}
    yield Figure(
        bench="frontend.stopped_broker",
        value=middle(p95["stopped"]) / 1000,
        unit="s, p95 of pages with a stopped broker",
        baseline="the same with a running one",
        baseline_value=middle(p95["running"]) / 1000,
        goal=1.2,
        better="lower",
        rows=LISTINGS,
        more={
            "ratio_of_rounds": ratio_of_rounds(p95["stopped"], p95["running"]),
            "rounds_ms": p95["stopped"],
            "baseline_rounds_ms": p95["running"],
        },
    )
