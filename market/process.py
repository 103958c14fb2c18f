"""A long-running process's own database connection: its advisory lock, its notifications."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID

import psycopg
from django.db import connection


def connect() -> psycopg.Connection[Any]:
    """A plain connection of its own with the product's settings, outside the pool, in autocommit."""
    parameters = connection.get_connection_params()
    keep = {
        key: value
        for key, value in parameters.items()
        if key in {"dbname", "user", "password", "host", "port", "options"}
    }
    return psycopg.connect(**keep, autocommit=True)


# Two keys of 32 bits: a space of its own beside the 64-bit locks of market.locks and market.holds.
_CLAIMS: Final = 0x636C6169


@contextmanager
def claim(thing: UUID) -> Iterator[bool]:
    """Be the only one who works on a thing while the block runs. False: somebody else who lives is at it.

    It ends with the process, however that ends, so whoever gets it knows that nobody is at work any more.
    Raises psycopg.OperationalError if the database is away.
    """
    with connect() as own:
        # A machine that vanished must not keep its claims for the two hours that the system would wait.
        for name, value in (("idle", 15), ("interval", 5), ("count", 3)):
            own.execute(f"SET tcp_keepalives_{name} = {value}")
        low = int.from_bytes(thing.bytes[-4:], "big", signed=True)
        row = own.execute("SELECT pg_try_advisory_lock(%s, %s)", [_CLAIMS, low]).fetchone()
        yield bool(row and row[0])


class Lock:
    """Holds one advisory lock for the life of the process; a second process waits for it and takes over."""

    def __init__(self, key: int, *, is_running: Callable[[], bool], listen: str | None = None) -> None:
        self.key, self.listen, self.is_running = key, listen, is_running
        self.shown: set[int] = set()
        self.connection: psycopg.Connection[Any] | None = None
        self._is_new = False

    def __enter__(self) -> Self:
        self._take()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.connection is not None:
            self.connection.close()

    def _take(self) -> None:
        """Wait until the lock is ours, also while the database is away."""
        while self.is_running():
            try:
                self.connection = self.connection or connect()
                row = self.connection.execute("SELECT pg_try_advisory_lock(%s)", [self.key]).fetchone()
                if row and row[0]:
                    for key in self.shown:
                        self.connection.execute("SELECT pg_try_advisory_lock(%s)", [key])
                    if self.listen:
                        self.connection.execute(f"LISTEN {self.listen}")
                    self._is_new = True
                    return
            except psycopg.OperationalError:
                self.connection = None
            time.sleep(0.5)

    def check(self) -> bool:
        """Make sure that the lock is still ours; after a database restart, take it again.

        Answers whether it was taken since the last call: another process may have held it before.
        """
        try:
            if self.connection is not None:
                self.connection.execute("SELECT 1")
        except psycopg.OperationalError:
            self.connection = None
        if self.connection is None:
            self._take()
        is_new, self._is_new = self._is_new, False
        return is_new

    def show(self, key: int, is_on: bool) -> None:
        """Hold or drop a second lock by which something else is shown to be well."""
        (self.shown.add if is_on else self.shown.discard)(key)
        if self.connection is not None:
            self.connection.execute(f"SELECT {'pg_try_advisory_lock' if is_on else 'pg_advisory_unlock'}(%s)", [key])

    def wait(self, seconds: float) -> None:
        """Return after the time, or at once when a notification comes."""
        if self.connection is None:
            time.sleep(seconds)
            return
        for _ in self.connection.notifies(timeout=seconds, stop_after=1):
            return
