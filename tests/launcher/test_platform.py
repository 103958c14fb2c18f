"""The whole platform as `make run` starts it: up, killed in parts, stopped, and up again with nothing lost."""

import http.client
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

from market.launcher import ports, residue, run_record
from market.launcher.folders import REPOSITORY
from tests.services import REPLACED

pytestmark = [pytest.mark.slow, pytest.mark.kill]
PARTS = {"launcher", "postgres", "valkey", "web", "delivery", "sequencer", "dispatcher", "worker", "beat"}


class Platform:
    """One launcher process without the demonstration market."""

    def __init__(self, var: Path, port: int) -> None:
        self.var, self.port = var, port
        self.output = var.parent / "output"

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in REPLACED}
        return kept | {"VAR_DIR": str(self.var), "PORT": str(self.port)}

    def start(self) -> float:
        """Start it; answers the seconds until it is ready."""
        began = time.monotonic()
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "market.launcher", "--no-demo"],
                cwd=REPOSITORY,
                env=self.environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.until(lambda: "Ready after" in self.said(), 180)
        return time.monotonic() - began

    def said(self) -> str:
        return self.output.read_text("utf-8")

    def second_start(self, **changed: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "market.launcher", "--no-demo"],
            cwd=REPOSITORY,
            env=self.environment() | changed,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def pids(self) -> dict[str, int]:
        return run_record.read(self.var).get("pids", {})

    def is_ready(self) -> bool:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            connection.request("GET", "/readyz", headers={"Host": f"localhost:{self.port}"})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return answer.status == 200

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
        self.process.send_signal(number)
        self.process.wait(60)


@pytest.fixture
def platform() -> Iterator[Platform]:
    folder = Path("/tmp") / f"launcher-run-{os.getpid()}"
    folder.mkdir()
    folder.chmod(0o711)
    running = Platform(folder / "var", ports.free())
    yield running
    if running.process.poll() is None:
        running.stop(signal.SIGTERM)
    residue.end_processes_of(running.var)
    residue.end_servers_of(running.var / "database" / "data")
    shutil.rmtree(folder)


def test_it_starts_and_stops_and_finds_its_data_again(platform: Platform) -> None:
    platform.start()
    first = platform.pids()
    assert set(first) == PARTS
    assert (platform.var / "run.json").stat().st_mode & 0o777 == 0o600
    with platform.connect() as connection:
        connection.execute("CREATE TABLE launcher_kept (n int)")
        connection.execute("INSERT INTO launcher_kept VALUES (42)")
    keys = {path.name: path.read_text() for path in (platform.var / "secrets").iterdir()}

    platform.stop()

    assert platform.process.returncode == 0
    assert [name for name, pid in first.items() if residue._state(pid) != "Z"] == []
    assert "database system is shut down" in (platform.var / "log" / "postgres.log").read_text("utf-8")
    platform.start()
    with platform.connect() as connection:
        assert connection.execute("SELECT n FROM launcher_kept").fetchall() == [(42,)]
    assert {path.name: path.read_text() for path in (platform.var / "secrets").iterdir()} == keys


def test_a_second_starter_and_a_taken_port_are_refused_in_one_sentence(platform: Platform) -> None:
    platform.start()

    same_folder = platform.second_start()
    same_port = platform.second_start(VAR_DIR=str(platform.var.parent / "other"))

    assert (same_folder.returncode, same_folder.stdout) == (1, "")
    assert re.fullmatch(
        rf"The platform already runs on \S+ \(pid {platform.process.pid}\): [^\n]+\.\n", same_folder.stderr
    )
    assert (same_port.returncode, same_port.stdout) == (1, "")
    assert re.fullmatch(rf"Port {platform.port} is in use by another program: [^\n]+\.\n", same_port.stderr)
    assert platform.is_ready()


def test_each_part_comes_back_after_kill_9_and_rows_are_intact(platform: Platform) -> None:
    platform.start()
    with platform.connect() as connection:
        connection.execute("CREATE TABLE launcher_kept AS SELECT generate_series(1, 100) AS n")

    for part in sorted(PARTS - {"launcher"}):
        before = platform.pids()[part]
        os.kill(before, signal.SIGKILL)
        platform.until(lambda part=part, before=before: platform.pids().get(part) != before, 30)  # type: ignore[misc]
        platform.until(platform.is_ready, 60)

    with platform.connect() as connection:
        assert connection.execute("SELECT count(*) FROM launcher_kept").fetchall() == [(100,)]


def test_a_killed_launcher_is_followed_by_one_that_finds_everything(platform: Platform) -> None:
    platform.start()
    with platform.connect() as connection:
        connection.execute("CREATE TABLE launcher_kept AS SELECT generate_series(1, 100) AS n")
    before = platform.pids()
    platform.process.kill()
    platform.process.wait()

    platform.start()

    assert [name for name, pid in before.items() if residue._state(pid) != "Z"] == []
    with platform.connect() as connection:
        assert connection.execute("SELECT count(*) FROM launcher_kept").fetchall() == [(100,)]


def test_two_interrupts_in_a_row_still_stop_the_database_cleanly(platform: Platform) -> None:
    platform.start()

    for _ in range(5):
        platform.process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    platform.process.wait(60)

    assert platform.process.returncode == 0
    assert "database system is shut down" in (platform.var / "log" / "postgres.log").read_text("utf-8")
    assert not (platform.var / "database" / "data" / "postmaster.pid").exists()


def test_an_interrupt_in_the_middle_of_the_start_leaves_nothing_running(platform: Platform) -> None:
    with platform.output.open("w") as output:
        platform.process = subprocess.Popen(
            [sys.executable, "-m", "market.launcher", "--no-demo"],
            cwd=REPOSITORY,
            env=platform.environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    platform.until(lambda: "web, delivery" in platform.said(), 60)

    platform.stop()

    assert platform.process.returncode == 0
    assert "Ready" not in platform.said()
    assert list(residue._launched_in(platform.var)) == []
    assert json.loads((platform.var / "run.json").read_text())["pids"] == {}
