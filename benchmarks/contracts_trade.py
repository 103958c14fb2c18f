"""contracts.trade: complete trades per second through the verbs, beside the same number of raw transactions.

A trade here goes from the buyer's request to the closed trade: both signatures (made by the callers), the statement
that brings the money, the opened grant, one use with the whole file metered, acceptance, division of the escrow, the
certificate. Eight connections are two processes with four threads. The sequencer, the web server and the transfer of
the file's bytes are in neither arm. contracts.trade_told is the same with the dispatcher's work done by the same
eight: every piece of news told, inboxes and letters written.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks import _raw_trade, services
from benchmarks.figures import ROUNDS, Figure, interleaved, middle, ratio_of_rounds

PROCESSES, THREADS = 2, 4
SECONDS = 5
COUNTED = 10  # trades over which transactions and statements are counted
BENCHES = {"ours": "contracts.trade", "told": "contracts.trade_told"}


def run() -> Iterator[Figure]:
    """Trades/s of ours ÷ those of the floor; goal: at least 0.15."""
    with services.running():
        stages = given_stages(PROCESSES * THREADS)
        make_floor()
        traders = [start(stages[n * THREADS : (n + 1) * THREADS]) for n in range(PROCESSES)]
        try:
            for arm in BENCHES:
                ask(traders, f"{arm} 0 1")  # warm: imports, caches, plans
            costs = {arm: counted(traders[0], arm) for arm in BENCHES}
            arms = {arm: lambda arm=arm: ask(traders, f"{arm} 0 {SECONDS}") for arm in BENCHES} | {
                f"floor of {arm}": lambda cost=cost: ask(traders, f"floor {cost.transactions} {SECONDS}")
                for arm, cost in costs.items()
            }
            rounds = interleaved(arms, rounds=ROUNDS)
        finally:
            for trader in traders:
                trader.communicate()
    for arm, bench in BENCHES.items():
        yield figure(bench, costs[arm], rounds[arm], rounds[f"floor of {arm}"])


@dataclass(frozen=True, slots=True)
class Cost:
    """What one trade asks of the database: transactions as pg_stat_database counts them, statements without BEGIN.

    Of one connection while nothing else trades: the trade's time, the client's CPU, and the time from the sending of
    its statements to their answers.
    """

    transactions: int
    statements: float
    alone_ms: float
    alone_cpu_ms: float
    alone_in_statements_ms: float


def figure(bench: str, cost: Cost, ours: list[dict[str, float]], floor: list[dict[str, float]]) -> Figure:
    """One line: medians of the rounds, and what explains them."""
    speed, base = ([each["trades_per_s"] for each in found] for found in (ours, floor))
    return Figure(
        bench=bench,
        value=middle(speed),
        unit="trades/s",
        baseline=f"raw psycopg, {cost.transactions} transactions a trade",
        baseline_value=middle(base),
        goal=0.15,
        better="higher",
        rows=PROCESSES * THREADS,
        more=asdict(cost)
        | {
            "ratio_of_rounds": ratio_of_rounds(speed, base),
            "client_cpu_ms": middle([each["cpu_ms"] for each in ours]),
            "baseline_client_cpu_ms": middle([each["cpu_ms"] for each in floor]),
            "rounds": speed,
            "baseline_rounds": base,
        },
    )


def given_stages(count: int) -> list[dict[str, Any]]:
    """A listed product with its two sides and a clerk for each connection, as the traders read them."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    from tests.builders import Signatory, given_stage

    def side(one: Signatory) -> dict[str, str]:
        private = one.key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        return {
            "person": str(one.member.person_id),
            "organisation": str(one.member.organisation_id),
            "key": private.hex(),
            "key_id": str(one.key_id),
        }

    stages = [given_stage() for _ in range(count)]
    return [
        {
            "offer": str(stage.offer.id),
            "file_bytes": stage.offer.version.resource.file_bytes,
            "supplier": side(stage.supplier),
            "buyer": side(stage.buyer),
            "clerk": {"person": str(stage.clerk.person_id), "organisation": str(stage.clerk.organisation_id)},
        }
        for stage in stages
    ]


def make_floor() -> None:
    """The floor's tables, by their owner."""
    from django.conf import settings
    from django.db import connection

    from market import grants, process

    with grants.as_owner(connection, settings.DATABASE_OWNER), process.connect() as owner:
        _raw_trade.prepare(owner)


def counted(trader: "subprocess.Popen[str]", arm: str) -> Cost:
    """What a trade of one arm costs, over some trades of one thread."""
    from market import process

    with process.connect() as watcher:
        before = committed(watcher)
        found = ask([trader], f"{arm} {COUNTED} 0")
        after = committed(watcher)
    return Cost(
        transactions=round((after - before - 1) / COUNTED),
        statements=found["statements"] / COUNTED,
        alone_ms=1000 / found["trades_per_s"],
        alone_cpu_ms=found["cpu_ms"],
        alone_in_statements_ms=found["statements_s"] * 1000 / COUNTED,
    )


def committed(watcher: Any) -> int:
    """Transactions of this database so far."""
    watcher.execute("SELECT pg_stat_clear_snapshot()")
    row = watcher.execute(
        "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
    ).fetchone()
    return int(row[0])


def forget_news() -> None:
    """What the dispatcher would have told after an arm without it; another arm must not find it."""
    from market.events.models import Dispatch

    Dispatch.objects.all().delete()


def start(stages: list[dict[str, Any]]) -> "subprocess.Popen[str]":
    """A trading process, warm enough to be told what to do."""
    trader = subprocess.Popen(
        [sys.executable, "-m", "benchmarks._trader"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    say(trader, json.dumps(stages))
    if answer(trader) != "ready":
        raise RuntimeError("a trading process did not start")
    return trader


def ask(traders: "list[subprocess.Popen[str]]", command: str) -> dict[str, float]:
    """The same command to all at once; what they did together. News that the arm leaves over is dropped."""
    for trader in traders:
        say(trader, command)
    found = [json.loads(answer(trader)) for trader in traders]
    trades = sum(each["trades"] for each in found)
    if command.startswith("ours"):
        forget_news()
    return {
        "trades_per_s": sum(each["trades"] / each["seconds"] for each in found),
        "statements": sum(each["statements"] for each in found),
        "statements_s": sum(each["statements_s"] for each in found),
        "cpu_ms": sum(each["cpu_s"] for each in found) * 1000 / max(trades, 1),
    }


def say(trader: "subprocess.Popen[str]", line: str) -> None:
    """One line to a process."""
    if trader.stdin is None:
        raise RuntimeError("a trading process has no input")
    trader.stdin.write(line + "\n")
    trader.stdin.flush()


def answer(trader: "subprocess.Popen[str]") -> str:
    """The next line from a process. Raises RuntimeError when it has ended."""
    line = trader.stdout.readline() if trader.stdout else ""
    if not line:
        raise RuntimeError("a trading process has ended")
    return line.strip()
