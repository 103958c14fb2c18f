"""The embedded database keeps what was committed, whatever happened to its processes."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from market.launcher import accounts, folders, residue
from market.launcher.errors import LaunchError
from market.launcher.folders import REPOSITORY
from market.launcher.postgres import Postgres

PROGRAM = """
import os, sys
from pathlib import Path
from market.launcher import folders
from market.launcher.postgres import Postgres
var = Path(sys.argv[1])
folders.own(var)
server = Postgres(folders.prepare(var))
server.start()
print(server.folders.postgres_socket, flush=True)
sys.stdin.read()
server.stop()
"""


@pytest.fixture
def var() -> Iterator[Path]:
    folder = Path("/tmp") / f"launcher-pg-{os.getpid()}"
    folder.mkdir()
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def server(var: Path) -> Iterator[Postgres]:
    folders.own(var)
    postgres = Postgres(folders.prepare(var))
    postgres.start()
    yield postgres
    postgres.stop()


def connect(postgres: Postgres, role: str = "market_owner") -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(host=str(postgres.folders.postgres_socket), user=role, dbname="market", autocommit=True)


def given_rows(postgres: Postgres, count: int) -> None:
    with connect(postgres) as connection:
        connection.execute("CREATE TABLE kept (n int PRIMARY KEY)")
        for number in range(count):
            connection.execute("INSERT INTO kept VALUES (%s)", [number])


def rows(postgres: Postgres) -> object:
    with connect(postgres) as connection:
        found = connection.execute("SELECT count(*) FROM kept").fetchone()
        assert found
        return found[0]


def test_it_listens_on_its_socket_only_and_has_the_two_roles(server: Postgres) -> None:
    with connect(server, "postgres") as connection:
        roles = connection.execute(
            "SELECT rolname, rolsuper, rolcreatedb FROM pg_roles WHERE rolname LIKE 'market%' ORDER BY 1"
        ).fetchall()
        settings = connection.execute(
            "SELECT current_setting('listen_addresses'), current_setting('fsync'), "
            "datcollate, datlocale, datlocprovider FROM pg_database WHERE datname = 'market'"
        ).fetchone()

    assert roles == [("market_app", False, False), ("market_owner", False, True)]
    assert settings == ("", "on", "C.UTF-8", "C.UTF-8", "b")


def test_committed_rows_outlive_a_killed_server(server: Postgres) -> None:
    given_rows(server, 200)
    assert server.child.process

    os.kill(server.child.process.pid, signal.SIGKILL)
    server.child.process.wait()
    server.start()

    assert rows(server) == 200


def test_a_killed_servers_leftover_processes_are_ended_before_the_next_start(server: Postgres) -> None:
    given_rows(server, 10)
    assert server.child.process
    main = server.child.process.pid
    backends = [pid for pid in residue._servers_of(server.data.resolve()) if pid != main]
    assert backends
    os.kill(backends[0], signal.SIGSTOP)  # one that cannot notice its main process's end
    os.kill(main, signal.SIGKILL)
    server.child.process.wait()

    server.start()

    assert rows(server) == 10
    assert not Path(f"/proc/{backends[0]}").exists() or residue._state(backends[0]) == "Z"


def test_a_pid_file_that_names_a_living_stranger_is_neither_trusted_nor_killed(server: Postgres) -> None:
    given_rows(server, 3)
    pid_file = server.data / "postmaster.pid"
    text = pid_file.read_text()
    server.stop()
    stranger = subprocess.Popen(["sleep", "60"])
    pid_file.write_text(text.replace(text.split("\n")[0], str(stranger.pid), 1))

    server.start()

    assert rows(server) == 3
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_pid_file_that_names_a_zombie_is_removed(server: Postgres) -> None:
    pid_file = server.data / "postmaster.pid"
    text = pid_file.read_text()
    server.stop()
    zombie = subprocess.Popen(["true"])
    while residue._state(zombie.pid) != "Z":
        time.sleep(0.01)
    pid_file.write_text(text.replace(text.split("\n")[0], str(zombie.pid), 1))

    server.start()

    assert server.answers()
    zombie.wait()


def test_a_half_made_cluster_is_made_anew(var: Path) -> None:
    folders.own(var)
    found = folders.prepare(var)
    (found.database / "data.partial" / "base").mkdir(parents=True)
    postgres = Postgres(found)

    postgres.start()

    assert postgres.answers()
    postgres.stop()
    assert not (found.database / "data.partial").exists()


def test_another_versions_cluster_is_refused_in_one_sentence(server: Postgres) -> None:
    server.stop()
    (server.data / "PG_VERSION").write_text("13\n")

    with pytest.raises(LaunchError, match=r"was made by PostgreSQL 13 and the installed one is 18"):
        server.start()


def test_a_server_whose_starter_is_killed_ends_and_the_next_finds_its_rows(var: Path) -> None:
    starter = start_in_a_process(var, None)
    main = int((var / "database" / "data" / "postmaster.pid").read_text().split("\n")[0])
    starter.kill()
    starter.communicate()

    postgres = Postgres(folders.prepare(var))
    postgres.start()

    assert postgres.child.pid != main
    assert residue._state(main) == "Z"
    postgres.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody else")
def test_an_ordinary_user_starts_it_as_himself(var: Path) -> None:
    account = accounts.Account("games", 5, 60)
    os.chown(var, account.uid, account.gid)
    if not any(accounts.may(account, "x", Path(python)) for python in (sys.executable, *SYSTEM_PYTHONS)):
        pytest.skip("no Python here that another user can run")

    starter = start_in_a_process(var, account)

    assert starter.stdout
    assert (var / "database" / "data").stat().st_uid == account.uid
    assert var.stat().st_mode & 0o777 == 0o711  # as it was: nothing is opened for an ordinary user
    _, err = starter.communicate("")
    assert (starter.returncode, err) == (0, "")


SYSTEM_PYTHONS = [f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"]


def start_in_a_process(var: Path, account: accounts.Account | None) -> "subprocess.Popen[str]":
    """A launcher-like process that starts the server and waits; as the account, with a Python it can run."""
    python = next(p for p in (sys.executable, *SYSTEM_PYTHONS) if accounts.may(account, "x", Path(p)))
    packages = str(Path(psycopg.__file__).parent.parent)
    process = subprocess.Popen(
        [python, "-c", PROGRAM, str(var)],
        cwd=REPOSITORY,
        env={"PATH": os.defpath, "PYTHONPATH": f"{REPOSITORY}:{packages}", "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    assert process.stdout
    socket = process.stdout.readline().strip()
    assert socket, process.communicate()[1]
    return process
