"""The unprivileged account under which postgres runs when we are root: postgres refuses to run as root."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from market.launcher.errors import LaunchError


@dataclass(frozen=True, slots=True)
class Account:
    """A system account, by number."""

    name: str
    uid: int
    gid: int


def for_postgres() -> Account | None:
    """`nobody` when we are root, None (our own account) otherwise. Nothing is added to the system."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError as error:
        raise LaunchError(
            "PostgreSQL refuses to run as root and this system has no account 'nobody': start as an ordinary user."
        ) from error
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def may(account: Account | None, right: str, path: Path) -> bool:
    """Whether the account has the right ("r", "w" or "x") on the path, every parent folder counted.

    Asked of the kernel as that account, because access lists and mounts make mode bits an unsafe guess.
    """
    if account is None:
        return os.access(path, {"r": os.R_OK, "w": os.W_OK, "x": os.X_OK}[right])
    try:
        answer = subprocess.run(
            ["/bin/sh", "-c", f'test -{right} "$0"', str(path)],
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            cwd="/",
            check=False,
        )
    except (PermissionError, OSError) as error:
        raise LaunchError(
            f"This root may not change to the account {account.name!r}, which PostgreSQL needs: "
            "start as an ordinary user."
        ) from error
    return answer.returncode == 0
