"""The whole platform as `make run` starts it: up, killed in parts, stopped, and up again with nothing lost."""

import re
import signal
import time

import pytest

from market.launcher import residue
from tests.launcher.platforms import Platform

pytestmark = [pytest.mark.slow, pytest.mark.kill]
PARTS = {
    "launcher",
    "postgres",
    "valkey",
    "web",
    "delivery",
    "sequencer",
    "dispatcher",
    "worker",
    "beat",
    "chain",
    "anchorer",
}


@pytest.fixture
def platform(stage: Platform) -> Platform:
    """A running platform, with 100 committed rows of ours; a start is dear, so the tests hand it on."""
    if not stage.is_running():
        stage.start()
    with stage.connect() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS launcher_kept (n int PRIMARY KEY)")
        connection.execute("INSERT INTO launcher_kept SELECT generate_series(1, 100) ON CONFLICT DO NOTHING")
    return stage


def test_all_parts_run_and_the_record_of_them_is_its_owners(platform: Platform) -> None:
    assert set(platform.pids()) == PARTS
    assert {residue._state(pid) for pid in platform.pids().values()} <= {"S", "R", "D"}
    assert (platform.var / "run.json").stat().st_mode & 0o777 == 0o600


def test_a_second_starter_and_a_taken_port_are_refused_in_one_sentence(platform: Platform) -> None:
    same_folder = platform.second_start()
    same_port = platform.second_start(VAR_DIR=str(platform.var.parent / "other"))

    assert (same_folder.returncode, same_folder.stdout) == (1, "")
    assert re.fullmatch(
        rf"The platform already runs on \S+ \(pid {platform.process.pid}\): [^\n]+\.\n", same_folder.stderr
    )
    assert (same_port.returncode, same_port.stdout) == (1, "")
    assert re.fullmatch(rf"Port {platform.port} is in use by another program: [^\n]+\.\n", same_port.stderr)
    assert platform.is_ready()


@pytest.mark.parametrize("part", sorted(PARTS - {"launcher"}))
def test_a_part_comes_back_after_kill_9_and_rows_are_intact(platform: Platform, part: str) -> None:
    platform.kill(part)

    platform.until(platform.is_ready, 60)
    assert platform.rows() == 100


def test_a_killed_launcher_is_followed_by_one_that_finds_everything(platform: Platform) -> None:
    before = platform.pids()
    platform.process.kill()
    platform.process.wait()

    platform.start()

    assert [name for name, pid in before.items() if residue._state(pid) != "Z"] == []
    assert platform.rows() == 100


def test_many_interrupts_stop_it_cleanly_and_the_next_start_finds_all_again(platform: Platform) -> None:
    before = platform.pids()
    keys = {path.name: path.read_text() for path in (platform.var / "secrets").iterdir()}

    for _ in range(5):
        platform.process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    platform.process.wait(60)

    assert platform.process.returncode == 0
    assert [name for name, pid in before.items() if residue._state(pid) != "Z"] == []
    assert (platform.var / "log" / "postgres.log").read_text().rstrip().endswith("database system is shut down")
    assert not (platform.var / "database" / "data" / "postmaster.pid").exists()
    platform.start()
    assert platform.rows() == 100
    assert {path.name: path.read_text() for path in (platform.var / "secrets").iterdir()} == keys


def test_an_interrupt_in_the_middle_of_the_start_leaves_nothing_running(stage: Platform) -> None:
    stage.stop()
    stage.launch()
    stage.until(lambda: "web, delivery" in stage.said(), 60)

    stage.stop()

    assert stage.process.returncode == 0
    assert "Ready" not in stage.said()
    assert list(residue._launched_in(stage.var)) == []
    assert stage.pids() == {}
