"""A child ends with its starter, and with all of its offspring."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from market.launcher import children, residue
from market.launcher.children import Child, Program
from market.launcher.folders import REPOSITORY

PARENT = """
import sys, time
from pathlib import Path
from market.launcher.children import Child, Program
child = Child(Program("sleeper", ["sleep", "60"], {}), Path(sys.argv[1]))
child.start()
print(child.pid, flush=True)
time.sleep(60)
"""
WITH_OFFSPRING = ["/bin/sh", "-c", "trap '' TERM; sleep 60 & echo $!; wait; wait"]


def until(claim: Callable[[], bool], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if claim():
            return True
        time.sleep(0.02)
    return claim()


def is_gone(pid: int) -> bool:
    return residue._state(pid) == "Z"


def test_a_child_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "log")], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout
    pid = int(parent.stdout.readline())
    assert not is_gone(pid)

    parent.send_signal(signal.SIGKILL)
    parent.communicate()

    assert until(lambda: is_gone(pid))


def test_a_child_that_ignores_its_signal_is_killed_with_its_offspring(tmp_path: Path) -> None:
    program = Program("stubborn", WITH_OFFSPRING, {"PATH": os.defpath}, stops=((signal.SIGTERM, 0.3),))
    child = Child(program, tmp_path / "log")
    child.start()
    assert until(lambda: bool((tmp_path / "log").read_text()))
    main, offspring = child.pid, int((tmp_path / "log").read_text())
    assert main
    assert not is_gone(offspring)

    child.stop()

    assert not child.is_running()
    assert until(lambda: is_gone(main) and is_gone(offspring))


def test_a_log_that_has_grown_is_moved_aside_and_the_oldest_goes(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    for number in range(5):
        log.write_text(str(number) * children.LOG_BYTES_MAX)
        children.rotate(log)
    log.write_text("short")

    children.rotate(log)

    assert log.read_text() == "short"
    assert [log.with_name(f"web.log.{n}").read_text()[:1] for n in (1, 2, 3)] == ["4", "3", "2"]
    assert not log.with_name("web.log.4").exists()


def test_what_a_killed_launcher_left_is_found_by_its_mark_and_nobody_elses_is(tmp_path: Path) -> None:
    ours = subprocess.Popen(["sleep", "60"], env={children.MARK: str(tmp_path)})
    other = subprocess.Popen(["sleep", "60"], env={children.MARK: str(tmp_path) + "-other"})
    assert until(lambda: ours.pid in set(residue._launched_in(tmp_path)))

    ended = residue.end_processes_of(tmp_path)

    assert ended == [ours.pid]
    assert ours.wait() == -signal.SIGTERM
    assert other.poll() is None
    other.kill()
    other.wait()
