"""An interrupt that was meant for `make run` stops the platform."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from market.launcher.folders import REPOSITORY

CHILD = """
import sys, time
from market.launcher.parent import Make
make = Make()
print("up", flush=True)
for _ in range(500):
    if make.was_interrupted():
        print("interrupted", flush=True)
        break
    time.sleep(0.02)
"""


@pytest.mark.skipif(not shutil.which("make") or not Path("/proc/self").exists(), reason="needs make and /proc")
def test_an_interrupt_sent_to_make_alone_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "child.py").write_text(CHILD)
    (tmp_path / "Makefile").write_text(f"run:\n\t@exec {sys.executable} child.py\n")
    # The suite itself may run under make, which would then speak of folders in between.
    outer = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}}
    environment = outer | {"PYTHONPATH": str(REPOSITORY)}
    make = subprocess.Popen(["make", "run"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)
    assert make.stdout
    assert make.stdout.readline() == "up\n"

    make.send_signal(signal.SIGINT)

    assert make.stdout.readline() == "interrupted\n"
    make.communicate()
