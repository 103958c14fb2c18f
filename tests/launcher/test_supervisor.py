"""What dies is started again; what is stopped is stopped in order."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from market.launcher import residue
from market.launcher.folders import REPOSITORY

# A launcher in small: both servers and one child with an offspring of its own, as granian has workers.
PROGRAM = """
import json, os, signal, sys, time
from pathlib import Path
from market.launcher import folders
from market.launcher.children import MARK, Child, Program
from market.launcher.postgres import Postgres
from market.launcher.supervisor import Supervisor
from market.launcher.valkey import Valkey

var = Path(sys.argv[1])
wanted = []
signal.signal(signal.SIGTERM, lambda *_: wanted.append(1))
folders.own(var)
found = folders.prepare(var)
postgres, valkey = Postgres(found), Valkey(found)
supervisor = Supervisor(
    tell=lambda text: print(text, flush=True), changed=lambda pids: print(json.dumps(pids), flush=True)
)
postgres.start()
supervisor.watch(postgres.child, stage=0)
valkey.start()
supervisor.watch(valkey.child, stage=1)
server = Program("web", ["/bin/sh", "-c", "sleep 600 & echo $!; wait"], {"PATH": os.defpath, MARK: str(var)})
supervisor.watch(Child(server, found.log / "web.log"), stage=2)
while not wanted:
    supervisor.tick()
    time.sleep(0.02)
supervisor.stop()
"""


class Platform:
    """The small launcher, followed by what it says."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(var)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
        )
        self.pids: dict[str, int] = {}
        self.said: list[str] = []
        self.follow_until(lambda: "web" in self.pids)

    def follow_until(self, claim: Callable[[], bool]) -> None:
        assert self.process.stdout
        while not claim():
            line = self.process.stdout.readline()
            assert line, f"it ended: {self.said}"
            if line.startswith("{"):
                self.pids = json.loads(line)
            else:
                self.said.append(line.strip())

    def kill(self, name: str) -> None:
        """kill -9, then wait for its successor."""
        before = self.pids[name]
        os.kill(before, signal.SIGKILL)
        self.follow_until(lambda: self.pids[name] != before)

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        deadline = time.monotonic() + 10
        while True:
            try:
                return psycopg.connect(
                    host=str(self.var / "run" / "postgres"), user="market_owner", dbname="market", autocommit=True
                )
            except psycopg.OperationalError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def offspring(self) -> int:
        log = self.var / "log" / "web.log"
        while not log.read_text().strip():
            time.sleep(0.02)
        return int(log.read_text().split()[-1])

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        rest, _ = self.process.communicate(timeout=30)
        self.said += rest.splitlines()


@pytest.fixture
def platform() -> Iterator[Platform]:
    folder = Path("/tmp") / f"launcher-sup-{os.getpid()}"
    folder.mkdir()
    folder.chmod(0o711)
    running = Platform(folder)
    yield running
    running.process.kill()
    running.process.wait()
    if running.process.stdout:
        running.process.stdout.close()
    residue.end_servers_of(folder / "database" / "data")
    shutil.rmtree(folder)


def test_a_killed_database_is_back_by_itself_with_every_committed_row(platform: Platform) -> None:
    with platform.connect() as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept SELECT generate_series(1, 500)")

    platform.kill("postgres")

    with platform.connect() as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (500,)
    assert any(
        re.match(r"postgres ended \(killed by signal 9\); it starts again in 0.2 s", line) for line in platform.said
    )


def test_a_killed_child_is_started_again_after_its_offspring_has_ended(platform: Platform) -> None:
    offspring = platform.offspring()

    platform.kill("web")

    assert residue._state(offspring) == "Z"
    assert residue._state(platform.pids["web"]) != "Z"


def test_a_child_that_keeps_dying_is_given_more_and_more_time(platform: Platform) -> None:
    for _ in range(3):
        platform.kill("valkey")

    waits = [line.split(" in ")[1].split(",")[0] for line in platform.said if line.startswith("valkey ended")]
    assert waits == ["0.2 s", "0.4 s", "0.8 s"]


def test_a_stop_ends_all_and_the_database_last_and_cleanly(platform: Platform) -> None:
    everyone = [*platform.pids.values(), platform.offspring()]

    platform.stop()

    assert platform.process.returncode == 0
    assert all(residue._state(pid) == "Z" for pid in everyone)
    assert "database system is shut down" in (platform.var / "log" / "postgres.log").read_text()
    assert not (platform.var / "database" / "data" / "postmaster.pid").exists()


def test_nothing_survives_a_killed_launcher_once_the_next_has_begun(platform: Platform) -> None:
    everyone = [*platform.pids.values(), platform.offspring()]

    platform.process.kill()
    platform.process.wait()
    residue.end_processes_of(platform.var)
    residue.end_servers_of(platform.var / "database" / "data")

    deadline = time.monotonic() + 10  # a killed process takes a moment to leave
    while (left := [pid for pid in everyone if residue._state(pid) != "Z"]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []
