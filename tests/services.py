"""pytest plugin: a throw-away PostgreSQL and Valkey for one session, up before Django reads its settings.

Loaded by `-p tests.services` (pyproject.toml). The servers are the launcher's own classes in a short folder
under the temporary directory; they end with the session, and with pytest itself when it is killed.
"""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from market.launcher import folders, keys, run_record
from market.launcher.postgres import Postgres
from market.launcher.valkey import Valkey

# A developer's own environment must never lead a test to a real database, purse or mailbox.
REPLACED = (
    "DATABASE_URL", "DATABASE_OWNER_URL", "BROKER_URL", "STORAGE_URL", "PUBLIC_URL", "PORT",
    "DELIVERY_URL", "DELIVERY_PORT", "LOG_ORIGIN", "LOG_SIGNING_KEY", "LOG_SIGNING_KEY_NEXT", "LOG_WITNESSES",
    "LOG_KEY", "FIELD_KEY", "SECRET_KEY", "EMAIL_URL", "EMAIL_FROM", "STRIPE_API_KEY", "CHAIN_RPC_URL", "ALLOWED_HOSTS",
    "MARKET_NAME", "CUSTODIAN", "ESCROW_HOLDER", "ESCROW_ACCOUNT", "ESCROW_BANK",
    "PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGSERVICE", "PGOPTIONS",
)  # fmt: skip
_PREFIX = "market-test-"


class Services:
    """The folder and the two servers of this session."""

    def __init__(self) -> None:
        _remove_abandoned()
        self.var = Path(tempfile.mkdtemp(prefix=_PREFIX))
        (self.var / "pid").write_text(str(os.getpid()), "ascii")
        folders.own(self.var)
        found = folders.prepare(self.var)
        keys.make_missing(found.secrets)
        (self.var / "static").mkdir(exist_ok=True)  # whitenoise warns where collectstatic never ran
        self.postgres = Postgres(found, durable=False)
        self.valkey = Valkey(found)
        self.folders = found

    def start(self) -> None:
        """Start both and tell settings, by environment and run.json, where they listen."""
        for name in REPLACED:
            os.environ.pop(name, None)
        os.environ["VAR_DIR"] = str(self.var)
        self.postgres.start()
        self.valkey.start()
        run_record.write(
            self.var,
            run_record.RunRecord(
                postgres_socket=str(self.folders.postgres_socket),
                valkey_socket=str(self.folders.valkey_socket),
                port=8000,
                delivery_port=8001,
                pids={},
            ),
        )

    def stop(self) -> None:
        """Stop both and remove all that they wrote."""
        self.valkey.stop()
        self.postgres.stop()
        if self.folders.database.parent != self.var:
            shutil.rmtree(self.folders.database, ignore_errors=True)
        folders.discard_sockets(self.folders.postgres_socket, self.var)
        shutil.rmtree(self.var)


_services: Services | None = None


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Before any conftest and before pytest-django sets Django up."""
    global _services
    options = early_config.known_args_namespace
    if _services is None and not (options.help or options.version):
        _services = Services()
        _services.start()


def pytest_unconfigure() -> None:
    """After everything, also after a failed collection."""
    global _services
    if _services is not None:
        _services.stop()
        _services = None


@pytest.fixture(scope="session")
def services() -> Services:
    """The running servers, for tests that stop or watch them."""
    assert _services is not None
    return _services


def _remove_abandoned() -> None:
    """Remove the folders of sessions that were killed; their servers ended with them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError, ValueError):
            if folder.stat().st_uid == os.geteuid() and not _lives(int((folder / "pid").read_text("ascii"))):
                shutil.rmtree(folder)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
