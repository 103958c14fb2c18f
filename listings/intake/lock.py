"""Lock the current process before it opens a stranger's file: no network, little of everything else.

Only the child calls `lock`, as its very first act and while it has one thread. ctypes and the standard
library only, because whatever is imported before the lock is imported unlocked.
"""

import contextlib
import ctypes
import functools
import os
import platform
import resource
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import Final

from listings.intake import landlock
from listings.intake.outcomes import Limits

PR_SET_PDEATHSIG: Final = 1
PR_SET_DUMPABLE: Final = 4
PR_SET_SECCOMP: Final = 22
PR_SET_NO_NEW_PRIVS: Final = 38
SECCOMP_MODE_FILTER: Final = 2
CLONE_NEWUSER: Final = 0x10000000
CLONE_NEWNET: Final = 0x40000000
EPERM_ANSWER: Final = 0x00050000 | 1  # SECCOMP_RET_ERRNO with EPERM
ALLOW: Final = 0x7FFF0000
# linux/audit.h arch words, and the numbers of: socket, connect, socketpair, execve, execveat, ptrace,
# io_uring_setup.
# io_uring can open sockets past a filter, and a child that may start programs could start one that asks for
# more.
MACHINES: Final = {
    "x86_64": (0xC000003E, (41, 42, 53, 59, 322, 101, 425)),
    "aarch64": (0xC00000B7, (198, 203, 199, 221, 281, 117, 425)),
}
X32_BIT: Final = 0x40000000
# DuckDB reserves far more addresses than it touches; the runner watches the memory that is really used.
ADDRESS_SPACE_HEADROOM: Final = 4 << 30
OPEN_FILES_MAX: Final = 256
# What the interpreter and its libraries read. DuckDB aborts where it cannot ask for its memory and
# processors.
PROGRAM: Final = (
    Path(__file__).resolve().parents[1],
    *map(Path, (sys.prefix, sys.base_prefix, "/usr/lib", "/lib", "/lib64", "/etc/ld.so.cache")),
    *map(Path, ("/dev/urandom", "/proc/self", "/sys/fs/cgroup")),
)


class LockFailed(OSError):
    """The system offers no way to take the network from this process."""


def lock(
    limits: Limits,
    *,
    parent_pid: int,
    output_bytes_max: int,
    source: Path | None = None,
    folder: Path | None = None,
) -> str:
    """Lock this process for good and name what holds it, joined by "+".

    "namespace", "user namespace" and "seccomp" each keep it off the network; "landlock" keeps it to reading
    `source` and the program, and to its own `folder`. Must run with one thread, before any untrusted byte
    is read. Raises LockFailed when nothing keeps it off the network and `limits.is_lock_required`.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    _die_with(libc, parent_pid)
    means = _leave_network(libc)
    if not means and limits.is_lock_required:
        raise LockFailed("neither a network namespace nor seccomp works on this system")
    readable = (*PROGRAM, source) if source else PROGRAM
    writable = (folder, Path(os.devnull)) if folder else (Path(os.devnull),)
    if landlock.confine(libc, readable=readable, writable=writable):
        means.append("landlock")
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_CPU, limits.seconds_max * limits.threads)
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES_MAX)
    _limit(resource.RLIMIT_FSIZE, output_bytes_max)
    _limit(resource.RLIMIT_AS, limits.memory_bytes_max + ADDRESS_SPACE_HEADROOM)
    return "+".join(means) or "none"


@functools.cache
def available() -> str | None:
    """What would hold a child here, as `lock` names it; None where nothing keeps it off the network.

    For /readyz and start-up. Tried once in a throw-away child, which must then fail to reach a socket of
    ours.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        root = str(Path(__file__).resolve().parents[2])
        code = (
            f"import sys; sys.path.insert(0, {root!r}); "
            f"from listings.intake import lock; lock.probe({port}, {os.getpid()})"
        )
        answer = subprocess.run(
            [sys.executable, "-I", "-B", "-c", code],
            env={}, capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
    return answer.stdout.strip() or None if answer.returncode == 0 else None


def probe(port: int, parent_pid: int) -> None:
    """Body of the throw-away child of `available`: print the means if a connection really fails under it."""
    try:
        means = lock(Limits(), parent_pid=parent_pid, output_bytes_max=0)
    except LockFailed:
        sys.exit(1)
    try:
        with socket.socket() as client:
            client.connect(("127.0.0.1", port))
    except OSError:
        sys.stdout.write(means)
    else:
        sys.exit(1)


def _leave_network(libc: ctypes.CDLL) -> list[str]:
    means = []
    if libc.unshare(CLONE_NEWNET) == 0:
        means.append("namespace")
    elif libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0:
        means.append("user namespace")
    # The filter is laid on in every case: sockets in the file system are beyond a namespace, and programs
    # are too.
    if _filter_calls(libc):
        means.append("seccomp")
    return means


def _filter_calls(libc: ctypes.CDLL) -> bool:
    has_no_new_privileges = libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    machine = MACHINES.get(platform.machine())
    if machine is None or not has_no_new_privileges:
        return False
    arch, numbers = machine
    program = _program(arch, numbers)
    buffer = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("HL", len(program) // 8, ctypes.addressof(buffer))
    argument = ctypes.create_string_buffer(head, len(head))
    return bool(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(argument), 0, 0) == 0)


def _program(arch: int, numbers: tuple[int, ...]) -> bytes:
    """Classic BPF over seccomp_data: another arch, the x32 numbering, or one of `numbers` answers EPERM."""
    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06
    refused_at = 4 + len(numbers) + 1  # index of the refusing instruction; jumps are relative to the next one

    def step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
        return struct.pack("HBBI", code, yes, no, value)

    program = [
        step(load, 4),
        step(equal, arch, 0, refused_at - 2),
        step(load, 0),
        step(at_least, X32_BIT, refused_at - 4),
        *(step(equal, number, refused_at - 5 - i) for i, number in enumerate(numbers)),
        step(answer, ALLOW),
        step(answer, EPERM_ANSWER),
    ]
    return b"".join(program)


def _die_with(libc: ctypes.CDLL, parent_pid: int) -> None:
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    if os.getppid() != parent_pid:  # it died before the signal was armed
        os._exit(1)


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
    with contextlib.suppress(ValueError):
        resource.setrlimit(which, (ceiling, ceiling))
