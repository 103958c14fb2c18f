"""`--check`: says what a start would meet, without starting or changing anything."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from market.launcher import accounts, binaries, folders, ports, run_record
from market.launcher.errors import LaunchError
from market.launcher.lock import Lock


def report(var: Path, *, as_json: bool) -> int:
    """Print each check; exit code 1 when a start would fail."""
    if _is_running(var):
        found = {"running": f"yes: {json.dumps(run_record.read(var).get('pids', {}))}"}
        failed: dict[str, str] = {}
    else:
        found, failed = _all(var)
    if as_json:
        print(json.dumps({"ok": not failed, "var_dir": str(var), "found": found, "failed": failed}))
    else:
        for name, text in found.items():
            print(f"  ok      {name}: {text}")
        for name, text in failed.items():
            print(f"  failed  {name}: {text}")
    return 1 if failed else 0


def _all(var: Path) -> tuple[dict[str, str], dict[str, str]]:
    found: dict[str, str] = {}
    failed: dict[str, str] = {}
    checks: dict[str, Callable[[], str]] = {
        "python": lambda: sys.version.split()[0],
        "folder": lambda: _folder(var),
        "port": _port,
        "database": _database,
        "broker": _broker,
    }
    for name, check in checks.items():
        try:
            found[name] = check()
        except LaunchError as error:
            failed[name] = str(error)
    return found, failed


def _folder(var: Path) -> str:
    if var.exists():
        folders.own(var)
        return f"{var}, {shutil.disk_usage(var).free // 1_000_000} MB free"
    return f"{var} would be made"


def _port() -> str:
    port = int(os.environ.get("PORT") or 8000)
    ports.refuse_if_taken(port)
    return f"{port} is free"


def _database() -> str:
    if os.environ.get("DATABASE_URL"):
        return "DATABASE_URL is set; no embedded one"
    account = accounts.for_postgres()
    return f"{binaries.postgres_version()}, run by {account.name if account else 'this user'}"


def _broker() -> str:
    return "BROKER_URL is set; no embedded one" if os.environ.get("BROKER_URL") else str(binaries.valkey_server().name)


def _is_running(var: Path) -> bool:
    if not (var / "lock").is_file():
        return False
    lock = Lock(var)
    try:
        return lock.is_taken()
    finally:
        lock.close()
