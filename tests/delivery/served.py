"""The delivery server as a real process over the test's own database, and a client that reads as it is told."""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

REPOSITORY = Path(__file__).resolve().parent.parent.parent
PROGRAM = "import sys; from tests.delivery.served import run; run()"


@dataclass(frozen=True, slots=True)
class Got:
    """An answer, read whole. Header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """One connection, read exactly as far as the test says."""

    def __init__(self, address: str, method: str = "GET", **headers: str) -> None:
        parts = urlsplit(address)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=20)
        lines = [f"{method} {parts.path}?{parts.query} HTTP/1.1", f"Host: {parts.netloc}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
        self.reader = self.socket.makefile("rb")

    def head(self) -> Got:
        """Status and headers; the body is still to be read."""
        status = int(self.reader.readline().split()[1])
        headers: dict[str, str] = {}
        while line := self.reader.readline().strip().decode("latin-1"):
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        return Got(status, headers, b"")

    def read(self, count: int = -1) -> bytes:
        """So many bytes of the body, or all that come; raises ConnectionResetError where the server broke off."""
        return self.reader.read(count)

    def read_slowly(self) -> None:
        """All that come, at some megabytes a second."""
        while self.reader.read(64 * 1024):
            time.sleep(0.02)

    def close(self) -> None:
        """Go away without a word."""
        self.reader.close()
        self.socket.close()


def get(address: str, method: str = "GET", **headers: str) -> Got:
    """Ask, and read to the end."""
    client = Client(address, method, **headers)
    try:
        found = client.head()
        return Got(found.status, found.headers, client.read())
    finally:
        client.close()


@contextmanager
def serving(**environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A delivery server of its own on a free port, over the test's database; settings.DELIVERY_URL points there."""
    told = os.environ | {"TEST_DATABASE": str(connection.settings_dict["NAME"])} | environment
    command = [sys.executable, "-c", PROGRAM]
    process = subprocess.Popen(command, cwd=REPOSITORY, env=told, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    before = settings.DELIVERY_URL
    try:
        ready, _, _ = select.select([process.stdout], [], [], 30)
        line = process.stdout.readline().decode() if ready else ""
        assert line.startswith("delivering on "), f"the server did not start: {line!r}"
        settings.DELIVERY_URL = line.split()[-1]
        yield process
    finally:
        settings.DELIVERY_URL = before
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def run() -> None:
    """What the process does: manage.py deliver over the database that TEST_DATABASE names, on any free port."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "market.settings")
    import django

    settings.DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
    django.setup()
    from django.core.management import call_command

    call_command("deliver", port=0, stdout=_Flushing())


class _Flushing:
    def write(self, text: str) -> None:
        """Out at once: the test waits for the line."""
        sys.stdout.write(text)
        sys.stdout.flush()


def wait_until(holds: Callable[[], bool], seconds: float = 5.0) -> float:
    """Seconds until it holds; fails the test when it does not."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, f"not within {seconds} s"
        time.sleep(0.02)
    return time.monotonic() - began
