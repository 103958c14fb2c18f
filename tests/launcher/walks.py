"""Trades that walk over the API of a running platform, each in a thread, and what must be true once they ended."""

import http.client
import subprocess
import sys
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from frontend.programs import STEPS, Account, Client, OneTrade, Refused, accounts
from market.launcher import run_record
from market.launcher.folders import REPOSITORY
from provenance import checkpoints, merkle
from tests.launcher.platforms import Platform

# Nobody signs in here, and a million rounds for each password of the cast are most of its making.
_MAKE = """
import django, sys
from django.test import override_settings
django.setup()
from frontend.demonstration import people
with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
    people.make(sys.argv[1])
"""


def given_cast(platform: Platform) -> dict[str, Account]:
    """The demonstration's organisations, people and keys, without its data."""
    url = f"http://localhost:{platform.port}"
    subprocess.run(
        [sys.executable, "-c", _MAKE, url],
        cwd=REPOSITORY,
        env=platform.environment() | {"DJANGO_SETTINGS_MODULE": "market.settings"},
        check=True,
        timeout=180,
    )
    return accounts(platform.var / "secrets" / "demonstration.json", url)[1]


def given_trade(platform: Platform, cast: dict[str, Account], name: str) -> OneTrade:
    """A trade on a small file that nobody has sold before."""
    file = platform.var.parent / f"{name}.csv"
    file.write_text("station,pm25\n" + "".join(f"{name}-{row},{row * 7 % 90}\n" for row in range(300)), "utf-8")
    return OneTrade(accounts=cast, file=file)


@dataclass(slots=True)
class Walks:
    """Threads that walk one trade after another until told to begin no more; tells which step begins."""

    platform: Platform
    cast: dict[str, Account]
    ended: list[OneTrade] = field(default_factory=list)
    failed: list[tuple[str, str, Exception]] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _steps: dict[str, str] = field(default_factory=dict)  # of each trade that walks: where it is
    _threads: list[threading.Thread] = field(default_factory=list)
    _is_last: bool = False

    def begin(self, count: int) -> None:
        """Start walking, so many trades at a time."""
        for number in range(count):
            self._threads.append(threading.Thread(target=self._walk, args=[f"walk{number}"], daemon=True))
            self._threads[-1].start()

    def wait_for(self, step: str) -> int:
        """Return just when a trade begins the step; answers how many trades are unfinished then."""
        with self._changed:
            before = {name for name, at in self._steps.items() if at == step}
            assert self._changed.wait_for(
                lambda: self.failed or any(at == step and name not in before for name, at in self._steps.items()), 120
            ), f"no trade came to {step}: {self._steps}"
            return len(self._steps)

    def finish(self, seconds: float) -> None:
        """Begin no more trades and wait for those that walk."""
        self._is_last = True
        for thread in self._threads:
            thread.join(seconds)
            assert not thread.is_alive(), f"a trade stands still: {self._steps}"

    def _walk(self, name: str) -> None:
        count = 0
        while not self._is_last and not self.failed:
            count += 1
            trade = given_trade(self.platform, self.cast, f"{name}-{count}")
            try:
                for step in STEPS:
                    self._tell(trade.file.stem, step)
                    trade.parts = (step,)
                    trade.run()
            except (Refused, OSError, http.client.HTTPException) as error:
                self.failed.append((trade.file.stem, self._steps[trade.file.stem], error))
            else:
                self.ended.append(trade)
            self._tell(trade.file.stem, None)

    def _tell(self, name: str, step: str | None) -> None:
        with self._changed:
            if step is None:
                del self._steps[name]
            else:
                self._steps[name] = step
            self._changed.notify_all()


@dataclass(frozen=True, slots=True)
class Losing(Client):
    """Every change is carried out and its answer lost, once; before that it is lost itself, once."""

    lost: list[tuple[str, str]] = field(default_factory=list)

    def raw(self, method: str, path: str, *sent: Any, **more: Any) -> bytes:
        """Lose the request, then the answer, then behave."""
        times = self.lost.count((method, path))
        if method == "GET" or times == 2:
            return Client.raw(self, method, path, *sent, **more)
        self.lost.append((method, path))
        if times == 1:
            Client.raw(self, method, path, *sent, **more)
        raise ConnectionResetError("lost")


def losing(account: Account) -> Account:
    """The account over a line that loses."""
    return replace(account, client=Losing(url=account.client.url, key=account.client.key))


