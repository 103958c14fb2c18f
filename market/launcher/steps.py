"""What a start tells the person who waits for it, and commands that it runs to their end."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from market.launcher.children import end_with_parent, rotate
from market.launcher.errors import Interrupted, LaunchError
from market.launcher.folders import REPOSITORY

_TICK_S: Final = 0.05


class Console:
    """Lines on standard output: one for each step, with the seconds that it took."""

    def __init__(self) -> None:
        self._is_open = False

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Name the step now, its seconds when it ends."""
        began = time.monotonic()
        self._write(f"· {what} … ")
        self._is_open = True
        try:
            yield
        except BaseException:
            self._end_line()
            raise
        seconds = f"{time.monotonic() - began:.1f} s"
        self._write(f"{seconds}\n" if self._is_open else f"  {seconds}\n")
        self._is_open = False

    def line(self, text: str) -> None:
        """A line of its own, also in the middle of a step."""
        self._end_line()
        self._write(text + "\n")

    def _end_line(self) -> None:
        if self._is_open:
            self._write("\n")
            self._is_open = False

    def _write(self, text: str) -> None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except (BrokenPipeError, OSError):
            # The terminal is gone (`make run | head`); the platform goes on without an audience.
            sys.stdout = open("/dev/null", "w")  # noqa: PTH123, SIM115


class Running:
    """A command on its way; its output goes to a log, and on to `show` line by line."""

    def __init__(self, name: str, command: Sequence[str], env: Mapping[str, str], log: Path, spared: set[int]) -> None:
        self.name, self._log, self._spared = name, log, spared
        rotate(log)
        with log.open("ab") as output:
            self._from = output.tell()
            self._process = subprocess.Popen(
                list(command),
                env=dict(env),
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent(signal.SIGTERM),
            )
        spared.add(self._process.pid)

    def finish(self, tick: Callable[[], None], show: Callable[[str], None] | None = None) -> None:
        """Wait for the end. Raises LaunchError with the last lines, Interrupted when `tick` says so."""
        try:
            while self._process.poll() is None:
                tick()
                self._follow(show)
                time.sleep(_TICK_S)
        except Interrupted:
            self._process.terminate()
            self._process.wait(10)
            raise
        finally:
            if self._process.poll() is not None:
                self._spared.discard(self._process.pid)
        if self._process.returncode:
            raise LaunchError(f"`{self.name}` failed ({self._log}):\n{self._last_words()}")
        self._follow(show, is_over=True)

    def _follow(self, show: Callable[[str], None] | None, *, is_over: bool = False) -> None:
        if show is None:
            return
        with self._log.open("rb") as log:
            log.seek(self._from)
            new = log.read()
        whole = new if is_over else new[: new.rfind(b"\n") + 1]
        self._from += len(whole)
        for line in whole.decode("utf-8", "replace").splitlines():
            show(line)

    def _last_words(self) -> str:
        with self._log.open("rb") as log:
            log.seek(self._from)
            return "\n".join(log.read().decode("utf-8", "replace").strip().splitlines()[-8:])
