"""A launcher in a process of its own, as `make run` starts it, for the tests that kill it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString

import psycopg

from market.launcher import ports, readiness, residue, run_record
from market.launcher.folders import REPOSITORY
from tests.services import REPLACED


class Platform:
    """One launcher process; `words` are its options."""

    def __init__(self, var: Path, port: int, *words: str) -> None:
        self.var, self.port, self.words = var, port, words
        self.output = var.parent / "output"
        self.process: subprocess.Popen[bytes]

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in REPLACED}
        return kept | {"VAR_DIR": str(self.var), "PORT": str(self.port)}

    def launch(self) -> None:
        """Start it and return at once."""
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "market.launcher", *self.words],
                cwd=REPOSITORY,
                env=self.environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.launch()
        self.until(lambda: "Ready after" in self.said(), 180)

    def is_running(self) -> bool:
        return hasattr(self, "process") and self.process.poll() is None

    def rows(self) -> object:
        return self.ask("SELECT count(*) FROM launcher_kept")

    def ask(self, query: LiteralString) -> object:
        """The first value of the first row."""
        with self.connect() as connection:
            found = connection.execute(query).fetchone()
            assert found
            return found[0]

    def said(self) -> str:
        return self.output.read_text("utf-8")

    def second_start(self, **changed: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "market.launcher", *self.words],
            cwd=REPOSITORY,
            env=self.environment() | changed,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def pids(self) -> dict[str, int]:
        return run_record.read(self.var).get("pids", {})

    def kill(self, part: str) -> None:
        """Kill one part's process and wait until it was started again."""
        before = self.pids()[part]
        os.kill(before, signal.SIGKILL)
        self.until(lambda: self.pids().get(part) not in {None, before}, 30)

    def is_ready(self) -> bool:
        return readiness.ask(self.port, run_record.read(self.var)["delivery_port"])[0]

    def until(self, claim: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not claim():
            assert time.monotonic() < deadline, self.said()
            assert self.process.poll() is None, self.said()
            time.sleep(0.1)

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        host = run_record.read(self.var)["postgres_socket"]
        return psycopg.connect(host=host, user="market_owner", dbname="market", autocommit=True)

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        if self.is_running():
            self.process.send_signal(number)
            self.process.wait(60)


@contextmanager
def staged(*words: str) -> Iterator[Platform]:
    """A platform with an empty folder of its own; at the end nothing of it is left."""
    folder = Path(tempfile.mkdtemp(prefix="launcher-run-", dir="/tmp"))  # short enough for sockets
    folder.chmod(0o711)
    made = Platform(folder / "var", ports.free(), *words)
    try:
        yield made
    finally:
        made.stop(signal.SIGTERM)
        residue.end_processes_of(made.var)
        residue.end_servers_of(made.var / "database" / "data")
        shutil.rmtree(folder)
