"""The nursery: parts are forked from a process that has loaded the product, and are the launcher's own children."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from market.launcher import residue
from market.launcher.children import MARK
from market.launcher.folders import REPOSITORY

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives an orphan to its next ancestor")

# A launcher with one part: `python -m …` of a module that says who it is and then waits.
LAUNCHER = """
import json, os, sys, time
from pathlib import Path
from market.launcher.children import Child, Program, adopt_orphans
from market.launcher.nursery import Nursery
var = Path(sys.argv[1])
env = dict(os.environ)
assert adopt_orphans()
said = []
nursery = Nursery(env, var / "nursery.log", said.append)
try:
    nursery.wait_ready(lambda: None)
except Exception as error:
    print(json.dumps({"error": str(error)}), flush=True)
    sys.exit(1)
if "dead" in sys.argv[2:]:
    os.kill(nursery.pid, 9)
    time.sleep(0.3)
part = Child(Program("part", [sys.executable, "-m", "part", "a word"], env, var), var / "part.log", fork=nursery.start)
part.start()
print(json.dumps({"pid": part.pid, "kind": type(part.process).__name__, "said": said}), flush=True)
for line in sys.stdin:
    if line == "poll\\n":
        code = part.process.wait(10)
        print(json.dumps({"code": code}), flush=True)
        part.start()
        print(json.dumps({"pid": part.pid}), flush=True)
    if line == "stop\\n":
        part.stop()
        nursery.stop()
        print(json.dumps({"stopped": True}), flush=True)
"""
PART = """
import json, os, sys, time, atexit
loaded = "market.urls" in sys.modules
atexit.register(lambda: print("said goodbye", flush=True))
print(json.dumps({"argv": sys.argv[1:], "name": __name__, "loaded": loaded, "parent": os.getppid(),
                  "session": os.getsid(0), "folder": os.getcwd(), "fds": os.listdir("/proc/self/fd")}), flush=True)
import signal
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
while True:
    time.sleep(0.05)
"""


class Launcher:
    """The little launcher above, in a process of its own."""

    def __init__(self, var: Path, *words: str, **env: str) -> None:
        self.var = var
        (var / "part.py").write_text(PART)
        kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        paths = os.pathsep.join((str(REPOSITORY), str(var)))
        self.process = subprocess.Popen(
            [sys.executable, "-c", LAUNCHER, str(var), *words],
            env=kept | {"VAR_DIR": str(var), MARK: str(var), "PYTHONPATH": paths} | env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def tell(self, word: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{word}\n")

    def part_says(self) -> dict[str, Any]:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            lines = [line for line in (self.var / "part.log").read_text().splitlines() if line.startswith("{")]
            if lines:
                found: dict[str, Any] = json.loads(lines[-1])
                return found
            time.sleep(0.05)
        raise AssertionError((self.var / "part.log").read_text())


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    residue.end_processes_of(tmp_path)


def test_a_forked_part_is_the_launchers_child_in_its_own_session_with_everything_loaded(var: Path) -> None:
    launcher = Launcher(var)

    born = launcher.hear()
    said = launcher.part_says()

    assert born["kind"] == "Born"
    assert said["parent"] == launcher.process.pid
    assert said["session"] == born["pid"]
    assert (said["name"], said["argv"], said["loaded"]) == ("__main__", ["a word"], True)
    assert said["folder"] == str(var)
    assert Path(f"/proc/{born['pid']}/comm").read_text() == "part\n"
    assert len(said["fds"]) == 4, "only its input, output, errors and the listing itself: no door is left open"
    assert set(residue._launched_in(var)) >= {born["pid"]}, "what a killed launcher leaves must be found by its mark"


def test_a_part_that_is_killed_is_seen_by_its_signal_and_born_again(var: Path) -> None:
    launcher = Launcher(var)
    first = launcher.hear()["pid"]
    launcher.part_says()

    os.kill(first, signal.SIGKILL)
    launcher.tell("poll")

    assert launcher.hear() == {"code": -signal.SIGKILL}
    second = launcher.hear()["pid"]
    assert second != first
    assert residue._state(second) in {"S", "R", "D"}


def test_a_stop_lets_a_part_end_as_any_program_does(var: Path) -> None:
    launcher = Launcher(var)
    pid = launcher.hear()["pid"]
    launcher.part_says()

    launcher.tell("stop")

    assert launcher.hear() == {"stopped": True}
    assert residue._state(pid) == "Z"  # gone
    assert (var / "part.log").read_text().endswith("said goodbye\n")


def test_parts_and_nursery_end_with_a_killed_launcher(var: Path) -> None:
    launcher = Launcher(var)
    launcher.hear()
    launcher.part_says()

    launcher.process.kill()
    launcher.process.wait()

    deadline = time.monotonic() + 10
    while list(residue._launched_in(var)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list(residue._launched_in(var)) == []


def test_without_its_nursery_a_part_starts_by_its_command_line(var: Path) -> None:
    launcher = Launcher(var, "dead")

    born = launcher.hear()
    said = launcher.part_says()

    assert born["kind"] == "Popen"
    assert [words[:17] for words in born["said"]] == ["the nursery ended"]
    assert (said["argv"], said["loaded"], said["parent"]) == (["a word"], False, launcher.process.pid)


def test_a_wrong_setting_ends_the_start_with_the_sentence_that_names_it(var: Path) -> None:
    launcher = Launcher(var, PAGE_SIZE="many")

    assert "PAGE_SIZE must be a whole number, not 'many'." in launcher.hear()["error"]
    assert launcher.process.wait(10) == 1
