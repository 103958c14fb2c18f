"""Where a run lies: closed to others, reachable for the database, short enough for sockets."""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from market.launcher import accounts, folders
from market.launcher.errors import LaunchError

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it is about root's own folders")


@pytest.fixture
def var(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A VAR_DIR that the database's account can reach (pytest's own folders are closed to others)."""
    folder = Path("/tmp") / f"launcher-test-{os.getpid()}"
    folder.mkdir()
    folder.chmod(0o755)
    yield folder / "var"
    shutil.rmtree(folder)


def test_a_prepared_folder_is_closed_to_others(var: Path) -> None:
    folders.own(var)
    found = folders.prepare(var)

    account = accounts.for_postgres()
    assert found.secrets.stat().st_mode & 0o777 == 0o700
    assert found.log.stat().st_mode & 0o777 == 0o700
    assert found.postgres_socket == var / "run" / "postgres"
    assert found.postgres_socket.stat().st_mode & 0o777 == 0o700
    assert found.postgres_socket.stat().st_uid == (account.uid if account else os.geteuid())
    assert found.database == var / "database"
    assert var.stat().st_mode & 0o777 == (0o711 if account else 0o700)


def test_a_path_too_long_for_a_socket_gets_a_short_private_folder(var: Path) -> None:
    long = var / ("very-long-name-" * 8)
    folders.own(long)

    found = folders.prepare(long)

    path = found.postgres_socket / folders.POSTGRES_SOCKET
    assert not found.valkey_socket.is_relative_to(long)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))  # the kernel takes it
    folders.discard_sockets(found.postgres_socket, long)
    assert not found.valkey_socket.parent.exists()


def test_only_folders_of_our_own_making_are_discarded(var: Path) -> None:
    folders.own(var)
    found = folders.prepare(var)
    stranger = var.parent / "somebody-elses" / "postgres"
    stranger.mkdir(parents=True)

    folders.discard_sockets(found.postgres_socket, var)
    folders.discard_sockets(stranger, var)

    assert found.postgres_socket.is_dir()
    assert stranger.is_dir()


def test_a_full_disk_is_one_sentence(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(total=10**12, used=0, free=123_000_000))

    with pytest.raises(LaunchError, match=r"^The disk under .* has 123 MB free and .* at least 500 MB: [^.]*\.$"):
        folders.own(var)


@as_root
def test_somebody_elses_folder_is_one_sentence_and_stays_as_it_is(var: Path) -> None:
    var.mkdir(mode=0o750)
    os.chown(var, 65534, 65534)

    with pytest.raises(LaunchError, match=r"^VAR_DIR .* belongs to nobody and you are root: "):
        folders.own(var)

    assert list(var.iterdir()) == []


@as_root
def test_a_folder_closed_to_the_database_sends_it_elsewhere_and_is_found_again(var: Path) -> None:
    var.parent.chmod(0o700)
    folders.own(var)

    found = folders.prepare(var)

    assert not found.database.is_relative_to(var)
    assert accounts.may(found.account, "x", found.database)
    assert not found.postgres_socket.is_relative_to(var)
    again = folders.prepare(var)
    assert again.database == found.database
    for sockets in (found.postgres_socket, again.postgres_socket):
        folders.discard_sockets(sockets, var)
    shutil.rmtree(found.database)
    with pytest.raises(LaunchError, match=f"lay in {found.database}, which is gone"):
        folders.prepare(var)
