"""The embedded PostgreSQL: cluster, server over a unix socket only, the two roles."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import psycopg

from market.launcher import binaries, residue
from market.launcher.children import Child, Program
from market.launcher.errors import Interrupted, LaunchError
from market.launcher.folders import Folders

# Two web processes of 8 threads, 32 delivery threads, workers, sequencer, dispatcher, and somebody with psql.
CONNECTIONS_MAX: Final = 120
START_SECONDS_MAX: Final = 120.0
# One order of text on every host. `C.UTF-8` still splits Chinese into trigrams.
_COLLATION: Final = (
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C.UTF-8",
    "--encoding=UTF8",
)
# The socket folder is closed to all other accounts, and there is no TCP: who reaches the socket is us.
_ACCESS: Final = "local all all trust\n"


class Postgres:
    """The server of one VAR_DIR. `durable=False` (no fsync) is for throw-away servers of tests."""

    name = "postgres"

    def __init__(self, folders: Folders, *, durable: bool = True) -> None:
        self.folders = folders
        self.data = folders.database / "data"
        self.programs = binaries.postgres(folders.database, folders.account)
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": '"' + str(folders.postgres_socket).replace('"', '""') + '"',
            "unix_socket_permissions": "0700",
            "port": "5432",
            "max_connections": str(CONNECTIONS_MAX),
            "timezone": "UTC",
            "log_timezone": "UTC",
            "logging_collector": "off",
        }
        if not durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self.child = Child(
            Program(
                name=self.name,
                command=[str(self.programs / "postgres"), "-D", str(self.data), *options],
                env=self._environment(),
                account=folders.account,
                # "Fast" ends sessions and writes a checkpoint; "immediate" leaves it to the next recovery.
                stops=((signal.SIGINT, 60.0), (signal.SIGQUIT, 5.0)),
            ),
            log=folders.log / "postgres.log",
            before=self._clear_the_way,
        )

    def start(self, tick: Callable[[], None] = lambda: None) -> None:
        """Start, wait until it answers, make database and roles. Raises LaunchError with the log's end."""
        if not self.data.is_dir():
            self._create()
        self._refuse_other_version()
        self.child.start()
        self.wait_ready(tick)
        self._make_roles()

    def stop(self) -> None:
        self.child.stop()

    def wait_ready(self, tick: Callable[[], None]) -> None:
        """Wait until connections are answered; recovery after a crash may take a while.

        `tick` may raise to end the wait; the server is stopped then.
        """
        deadline = time.monotonic() + START_SECONDS_MAX
        try:
            while not self.answers():
                self._still_starting(deadline)
                tick()
                time.sleep(0.02)
        except (LaunchError, Interrupted):
            self.stop()
            raise

    def _still_starting(self, deadline: float) -> None:
        if not self.child.is_running():
            raise LaunchError(f"PostgreSQL did not start. Its log ends:\n{self.child.last_words()}")
        if time.monotonic() > deadline:
            raise LaunchError(f"PostgreSQL did not answer in {START_SECONDS_MAX:.0f} s; see {self.child.log}.")

    def answers(self) -> bool:
        """Whether a connection succeeds now."""
        with contextlib.suppress(psycopg.OperationalError), self._connect("postgres"):
            return True
        return False

    def last_migration(self) -> str:
        """How far the tables are: number and last key of the applied migrations; empty before the first."""
        with self._connect("market") as connection, contextlib.suppress(psycopg.errors.UndefinedTable):
            found = connection.execute("SELECT count(*), max(id) FROM django_migrations").fetchone()
            return "/".join(map(str, found or ()))
        return ""

    def _connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(self.folders.postgres_socket),
            port=5432,
            user="postgres",
            dbname=database,
            connect_timeout=5,
            autocommit=True,
        )

    def _create(self) -> None:
        # Made aside and renamed: after an interruption here the next start begins anew.
        partial = self.folders.database / "data.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        account = self.folders.account
        if account is not None:
            os.chown(partial, account.uid, account.gid)
        made = subprocess.run(
            [
                str(self.programs / "initdb"),
                "-D",
                str(partial),
                "-U",
                "postgres",
                "--auth=trust",
                *_COLLATION,
            ],
            env=self._environment(),
            cwd="/",
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )
        if made.returncode != 0:
            words = (made.stderr or made.stdout).strip().splitlines()[-6:]
            raise LaunchError("The database could not be made: " + "\n".join(words))
        (partial / "pg_hba.conf").write_text(_ACCESS, "utf-8")
        partial.rename(self.data)

    def _refuse_other_version(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text("ascii").strip()
        output = subprocess.run(
            [str(self.programs / "postgres"), "--version"],
            capture_output=True,
            text=True,
            check=True,
            cwd="/",
        ).stdout
        if output.split()[-1].split(".")[0] != made_by:
            raise LaunchError(
                f"The database in {self.data} was made by PostgreSQL {made_by} and the installed one is "
                f"{output.split()[-1]}: dump it with the old one first."
            )

    def _clear_the_way(self) -> None:
        residue.end_servers_of(self.data)

    def _make_roles(self) -> None:
        with self._connect("postgres") as connection:
            for role, rights in (("market_owner", "LOGIN CREATEDB"), ("market_app", "LOGIN")):
                if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).rowcount:
                    connection.execute(f"CREATE ROLE {role} {rights}".encode())
            if not connection.execute("SELECT FROM pg_database WHERE datname = 'market'").rowcount:
                connection.execute("CREATE DATABASE market OWNER market_owner")

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def socket_path(folder: Path) -> Path:
    """The socket that clients connect to, inside the folder that HOST names."""
    return folder / ".s.PGSQL.5432"
