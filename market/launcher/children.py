"""One process of the platform: in its own session, ended with the launcher, ended with its offspring."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from market.launcher.accounts import Account

LOG_BYTES_MAX: Final = 5_000_000
LOGS_KEPT: Final = 3
# Tells processes of one VAR_DIR from all others, after their launcher is gone.
MARK: Final = "MARKET_LAUNCHED_IN"
# Loaded before any fork: an import in the child fails where Python lies in a folder closed to `nobody`.
_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None
PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36


@dataclass(frozen=True, slots=True)
class Program:
    """What to start and how to end it."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    cwd: Path = Path("/")
    account: Account | None = None
    stops: Sequence[tuple[signal.Signals, float]] = ((signal.SIGTERM, 10.0),)
    """Signals in order, each with the seconds that it is given; SIGKILL for the whole group follows."""


class Process(Protocol):
    """A running process of ours, however it was started: subprocess.Popen's most important parts."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, number: int, /) -> None: ...


@dataclass(slots=True)
class Child:
    """A program and its running process, if any. Start it from the main thread only.

    (The kernel ends a child when the *thread* that started it ends.)
    """

    program: Program
    log: Path
    before: Callable[[], None] | None = None
    """Runs before each start."""
    fork: Callable[[Program, Path], Process | None] | None = None
    """A quicker start with the same effect (`nursery`); None as its answer: not possible now."""
    process: Process | None = field(default=None, init=False)
    started_at_s: float = field(default=0.0, init=False)

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def start(self) -> None:
        """Start the process; its output goes to the log file, which is rotated here when it has grown."""
        if self.before:
            self.before()
        rotate(self.log)
        self.process = (self.fork and self.fork(self.program, self.log)) or self._execute()
        self.started_at_s = time.monotonic()

    def _execute(self) -> Process:
        program = self.program
        account = program.account
        last = program.stops[0][0]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                list(program.command),
                env=dict(program.env),
                cwd=program.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
                preexec_fn=end_with_parent(last),
            )

    def is_running(self) -> bool:
        """Whether the process lives; collects it when it has ended."""
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Send the first stop signal and return at once."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(self.program.stops[0][0])

    def stop(self) -> None:
        """End the process and all of its group, gently at first, and wait until it is gone."""
        if self.process is None:
            return
        for number, seconds in self.program.stops:
            if self.process.poll() is not None:
                break
            self.process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
        self.kill_group()
        self.process.wait()
        self.process = None

    def kill_group(self) -> None:
        """Kill whatever is left of the process's group: granian's workers outlive their main process."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def last_words(self, lines: int = 12) -> str:
        """The end of the log, for a sentence that says why a start failed."""
        try:
            text = self.log.read_text("utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:])


def end_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """For Popen's preexec_fn: the kernel sends the signal when the starter dies, even by kill -9 (Linux).

    Python calls it after the change of account, which would undo it.
    """
    if _LIBC is None:
        return None
    parent, prctl = os.getpid(), _LIBC.prctl

    def arrange() -> None:
        prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return arrange


def end_with_starter() -> None:
    """Ask the kernel for SIGTERM when our own starter dies: `make run` that is killed takes the platform along."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


def adopt_orphans() -> bool:
    """Become the parent of grandchildren whose parent dies, so that no zombie stays where pid 1 collects none."""
    return _LIBC is not None and _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


def rotate(log: Path) -> None:
    """Move a log that has grown past its size aside, keeping the last few."""
    if not log.is_file() or log.stat().st_size < LOG_BYTES_MAX:
        return
    for number in range(LOGS_KEPT, 1, -1):
        older = log.with_name(f"{log.name}.{number - 1}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number}"))
    log.replace(log.with_name(f"{log.name}.1"))
