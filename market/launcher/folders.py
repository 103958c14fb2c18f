"""Where everything of one run lies: VAR_DIR, the database's own folder, and one short enough for sockets."""

import os
import pwd
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from market.launcher import accounts
from market.launcher.accounts import Account
from market.launcher.errors import LaunchError

REPOSITORY: Final = Path(__file__).resolve().parent.parent.parent
FREE_MB_MIN: Final = 500
# Made by us, closed to others; settings only names them.
CLOSED: Final = ("secrets", "log", "valkey", "incoming", "objects", "log-tiles", "mail", "beat")
# A unix socket's path is at most 107 bytes on Linux and 103 on macOS.
SOCKET_PATH_BYTES_MAX: Final = 103
POSTGRES_SOCKET: Final = ".s.PGSQL.5432"
# Where the database goes when its account cannot come into VAR_DIR (below a folder closed to others).
OUTSIDE: Final = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108  only ever a fresh private folder inside


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of one run. All exist, and only their owners may read them."""

    var: Path
    database: Path
    """Holds the cluster (and its binaries, where they had to be copied); `account` may enter it."""
    postgres_socket: Path
    valkey_socket: Path
    account: Account | None
    """Whom postgres runs as; None is ourselves."""

    @property
    def secrets(self) -> Path:
        return self.var / "secrets"

    @property
    def log(self) -> Path:
        return self.var / "log"

    @property
    def valkey(self) -> Path:
        return self.var / "valkey"


def var_dir() -> Path:
    """The folder that VAR_DIR names, else `var` beside the code."""
    return Path(os.environ.get("VAR_DIR") or REPOSITORY / "var").resolve()


def own(var: Path) -> None:
    """Make VAR_DIR or make sure that it is ours to write, with space left. Raises LaunchError."""
    try:
        var.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)
    except OSError as error:
        raise LaunchError(f"VAR_DIR {var} cannot be made: {error.strerror}.") from error
    owner = var.stat().st_uid
    if owner != os.geteuid():
        raise LaunchError(
            f"VAR_DIR {var} belongs to {_name(owner)} and you are {_name(os.geteuid())}: "
            "start as that user, or set VAR_DIR to another folder."
        )
    if not os.access(var, os.W_OK | os.X_OK):
        raise LaunchError(f"VAR_DIR {var} cannot be written.")
    free_mb = shutil.disk_usage(var).free // 1_000_000
    if free_mb < FREE_MB_MIN:
        raise LaunchError(
            f"The disk under {var} has {free_mb} MB free and the platform needs at least {FREE_MB_MIN} MB: "
            "free some space, or set VAR_DIR to another disk."
        )


def prepare(var: Path) -> Folders:
    """Make what is missing below VAR_DIR (which `own` has tested) and find room for the sockets."""
    account = accounts.for_postgres()
    if account is not None:
        # The database's account must be able to pass through; what lies inside stays closed.
        var.chmod(var.stat().st_mode | 0o011)
    for name in CLOSED:
        (var / name).mkdir(mode=0o700, exist_ok=True)
    database = _database(var, account)
    sockets = _sockets(var, account)
    return Folders(
        var=var,
        database=database,
        postgres_socket=_give(sockets / "postgres", account),
        valkey_socket=sockets / "valkey.sock",
        account=account,
    )


def discard_sockets(socket_folder: Path, var: Path) -> None:
    """Remove a socket folder of an earlier run that had to lie outside VAR_DIR. Others are left alone."""
    outer = socket_folder.parent
    is_ours = outer.name.startswith("market-") and outer.is_dir() and not outer.is_symlink()
    if is_ours and not outer.is_relative_to(var) and outer.stat().st_uid == os.geteuid():
        shutil.rmtree(outer)


def _database(var: Path, account: Account | None) -> Path:
    inside = var / "database"
    if inside.is_symlink():
        target = inside.readlink()
        if not target.is_dir():
            raise LaunchError(
                f"The database of {var} lay in {target}, which is gone: bring it back, "
                f"or remove {inside} to begin with an empty one."
            )
        return target
    if account is None:
        inside.mkdir(mode=0o700, exist_ok=True)
        return inside
    inside.mkdir(exist_ok=True)
    inside.chmod(0o711)
    if accounts.may(account, "x", inside):
        return inside
    if any(inside.iterdir()):
        raise LaunchError(
            f"The account {account.name!r}, which runs the database, can no longer reach {inside}: "
            "let others pass through the folders above it (chmod o+x), or move VAR_DIR."
        )
    return _database_outside(inside, account)


def _database_outside(inside: Path, account: Account) -> Path:
    for base in OUTSIDE:
        if os.access(base, os.W_OK) and accounts.may(account, "x", base):
            # A fresh name each time: a VAR_DIR that was removed and made again must not find old rows.
            target = Path(tempfile.mkdtemp(prefix="data-element-market-", dir=base))
            target.chmod(0o711)
            inside.rmdir()
            inside.symlink_to(target)
            return target
    raise LaunchError(
        f"The account {account.name!r}, which runs the database, can reach neither {inside} nor "
        f"{' nor '.join(map(str, OUTSIDE))}: let others pass through the folders above VAR_DIR (chmod o+x)."
    )


def _sockets(var: Path, account: Account | None) -> Path:
    inside = var / "run"
    inside.mkdir(exist_ok=True)
    inside.chmod(0o711 if account else 0o700)
    if _fits(inside) and (account is None or accounts.may(account, "x", inside)):
        return inside
    for base in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):  # noqa: S108
        if not base or not os.access(base, os.W_OK):
            continue
        if _fits(Path(base) / "market-12345678") and (account is None or accounts.may(account, "x", Path(base))):
            outside = Path(tempfile.mkdtemp(prefix="market-", dir=base))
            outside.chmod(0o711 if account else 0o700)
            return outside
    raise LaunchError(f"The path of VAR_DIR {var} is too long for a socket, and no shorter folder can be written.")


def _fits(sockets: Path) -> bool:
    return len(os.fsencode(sockets / "postgres" / POSTGRES_SOCKET)) <= SOCKET_PATH_BYTES_MAX


def _give(folder: Path, account: Account | None) -> Path:
    folder.mkdir(exist_ok=True)
    folder.chmod(0o700)
    if account is not None:
        os.chown(folder, account.uid, account.gid)
    return folder


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
