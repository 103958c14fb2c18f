"""A platform's database and broker for one benchmark: as durable as in production, gone when it ends."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from market.launcher import folders, keys, run_record
from market.launcher.folders import Folders
from market.launcher.postgres import Postgres
from market.launcher.valkey import Valkey

# A developer's own environment must never lead a benchmark to a real database or purse.
_REPLACED = (
    "DATABASE_URL", "DATABASE_OWNER_URL", "BROKER_URL", "STORAGE_URL", "PUBLIC_URL", "PORT", "DELIVERY_URL",
    "DELIVERY_PORT", "LOG_ORIGIN", "LOG_SIGNING_KEY", "LOG_SIGNING_KEY_NEXT", "LOG_WITNESSES", "FIELD_KEY",
    "SECRET_KEY", "EMAIL_URL", "STRIPE_API_KEY", "CHAIN_RPC_URL",
)  # fmt: skip


@contextmanager
def running(*, broker: bool = False) -> Iterator[Folders]:
    """Start the database (with fsync; and the broker where asked), migrate, set Django up; remove all at the end."""
    var = Path(tempfile.mkdtemp(prefix="market-bench-"))
    for name in _REPLACED:
        os.environ.pop(name, None)
    os.environ |= {"VAR_DIR": str(var), "DJANGO_SETTINGS_MODULE": "market.settings", "LOG_LEVEL": "WARNING"}
    folders.own(var)
    found = folders.prepare(var)
    keys.make_missing(found.secrets)
    postgres, valkey = Postgres(found), Valkey(found) if broker else None
    try:
        postgres.start()
        if valkey is not None:
            valkey.start()
        run_record.write(var, _record(found, {each.name: each.child.pid for each in (postgres, valkey) if each}))
        _migrate()
        yield found
    finally:
        _disconnect()
        if valkey is not None:
            valkey.stop()
        postgres.stop()
        if found.database.parent != var:
            shutil.rmtree(found.database, ignore_errors=True)
        folders.discard_sockets(found.postgres_socket, var)
        shutil.rmtree(var)


@contextmanager
def configured() -> Iterator[None]:
    """Django with the product's settings and nothing running: for what reads no database."""
    var = Path(tempfile.mkdtemp(prefix="market-bench-"))
    for name in _REPLACED:
        os.environ.pop(name, None)
    os.environ |= {"VAR_DIR": str(var), "DJANGO_SETTINGS_MODULE": "market.settings", "LOG_LEVEL": "WARNING"}
    try:
        import django

        django.setup(set_prefix=False)
        yield
    finally:
        shutil.rmtree(var)


def _record(found: Folders, pids: dict[str, int | None]) -> run_record.RunRecord:
    return run_record.RunRecord(
        postgres_socket=str(found.postgres_socket),
        valkey_socket=str(found.valkey_socket),
        pids={name: pid for name, pid in pids.items() if pid is not None},
    )


def _migrate() -> None:
    import django
    from django.core.management import call_command

    django.setup(set_prefix=False)
    call_command("migrate", verbosity=0, skip_checks=True)


def _disconnect() -> None:
    if "django.db" not in sys.modules:
        return
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()
