"""A process that has loaded the product once, and of which the parts of a run are forked.

Every part loads the same eight rooms: 2.5 seconds of a processor each, seven times over. Loaded once and forked, all
are up in the time of one, they share the memory, and a part that died is back at once. Linux only: a part becomes the
launcher's own child by being orphaned to it. Where that is not possible parts start by their command lines alone.
"""

import contextlib
import ctypes
import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from market.launcher.children import PR_SET_PDEATHSIG, Process, Program, end_with_parent
from market.launcher.errors import LaunchError
from market.launcher.folders import REPOSITORY

LOAD_SECONDS_MAX: Final = 120.0
BIRTH_SECONDS_MAX: Final = 10.0
_ORDER_BYTES_MAX: Final = 65_536
_POLL_S: Final = 0.02
_PR_SET_NAME: Final = 15
# What at least two of the parts load.
_LOADED: Final = ("market.wsgi", "market.celery", "celery.apps.worker", "granian.cli")


class Born:
    """A forked part, as subprocess.Popen would show it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code once it has ended, the negative signal where one ended it."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises subprocess.TimeoutExpired."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            time.sleep(_POLL_S)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal if it still runs: an ended one's pid may be a stranger's."""
        if self.poll() is None:
            os.kill(self.pid, number)


class Nursery:
    """The launcher's side. Single-threaded, and only where the launcher adopts orphans."""

    def __init__(self, env: Mapping[str, str], log: Path, tell: Callable[[str], None] = lambda text: None) -> None:
        self._env, self._log, self._tell = dict(env), log, tell
        self._has_ended = False
        self._door, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with log.open("wb") as output, theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "market.launcher.nursery"],
                env=self._env,
                cwd=REPOSITORY,
                stdin=theirs.fileno(),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent(signal.SIGTERM),
            )
        self.pid = self._process.pid

    def wait_ready(self, tick: Callable[[], None]) -> None:
        """Wait until everything is loaded. Raises LaunchError with the last lines: no part would come further."""
        deadline = time.monotonic() + LOAD_SECONDS_MAX
        self._door.settimeout(_POLL_S)
        while True:
            tick()
            with contextlib.suppress(TimeoutError):
                if self._door.recv(_ORDER_BYTES_MAX):
                    return
                self._process.wait(10)
                words = self._log.read_text("utf-8", "replace").strip().splitlines()[-3:]
                raise LaunchError("The product could not be loaded: " + "\n".join(words))
            if time.monotonic() > deadline:
                raise LaunchError(f"The product was not loaded within {LOAD_SECONDS_MAX:.0f} s; see {self._log}.")

    def start(self, program: Program, log: Path) -> Process | None:
        """Fork a part; None where it must be started by its command line: other environment, or no nursery."""
        if self._has_ended or dict(program.env) != self._env or program.account is not None:
            return None
        order = {
            "name": program.name,
            "command": list(program.command),
            "cwd": str(program.cwd),
            "log": str(log),
            "signal": int(program.stops[0][0]),
        }
        self._door.settimeout(BIRTH_SECONDS_MAX)
        try:
            self._door.send(json.dumps(order).encode())
            answer = self._door.recv(_ORDER_BYTES_MAX)
            if not answer:
                raise ConnectionError
            self._door.send(b"go")
        except OSError:
            # Closing the door ends a part that comes too late: nothing ever runs twice.
            self.stop()
            self._tell(f"the nursery ended; parts load the product by themselves from now on, see {self._log}")
            return None
        return Born(int(answer))

    def stop(self) -> None:
        """End it; the parts live on."""
        self._has_ended = True
        self._door.close()
        self._process.kill()
        self._process.wait()


def serve() -> dict[str, Any]:
    """The nursery's own side: load, then fork for each order. Returns in the forked part only."""
    libc = ctypes.CDLL(None)
    launcher = os.getppid()
    door = socket.socket(fileno=os.dup(0))
    _load()
    if (threads := sum(1 for _ in Path("/proc/self/task").iterdir())) > 1:
        sys.exit(f"{threads} threads run after loading: a fork would lose the locks that they hold.")
    gc.collect()
    gc.freeze()  # else each part's first collection would write to, and so copy, all of it
    door.send(b"ready")
    while message := door.recv(_ORDER_BYTES_MAX):
        order: dict[str, Any] = json.loads(message)
        told, done = os.pipe()
        between = os.fork()
        if between == 0:
            os.close(told)
            if os.fork():
                os._exit(0)
            _settle(order, door, launcher, libc)
            os.close(done)
            return order
        os.close(done)
        os.waitpid(between, 0)
        os.read(told, 1)  # its end says that the part has spoken at the door, which is ours again
        os.close(told)
    sys.exit(0)


def _load() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "market.settings")
    import django  # noqa: PLC0415  the launcher's side of this module must stay small

    django.setup()
    for name in _LOADED:
        __import__(name)


def _settle(order: dict[str, Any], door: socket.socket, launcher: int, libc: ctypes.CDLL) -> None:
    """Become the launcher's child in a session of its own, with its log, and wait for its word."""
    os.setsid()
    deadline = time.monotonic() + BIRTH_SECONDS_MAX
    while os.getppid() != launcher:
        if time.monotonic() > deadline:
            os._exit(1)
        time.sleep(0.001)
    libc.prctl(PR_SET_PDEATHSIG, order["signal"], 0, 0, 0)
    libc.prctl(_PR_SET_NAME, order["name"].encode(), 0, 0, 0)  # what `top` and `ps` show; their words are all the same
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.close(log)
    os.close(nothing)
    os.chdir(order["cwd"])
    door.send(str(os.getpid()).encode())
    if door.recv(16) != b"go" or os.getppid() != launcher:
        os._exit(1)
    door.close()


def run(command: list[str]) -> None:
    """What the interpreter does with `python -m module …` or `python file …`."""
    _python, *words = command
    if words[0] == "-m":
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = words
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    run(serve()["command"])
