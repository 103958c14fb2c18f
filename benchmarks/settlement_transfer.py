"""settlement.transfer and settlement.hot: transfers a second on eight connections, beside one INSERT each.

settlement.transfer: the verb escrow.refund (a part, under a fresh key) with its idempotency row, the obligation's lock,
holds, one transfer of one posting and its event, ÷ `atomic()` with one INSERT through Django's cursor in the same
processes. settlement.hot: `ledger.post` crediting one rolled account ÷ crediting 10,000 kept accounts; the guarded
accounts that pay are 10,000 in both, drawn at random. Eight connections are two processes with four threads; rolling
up runs beside the hot arm as the beat does, each second instead of each minute.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

from benchmarks import services
from benchmarks.contracts_trade import answer, say
from benchmarks.figures import ROUNDS, Figure, interleaved, middle, ratio_of_rounds

PROCESSES, THREADS, SECONDS = 2, 4, 4
ACCOUNTS = 10_000
ARMS = ("verb", "insert", "hot", "spread", "post")


def run() -> Iterator[Figure]:
    """Both figures out of the same rounds; goals: at least 0.2 and 0.5."""
    with services.running():
        given_accounts()
        stage = given_stage()
        movers = [start(json.dumps({**stage, "number": n})) for n in range(PROCESSES)]
        try:
            for arm in ARMS:
                ask(movers, f"{arm} 1")  # warm: imports, caches, plans
            arms = {arm: partial(ask, movers, f"{arm} {SECONDS}") for arm in ARMS}
            rounds = interleaved(arms, rounds=ROUNDS)
            profile = profiled(movers[0])
            exact = is_exact()
        finally:
            for mover in movers:
                mover.communicate()
    rates = {arm: [each["per_s"] for each in found] for arm, found in rounds.items()}
    cpu = {arm: middle([each["cpu_ms"] for each in found]) for arm, found in rounds.items()}
    yield _figure("settlement.transfer", "verb", "insert", 0.2, rates, cpu, profile)
    yield _figure("settlement.hot", "hot", "spread", 0.5, rates, cpu, {"balance_is_exact": exact})


def _figure(
    bench: str,
    ours: str,
    floor: str,
    goal: float,
    rates: dict[str, list[float]],
    cpu: dict[str, float],
    more: dict[str, object],
) -> Figure:
    baselines = {"insert": "atomic() with one INSERT, Django's cursor", "spread": f"crediting {ACCOUNTS} accounts"}
    return Figure(
        bench=bench,
        value=middle(rates[ours]),
        unit="transfers/s",
        baseline=baselines[floor],
        baseline_value=middle(rates[floor]),
        goal=goal,
        better="higher",
        rows=PROCESSES * THREADS,
        more={
            "ratio_of_rounds": ratio_of_rounds(rates[ours], rates[floor]),
            "rounds": rates[ours],
            "baseline_rounds": rates[floor],
            "client_cpu_ms": cpu[ours],
            "baseline_client_cpu_ms": cpu[floor],
            "post_alone_per_s": middle(rates["post"]),
            **more,
        },
    )


def given_accounts() -> None:
    """10,000 organisations with money each, and the floor's table."""
    from django.conf import settings
    from django.db import connection, transaction

    from market import grants
    from market.kernel import ids
    from market.participants.models import Organisation
    from settlement import accounts, ledger
    from settlement.ledger import Entry
    from settlement.states import TransferKind

    with grants.as_owner(connection, settings.DATABASE_OWNER) as owner, owner.cursor() as cursor:
        cursor.execute("CREATE TABLE floor_row (id uuid PRIMARY KEY, amount bigint NOT NULL, at timestamptz NOT NULL)")
        cursor.execute("GRANT SELECT, INSERT ON floor_row TO market_app")
    made = Organisation.objects.bulk_create(
        [
            Organisation(kind="enterprise", name=f"对照{n}", uscc=f"B{n:017d}", district="140105", sector="data")
            for n in range(ACCOUNTS)
        ]
    )
    bank = accounts.bank("CNY")
    for first in range(0, ACCOUNTS, 1_000):
        payers = [accounts.org(each.id, "CNY") for each in made[first : first + 1_000]]
        with transaction.atomic():
            ledger.post(
                TransferKind.LINE_SUSPENDED,
                source=("benchmark", ids.new_id()),
                entries=[Entry(bank, payer, 10**9) for payer in payers],
                actor="benchmark",
            )
            accounts.open_missing([accounts.org_reserved(each.id, "CNY") for each in made[first : first + 1_000]])


def given_stage() -> dict[str, object]:
    """A funded obligation for each thread, between parties of its own; its payee gives it back in parts of one fen."""
    from settlement import statements, suspense
    from settlement.models import StatementLine
    from tests.settlement.builders import Market

    found = []
    for number in range(PROCESSES * THREADS):
        market = Market()
        due = market.opened(10**9)
        # a sender without account number: what is refunded becomes available to the payer, no payout is ordered
        data = market.csv((f"{10**7}.00", f"no {number}", "", ""))
        statements.import_file(name=f"{number}.csv", data=data, by=market.clerk)
        line = StatementLine.objects.get(state="suspense")
        suspense.assign(line.id, payment_reference=due.payment_reference, reason="x", by=market.clerk)
        seller = market.seller
        found.append(
            {
                "reference": due.reference_urn,
                "thread": due.thread_urn,
                "person": str(seller.person_id),
                "organisation": str(seller.organisation_id),
            }
        )
    return {"obligations": found, "threads": THREADS}


def is_exact() -> bool:
    """Whether the hot account's balance is the sum of its postings after all rounds."""
    from django.db.models import Sum

    from settlement import accounts, ledger
    from settlement.models import Posting

    hot = accounts.common(accounts.Code.DUE_TO_OPERATOR, "CNY")
    summed = Posting.objects.filter(credit_id=hot.id).aggregate(total=Sum("amount"))["total"]
    return bool(ledger.balance(hot) == summed)


def start(stage: str) -> "subprocess.Popen[str]":
    """A moving process, ready to be told what to do."""
    mover = subprocess.Popen(
        [sys.executable, "-m", "benchmarks._mover"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    say(mover, stage)
    if answer(mover) != "ready":
        raise RuntimeError("a moving process did not start")
    return mover


def ask(movers: "list[subprocess.Popen[str]]", command: str) -> dict[str, float]:
    """The same command to all at once; what they did together."""
    for mover in movers:
        say(mover, command)
    found = [json.loads(answer(mover)) for mover in movers]
    done = sum(each["done"] for each in found)
    return {
        "per_s": sum(each["done"] / each["seconds"] for each in found),
        "cpu_ms": sum(each["cpu_s"] for each in found) * 1000 / max(done, 1),
    }


def profiled(mover: "subprocess.Popen[str]") -> dict[str, object]:
    """Where the verb's time goes: one connection, the ten functions with the most time of their own."""
    say(mover, "profile 3")
    found: dict[str, object] = json.loads(answer(mover))
    return found
