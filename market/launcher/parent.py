"""The `make run` that started us: when it ends or is interrupted, so are we."""

import contextlib
import os
import signal
from pathlib import Path

from market.launcher import children


class Make:
    """Our starter, followed closely enough that no signal meant for the platform is lost in it.

    A Ctrl-C at a terminal reaches both of us. Sent to make alone it reaches nobody: make only stops catching
    SIGINT and waits for us, which shows in /proc. Where there is no /proc only a terminal's Ctrl-C counts.
    """

    def __init__(self) -> None:
        children.end_with_starter()
        self._pid = os.getppid()
        self._caught = self._catches_interrupts()

    def was_interrupted(self) -> bool:
        """Whether it caught interrupts when it started us and does not any more."""
        return self._caught and not self._catches_interrupts()

    def _catches_interrupts(self) -> bool:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{self._pid}/status").read_text("ascii", "replace").splitlines():
                if line.startswith("SigCgt:"):
                    return bool(int(line.split()[1], 16) >> (signal.SIGINT - 1) & 1)
        return False
