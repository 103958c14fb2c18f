"""One launcher for one VAR_DIR."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from market.launcher.errors import LaunchError
from market.launcher.folders import REPOSITORY
from market.launcher.lock import STOPPING, Lock

HOLDER = """
import sys, time
from pathlib import Path
from market.launcher.lock import Lock
Lock(Path(sys.argv[1])).take()
print("held", flush=True)
time.sleep(60)
"""


def test_a_second_starter_is_refused_in_a_sentence_that_names_the_first(tmp_path: Path) -> None:
    first, second = Lock(tmp_path), Lock(tmp_path)
    first.take()

    with pytest.raises(LaunchError, match=f"already runs on {tmp_path} \\(pid {os.getpid()}\\)"):
        second.take()

    assert second.is_taken()
    first.close()
    second.take()
    second.close()


def test_a_starter_waits_for_one_that_is_stopping(tmp_path: Path) -> None:
    first, second = Lock(tmp_path), Lock(tmp_path)
    first.take()
    first.say(STOPPING)
    timer = threading.Timer(0.3, first.close)
    timer.start()

    second.take()

    timer.join()
    second.close()


def test_a_killed_holder_blocks_nobody(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    lock = Lock(tmp_path)
    assert lock.is_taken()

    holder.send_signal(signal.SIGKILL)
    holder.communicate()

    lock.take()
    lock.close()
