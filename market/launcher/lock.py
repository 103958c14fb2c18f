"""One launcher for one VAR_DIR: a file lock that the system releases however the launcher ends."""

import fcntl
import os
import time
from pathlib import Path
from typing import Final

from market.launcher.errors import LaunchError

STOPPING: Final = "stopping"
STOP_SECONDS_MAX: Final = 90.0


class Lock:
    """Held from the start of a launcher to its end. Children do not inherit it."""

    def __init__(self, var: Path) -> None:
        self._var = var
        self._descriptor = os.open(var / "lock", os.O_RDWR | os.O_CREAT, 0o600)

    def take(self) -> None:
        """Take the lock, waiting only for a launcher that is stopping. Raises LaunchError naming the other."""
        deadline = time.monotonic() + STOP_SECONDS_MAX
        while not self._try():
            pid, _, state = self._holder().partition(" ")
            if state != STOPPING or time.monotonic() > deadline:
                raise LaunchError(
                    f"The platform already runs on {self._var} (pid {pid or 'not known yet'}): "
                    f"stop it with `kill {pid or 'PID'}`, or set VAR_DIR (and PORT) for a second one."
                )
            time.sleep(0.1)
        self.say("running")

    def say(self, state: str) -> None:
        """Tell others what we do; call it only with the lock held."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()} {state}".encode(), 0)

    def is_taken(self) -> bool:
        """Whether somebody else holds it now."""
        if self._try():
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            return False
        return True

    def close(self) -> None:
        """Release it."""
        os.close(self._descriptor)

    def _try(self) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _holder(self) -> str:
        return os.pread(self._descriptor, 64, 0).decode("ascii", "replace")
