"""Keep this process away from every file but those it needs (Linux landlock, ctypes only).

Without it a child that was taken over could still read what its user may read, such as keys in the data
folder or `/proc/<parent>/environ`. Older kernels have no landlock; the network lock does not depend on it.
"""

import ctypes
import os
import stat
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

CREATE_RULESET: Final = 444  # the same numbers on every machine type
ADD_RULE: Final = 445
RESTRICT_SELF: Final = 446
ABI_ONLY: Final = 1
PATH_BENEATH: Final = 1
READ: Final = 1 << 2 | 1 << 3  # files and folders
FILE_RIGHTS: Final = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14  # execute, write, read, truncate
TRUNCATE: Final = 1 << 14
FIRST_ABI_RIGHTS: Final = (1 << 13) - 1
TCP: Final = 1 << 0 | 1 << 1  # bind and connect
SCOPES: Final = 1 << 0 | 1 << 1  # abstract sockets and signals of others


def confine(libc: ctypes.CDLL, *, readable: Iterable[Path], writable: Iterable[Path]) -> bool:
    """Allow reading beneath `readable` and everything beneath `writable`, nothing else, for good.

    Needs NO_NEW_PRIVS and one thread. False where the kernel has no landlock; paths that are not there are
    left out.
    """
    abi = libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(ABI_ONLY))
    if abi < 1:
        return False
    handled = FIRST_ABI_RIGHTS | (TRUNCATE if abi >= 3 else 0)
    attributes = struct.pack("QQQ", handled, TCP, SCOPES)[: 24 if abi >= 6 else 16 if abi >= 4 else 8]
    ruleset = libc.syscall(CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    if ruleset < 0:
        return False
    try:
        rules = [(path, READ) for path in readable] + [(path, handled) for path in writable]
        if not all(_allow(libc, ruleset, path, rights) for path, rights in rules):
            return False
        return bool(libc.syscall(RESTRICT_SELF, ruleset, ctypes.c_uint32(0)) == 0)
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> bool:
    try:
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return True  # what is not there, or is closed to us already, needs no rule
    try:
        if not stat.S_ISDIR(os.fstat(beneath).st_mode):
            rights &= FILE_RIGHTS
        rule = struct.pack("=Qi", rights, beneath)
        return bool(libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, rule, ctypes.c_uint32(0)) == 0)
    finally:
        os.close(beneath)
