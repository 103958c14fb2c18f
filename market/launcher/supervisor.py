"""Keeps the children running: starts them again when they die, and stops them in an order that loses nothing."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from market.launcher import children
from market.launcher.children import Child
from market.launcher.errors import LaunchError

RESTART_DELAY_S: Final = 0.2
RESTART_DELAY_S_MAX: Final = 10.0
# A child that lived that long has started well; its next death counts as its first.
STEADY_S: Final = 30.0


@dataclass(slots=True)
class _Watch:
    child: Child
    stage: int
    delay_s: float = RESTART_DELAY_S
    due_at_s: float | None = None


class Supervisor:
    """The children in the order of their start. Single-threaded: call `tick` often, from the main thread."""

    def __init__(self, tell: Callable[[str], None], changed: Callable[[dict[str, int]], None]) -> None:
        self._tell = tell
        self._changed = changed
        self._watches: list[_Watch] = []
        self.adopts = children.adopt_orphans()
        """Whether orphans become the launcher's children here (Linux)."""
        self.spared: set[int] = set()
        """Pids that somebody else waits for: their exit codes are left alone."""

    def watch(self, child: Child, *, stage: int) -> None:
        """Keep a child running from now on; it is started if it does not run yet. Stages stop from high to low."""
        if not child.is_running():
            child.start()
        self._watches.append(_Watch(child, stage))
        self._changed(self.pids())

    def pids(self) -> dict[str, int]:
        """Name and pid of each child that has a process."""
        return {watch.child.name: pid for watch in self._watches if (pid := watch.child.pid) is not None}

    def tick(self) -> None:
        """Look at each child once: collect the dead, start again those whose time has come."""
        now = time.monotonic()
        for watch in self._watches:
            child = watch.child
            if child.is_running():
                continue
            if watch.due_at_s is None:
                self._bury(watch, now)
            elif now >= watch.due_at_s:
                self._revive(watch, now)
        self._collect_orphans()

    def stop(self) -> None:
        """Stop stage after stage, all children of a stage at once, and wait for each. Never raises half-way."""
        for stage in sorted({watch.stage for watch in self._watches}, reverse=True):
            together = [watch.child for watch in self._watches if watch.stage == stage]
            for child in together:
                child.ask_to_stop()
            for child in together:
                child.stop()
        self._watches.clear()
        self._changed({})

    def _bury(self, watch: _Watch, now: float) -> None:
        child = watch.child
        code = child.process.returncode if child.process else None
        # Offspring first: granian's workers keep serving, and hold the port, when their main process is killed.
        child.kill_group()
        if now - child.started_at_s > STEADY_S:
            watch.delay_s = RESTART_DELAY_S
        watch.due_at_s = now + watch.delay_s
        self._tell(f"{child.name} ended ({_reason(code)}); it starts again in {watch.delay_s:.1f} s, see {child.log}")
        watch.delay_s = min(watch.delay_s * 2, RESTART_DELAY_S_MAX)

    def _revive(self, watch: _Watch, now: float) -> None:
        try:
            watch.child.start()
        except (OSError, LaunchError) as error:
            watch.due_at_s = now + watch.delay_s
            watch.delay_s = min(watch.delay_s * 2, RESTART_DELAY_S_MAX)
            self._tell(f"{watch.child.name} could not be started: {error}")
            return
        watch.due_at_s = None
        self._changed(self.pids())

    def _collect_orphans(self) -> None:
        """Collect grandchildren that became ours (`children.adopt_orphans`); leave our own to their Popen."""
        own = self.spared.union(self.pids().values())
        while self.adopts:
            try:
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if found is None or found.si_pid in own:
                return
            os.waitpid(found.si_pid, os.WNOHANG)


def _reason(code: int | None) -> str:
    if code is None:
        return "never started"
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"