def fetch(platform: Platform, path: str, *, port: int | None = None) -> tuple[int, bytes]:
    """Status and body of a page as somebody who is not signed in sees it."""
    connection = http.client.HTTPConnection("localhost", port or platform.port, timeout=60)
    try:
        connection.request("GET", urlsplit(path)._replace(scheme="", netloc="").geturl())
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def lines_to_broker(platform: Platform) -> int:
    """How many sockets bear the broker's name (Linux): its ear, and one for each line to it, taken up or not yet."""
    name = run_record.read(platform.var)["valkey_socket"]
    return sum(line.endswith(name) for line in Path("/proc/net/unix").read_text("utf-8").splitlines())


def count(platform: Platform, question: str, *values: object) -> object:
    """One value out of the platform's database."""
    with platform.connect() as connection:
        row = connection.execute(question, values).fetchone()
    assert row is not None
    return row[0]


# Each thing of a trade's thread, and how many of it one complete trade leaves.
_ONE_EACH = {
    "trades closed": "SELECT count(*) FROM contracts_trade WHERE id = %s AND state = 'closed'",
    "negotiations": "SELECT count(*) FROM contracts_negotiation WHERE thread = %s AND state = 'FINALIZED'",
    "periods": "SELECT count(*) FROM contracts_period WHERE trade_id = %s AND state = 'settled'",
    "obligations": "SELECT count(*) FROM settlement_obligation WHERE thread = %s AND state = 'released'",
    "payments": "SELECT count(*) FROM settlement_transfer WHERE thread = %s AND kind = 'payment.in'",
    "releases": "SELECT count(*) FROM settlement_transfer WHERE thread = %s AND kind = 'escrow.released'",
    "grants": "SELECT count(*) FROM delivery_grant WHERE thread = %s",
    "uses": "SELECT count(*) FROM delivery_use u JOIN delivery_grant g ON g.id = u.grant_id WHERE g.thread = %s",
}
# What must not have grown by a request that was sent twice: as many rows as trades.
_TABLES = (
    "listings_dataresource", "listings_dataproduct", "listings_productversion", "listings_offer",
    "contracts_negotiation", "contracts_trade", "settlement_statement", "settlement_statementline",
)  # fmt: skip


def faults(platform: Platform, trades: list[OneTrade]) -> list[str]:
    """What is not as it must be after complete trades; empty when everything is."""
    found = []
    for trade in trades:
        for what, question in _ONE_EACH.items():
            number = count(platform, question, trade.found["trade"])
            if number != 1:
                found.append(f"{trade.file.stem}: {number} {what}")
    for table in _TABLES:
        number = count(platform, f"SELECT count(*) FROM {table}")
        if number != len(trades):
            found.append(f"{number} rows in {table} for {len(trades)} trades")
    clerk = trades[0].accounts["clerk"].client
    books = clerk.call("GET", "/settlement/books")
    found += [f"the books: {finding}" for finding in books["findings"]]
    if sum(row["debits"] - row["credits"] for row in books["rows"]):
        found.append("the books do not balance")
    return found + _log_faults(platform)


def is_quiet(platform: Platform) -> bool:
    """Whether all news was told and every event has its leaf."""
    return (
        count(platform, "SELECT count(*) FROM market_dispatch") == 0
        and count(
            platform,
            "SELECT count(*) FROM market_event e WHERE NOT EXISTS"
            " (SELECT FROM provenance_leaf l WHERE l.event_id = e.id)",
        )
        == 0
    )


def _log_faults(platform: Platform) -> list[str]:
    """Every event is a leaf, the leaves have no gaps, and their root is the one that is signed and published."""
    with platform.connect() as connection:
        rows: list[tuple[int, bytes, bytes]] = connection.execute(  # type: ignore[assignment]
            "SELECT l.index, l.leaf_hash, e.body FROM market_event e"
            " LEFT JOIN provenance_leaf l ON l.event_id = e.id ORDER BY l.index"
        ).fetchall()
    published = checkpoints.read(platform.var / "log-tiles")
    assert published is not None
    hashes = [merkle.leaf_hash(body) for _, _, body in rows]
    found = []
    if [index for index, _, _ in rows] != list(range(len(rows))):
        found.append("events without a leaf, or leaves with gaps")
    if [stored for _, stored, _ in rows] != hashes:
        found.append("leaves that are not of their events")
    if (published.size, published.root) != (len(rows), merkle.root(hashes)):
        found.append("the published checkpoint is not of these leaves")
    return found
