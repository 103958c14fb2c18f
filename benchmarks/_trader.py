"""Trades without pause on four connections, through the product's verbs or through the floor of `_raw_trade`.

stdin: a line of JSON, the stages (one for each thread; see contracts_trade.given_stages), then commands, one a line:
`ours COUNT SECONDS`, `told COUNT SECONDS`, `mute COUNT SECONDS` (ours without events), `floor TRANSACTIONS SECONDS`.
With SECONDS 0 one thread does COUNT trades and its statements are counted. stdout: `ready`, then for each command a
line of JSON: trades, seconds, CPU seconds of this process, statements and seconds from their sending to their answer.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import django
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

WAIT_S = 60.0


@dataclass(slots=True)
class Side:
    """A signatory who keeps the private key."""

    member: Any
    key: Ed25519PrivateKey
    key_id: UUID

    def sign(self, document: bytes) -> Any:
        """A signature over the document's digest, made by the caller."""
        from contracts import signatures

        return signatures.OwnKey(key_id=self.key_id, signature=self.key.sign(signatures.digest_of(document)))


class Trader:
    """Two sides, a clerk, and an offer to trade on again and again."""

    def __init__(self, stage: dict[str, Any]) -> None:
        self.offer = UUID(stage["offer"])
        self.file_bytes = int(stage["file_bytes"])
        self.supplier, self.buyer = _side(stage["supplier"]), _side(stage["buyer"])
        self.clerk = _member(stage["clerk"])

    def trade(self, *, is_told: bool) -> None:
        """From the request to the closed trade with its certificate.

        is_told: the dispatcher's work is done here too, the inboxes included; else what moves the trade is called as
        the dispatcher would call it, and the rest of the news stays for the dispatcher.
        """
        from contracts import certificates, negotiations, terms, trade
        from contracts.models import Period
        from contracts.queries import parties
        from contracts.states import PeriodState, TradeState
        from delivery import meters, uses
        from delivery.models import Grant
        from market.kernel import rows
        from market.participants.members import system
        from settlement import queries as money
        from settlement import statements

        asked = negotiations.request(self.offer, purpose="internal-analysis", by=self.buyer.member)
        for side, step in ((self.supplier, negotiations.agree), (self.buyer, trade.sign)):
            document = terms.draft(parties.negotiation_for(side.member, asked.id))  # as the API answers it
            step(asked.id, provider=side.sign(document), by=side.member)
        period = rows.get(Period, trade_id=asked.thread, n=1)
        payment = money.payment_of(period.urn) if period else None
        if period is None or payment is None:
            raise RuntimeError("nothing is to be paid")
        statements.import_file(name=f"{payment['payment_reference']}.csv", data=statement_of(payment), by=self.clerk)
        if is_told:
            grant = until(lambda: rows.get(Grant, reference=period.id))
        else:
            trade.fund(period.id, by=system("settlement"))
            grant = rows.get(Grant, reference=period.id)
        if grant is None:
            raise RuntimeError("the grant is not open")
        opened = uses.open(grant.id, purpose="internal-analysis", by=self.buyer.member)
        meters.add(opened.use.id, sent_bytes=self.file_bytes, arrived=(0, self.file_bytes), has_ended=True)
        uses.close(opened.use.id, by=self.buyer.member)
        if is_told:
            until(lambda: Period.objects.filter(id=period.id, state=PeriodState.DELIVERING).exists())
        else:
            trade.deliver(period.id, by=system("delivery"))
        closed = trade.accept(period.id, by=self.buyer.member)
        if closed.state != TradeState.CLOSED:
            raise RuntimeError(f"the trade is {closed.state}")
        if is_told:
            tell()
        else:
            certificates.of(closed, by=system("certificates"))


def statement_of(payment: dict[str, Any]) -> bytes:
    """A bank's statement with the buyer's transfer."""
    day, amount = datetime.now(UTC).strftime("%Y-%m-%d"), payment["amount_minor"]
    reference = payment["payment_reference"]
    head = "交易日期,交易时间,交易流水号,借方发生额,贷方发生额,对方户名,对方账号,摘要"
    line = f"{day},10:12:00,{reference},,{amount // 100}.{amount % 100:02d},{payment['payer_name']},6222000,{reference}"
    return f"{head}\r\n{line}\r\n".encode()


