"""provenance.record: complete trades a second with their events, beside the same trades without any.

Both arms are contracts.trade's: eight connections, the subscribed verbs called directly. With: every verb writes its
event, the openings and the news. Without: `outbox.record` only says that the verb spoke, and writes nothing.
"""

from collections.abc import Iterator
from functools import partial

from benchmarks import services
from benchmarks.contracts_trade import PROCESSES, SECONDS, THREADS, ask, given_stages, start
from benchmarks.figures import Figure, interleaved, middle, ratio_of_rounds


def run() -> Iterator[Figure]:
    """Trades/s with record ÷ without; goal: at least 0.75."""
    with services.running():
        stages = given_stages(PROCESSES * THREADS)
        traders = [start(stages[n * THREADS : (n + 1) * THREADS]) for n in range(PROCESSES)]
        try:
            for arm in ("ours", "mute"):
                ask(traders, f"{arm} 0 1")
            rounds = interleaved({arm: partial(ask, traders, f"{arm} 0 {SECONDS}") for arm in ("ours", "mute")})
        finally:
            for trader in traders:
                trader.communicate()
    ours, mute = ([each["trades_per_s"] for each in found] for found in rounds.values())
    yield Figure(
        bench="provenance.record",
        value=middle(ours),
        unit="trades/s",
        baseline="the same trades with a record that writes nothing",
        baseline_value=middle(mute),
        goal=0.75,
        better="higher",
        rows=PROCESSES * THREADS,
        more={
            "ratio_of_rounds": ratio_of_rounds(ours, mute),
            "client_cpu_ms": middle([each["cpu_ms"] for each in rounds["ours"]]),
            "baseline_client_cpu_ms": middle([each["cpu_ms"] for each in rounds["mute"]]),
            "rounds": ours,
            "baseline_rounds": mute,
        },
    )
