"""What an earlier run left behind when it was killed: servers and processes that outlived their launcher.

Looks at /proc: on systems without it nothing is found, and a start fails with the server's own message.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from market.launcher.children import MARK
from market.launcher.errors import LaunchError

_PROC: Final = Path("/proc")
PATIENCE_S: Final = 30.0


def end_servers_of(data: Path) -> None:
    """End every postgres that still works in the cluster's folder, then remove its stale pid file.

    A pid in the file proves nothing: its owner may be a zombie that nobody collects (it still answers
    `kill(pid, 0)`), or the number may belong to a stranger by now, who must be neither trusted nor killed.
    Only the folder a process works in and its name tell.
    """
    data = data.resolve()
    pid_file = data / "postmaster.pid"
    if not _PROC.is_dir():
        return
    main = _pid_in(pid_file)
    if main is not None and _is_server_of(main, data):
        _signal([main], signal.SIGINT)
        _wait_until(lambda: not _is_server_of(main, data), PATIENCE_S)
    # What is left has nothing to save: backends without their main process, or a main process that hangs.
    _signal(list(_servers_of(data)), signal.SIGQUIT)
    if not _wait_until(lambda: not any(_servers_of(data)), 2.0):
        _signal(list(_servers_of(data)), signal.SIGKILL)
    if not _wait_until(lambda: not any(_servers_of(data)), 2.0):
        raise LaunchError(f"Another PostgreSQL works in {data} and does not end.")
    pid_file.unlink(missing_ok=True)


def end_processes_of(var: Path) -> list[int]:
    """End what a killed launcher of this VAR_DIR left; answers their pids. Call it with the lock held."""
    found = list(_launched_in(var))
    _signal(found, signal.SIGTERM)
    # By number, not by mark: a process that ends loses its environment before its ports.
    if not _wait_until(lambda: all(_state(pid) == "Z" for pid in found), 5.0):
        _signal(list(_launched_in(var)), signal.SIGKILL)
        _wait_until(lambda: all(_state(pid) == "Z" for pid in found), 2.0)
    return found


def _wait_until(claim: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _launched_in(var: Path) -> Iterator[int]:
    marked = f"{MARK}={var}".encode()
    for pid in _pids():
        if pid != os.getpid():
            with contextlib.suppress(OSError):
                if marked in (_PROC / str(pid) / "environ").read_bytes().split(b"\0"):
                    yield pid


def _servers_of(data: Path) -> Iterator[int]:
    return (pid for pid in _pids() if _is_server_of(pid, data))


def _is_server_of(pid: int, data: Path) -> bool:
    try:
        works_in = (_PROC / str(pid) / "cwd").readlink()
        name = (_PROC / str(pid) / "comm").read_text("utf-8").strip()
    except OSError:  # gone, a zombie, or another account's
        return False
    return name == "postgres" and works_in == data and _state(pid) != "Z"


def _state(pid: int) -> str:
    try:
        return (_PROC / str(pid) / "stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def _pids() -> Iterator[int]:
    if _PROC.is_dir():
        yield from (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())


def _pid_in(file: Path) -> int | None:
    try:
        return int(file.read_text("utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