def tell() -> None:
    """What the dispatcher does: tell what is due, whoever caused it."""
    from market.events import dispatch

    dispatch.run_once(lambda name, payload: None)


def until(found: Callable[[], Any]) -> Any:
    """Tell news until it has had its effect; another thread may be telling it. Raises TimeoutError."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        tell()
        if answer := found():
            return answer
        time.sleep(0.002)
    raise TimeoutError("news was not heard")


def _side(stage: dict[str, str]) -> Side:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(stage["key"]))
    return Side(member=_member(stage), key=key, key_id=UUID(stage["key_id"]))


def _member(stage: dict[str, str]) -> Any:
    from market.participants import organisations
    from market.participants.models import Membership

    found = Membership.objects.select_related("organisation").get(
        person_id=stage["person"], organisation_id=stage["organisation"]
    )
    return organisations.of(found)


def ours(trader: Trader, arm: str) -> Callable[[], None]:
    """A thread's work in one of our arms."""
    return partial(trader.trade, is_told=arm == "told")


def floor(transactions: int, place: int) -> Callable[[], None]:
    """A thread's work in the other arm, on a connection of its own."""
    from benchmarks import _raw_trade
    from market import process

    connection, number = process.connect(), place * 1_000_003

    def work() -> None:
        nonlocal number
        number += 1
        _raw_trade.trade(connection, transactions, number)

    return work


def run(works: list[Callable[[], None]], seconds: float, count: int) -> dict[str, float]:
    """All at once until the time is over; a trade that is begun is finished and its time counts."""
    from django.db import connection

    statements, waited = 0, 0.0

    def count_one(execute: Callable[..., Any], *given: Any) -> Any:
        nonlocal statements, waited
        statements, start = statements + 1, time.monotonic()
        try:
            return execute(*given)
        finally:
            waited += time.monotonic() - start

    done: list[int] = []
    failed: list[BaseException] = []
    began, cpu = time.monotonic(), time.process_time()

    def loop(work: Callable[[], None]) -> None:
        mine = 0
        try:
            if not seconds:  # counting costs time, so it is done where no time is taken
                connection.execute_wrappers.append(count_one)
            while (time.monotonic() - began < seconds) if seconds else mine < count:
                work()
                mine += 1
        except BaseException as error:  # told by the main thread, which ends the process
            failed.append(error)
        finally:
            connection.close()
            done.append(mine)

    threads = [threading.Thread(target=loop, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    if hasattr(connection, "close_pool"):
        connection.close_pool()  # a backend that ends has counted all its transactions
    return {
        "trades": sum(done),
        "seconds": time.monotonic() - began,
        "cpu_s": time.process_time() - cpu,
        "statements": statements,
        "statements_s": waited,
    }


@contextmanager
def muted() -> Iterator[None]:
    """Verbs say that they spoke, and nothing is written of it."""
    from market.events import outbox
    from market.kernel import ids

    record = outbox.record

    def silent(kind: str, /, **_: Any) -> UUID:
        told = outbox._told.get()
        if told is not None:
            told.kinds.append(kind)
        return ids.new_id()

    outbox.record = silent
    try:
        yield
    finally:
        outbox.record = record


def main() -> None:
    """Follow the commands until stdin ends."""
    django.setup(set_prefix=False)
    traders = [Trader(stage) for stage in json.loads(sys.stdin.readline())]
    print("ready", flush=True)
    for line in sys.stdin:
        arm, number, seconds = line.split()
        works = (
            [floor(int(number), place) for place in range(len(traders))]
            if arm == "floor"
            else [ours(trader, arm) for trader in traders]
        )
        if not float(seconds):
            works = works[:1]
        with muted() if arm == "mute" else nullcontext():
            print(json.dumps(run(works, float(seconds), int(number))), flush=True)


if __name__ == "__main__":
    main()
