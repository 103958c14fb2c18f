"""The object store: streamed, never replaced, the same for a folder and for a store behind a network."""

import contextlib
import hashlib
import io
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import obstore
import pytest
from pytest_django import Settings

from market import storage
from market.kernel.errors import NotFound
from market.storage import AlreadyStored

MB = 1024 * 1024
# Stores a file of so many megabytes and reads it back; prints its own peak of memory in megabytes.
PROGRAM = """
import hashlib, os, resource, sys
from pathlib import Path
from django.conf import settings
settings.configure(STORAGE_URL=sys.argv[1])
from market import storage
path, megabytes = Path(sys.argv[2]), int(sys.argv[3])
storage._store()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
storage.put_file("big/one", path if sys.argv[4] == "path" else path.open("rb"))
digest, count = hashlib.sha256(), 0
for block in storage.read_range("big/one", 0, megabytes * 1024 * 1024):
    digest.update(block)
    count += len(block)
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(count, digest.hexdigest(), grown // 1024)
"""


@pytest.fixture(params=["folder", "remote"])
def store(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> str:
    """A folder, and a store that is reached without paths (in memory, by the calls that S3 gets)."""
    settings.STORAGE_URL = f"file://{tmp_path}/objects" if request.param == "folder" else f"memory:///{tmp_path.name}"
    return str(request.param)


def given_file(path: Path, megabytes: int) -> str:
    """A file whose blocks differ; its SHA-256."""
    block, digest = os.urandom(MB), hashlib.sha256()
    with path.open("wb") as file:
        for number in range(megabytes):
            data = number.to_bytes(8, "big") + block[8:]
            file.write(data)
            digest.update(data)
    return digest.hexdigest()


def test_what_was_put_comes_back_whole_and_by_range(store: str) -> None:
    content = os.urandom(3 * MB + 5)

    storage.put_file("a/b-1", io.BytesIO(content))

    assert storage.size("a/b-1") == len(content)
    assert b"".join(storage.read_range("a/b-1", 0, len(content))) == content
    assert b"".join(storage.read_range("a/b-1", MB - 3, 2 * MB + 7)) == content[MB - 3 : 2 * MB + 7]
    assert list(storage.read_range("a/b-1", 5, 5)) == []
    assert (storage.local_path("a/b-1") is not None) is (store == "folder")


def test_an_existing_key_is_never_replaced(store: str) -> None:
    storage.put_file("a/one", io.BytesIO(b"first"))

    with pytest.raises(AlreadyStored):
        storage.put_file("a/one", io.BytesIO(b"second"))
    with pytest.raises(AlreadyStored):
        storage.put_bytes("a/one", b"third")

    assert storage.get_bytes("a/one") == b"first"


def test_of_two_writers_who_meet_the_second_is_refused_and_replaces_nothing(store: str) -> None:
    class Overtaken(io.BytesIO):
        """While it is being read, another writer stores the same key."""

        def read(self, size: int | None = -1) -> bytes:
            other = threading.Thread(target=overtake)
            other.start()
            other.join()
            return super().read(size)

    def overtake() -> None:
        with contextlib.suppress(AlreadyStored):
            storage.put_bytes("a/one", b"first")

    with pytest.raises(AlreadyStored):
        storage.put_file("a/one", Overtaken(b"second" * MB))

    assert storage.get_bytes("a/one") == b"first"


def test_of_many_writers_at_once_exactly_one_stores_its_file_whole(store: str) -> None:
    contents = [bytes([n]) * (2 * MB) for n in range(4)]

    def put(content: bytes) -> bool:
        try:
            storage.put_file("a/one", io.BytesIO(content))
        except AlreadyStored:
            return False
        return True

    with ThreadPoolExecutor(len(contents)) as pool:
        stored = list(pool.map(put, contents))

    assert stored.count(True) == 1
    assert storage.get_bytes("a/one") == contents[stored.index(True)]


def test_a_remote_upload_leaves_nothing_under_its_temporary_name(settings: Settings) -> None:
    settings.STORAGE_URL = "memory:///left"

    storage.put_file("a/one", io.BytesIO(b"first"))
    with pytest.raises(AlreadyStored):
        storage.put_file("a/one", io.BytesIO(b"second"))

    listed = [each["path"] for batch in obstore.list(storage._store()) for each in batch]
    assert [path for path in listed if path.startswith("incoming/")] == []


def test_a_bucket_is_opened_so_that_a_copy_never_replaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_COPY_IF_NOT_EXISTS", raising=False)

    opened: Any = storage._open("s3://bucket-of-the-market/objects")

    assert opened.config["copy_if_not_exists"] == "multipart"


def test_a_refused_file_leaves_nothing_half_kept(settings: Settings, tmp_path: Path) -> None:
    settings.STORAGE_URL = f"file://{tmp_path}/objects"
    storage.put_bytes("a/one", b"first")

    with pytest.raises(AlreadyStored):
        storage.put_file("a/one", io.BytesIO(b"second"))

    assert [path.name for path in (tmp_path / "objects").rglob("*") if path.is_file()] == ["one"]


def test_a_source_that_breaks_leaves_nothing_half_kept(settings: Settings, tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("the upload broke off")

    settings.STORAGE_URL = f"file://{tmp_path}/objects"

    with pytest.raises(Exception, match="broke off"):
        storage.put_file("a/one", Broken())

    assert [path for path in (tmp_path / "objects").rglob("*") if path.is_file()] == []


def test_what_is_not_there_is_not_found_and_its_deletion_no_error(store: str) -> None:
    storage.delete("a/none")

    with pytest.raises(NotFound):
        storage.size("a/none")
    with pytest.raises(NotFound):
        storage.get_bytes("a/none")
    with pytest.raises(NotFound):
        list(storage.read_range("a/none", 0, 10))


@pytest.mark.parametrize("key", ["../secret", "/etc/passwd", "a/../../b", "a//b", "a/.hidden", "", "a\nb"])
def test_a_key_that_could_leave_the_folder_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="not a storage key"):
        storage.local_path(key)


@pytest.mark.parametrize(
    ("megabytes", "source"),
    [(200, "path"), (200, "open file"), pytest.param(1024, "path", marks=pytest.mark.slow)],
)
def test_a_large_file_is_stored_and_read_with_flat_memory(tmp_path: Path, megabytes: int, source: str) -> None:
    sha256 = given_file(tmp_path / "file", megabytes)
    arguments = [f"file://{tmp_path}/objects", str(tmp_path / "file"), str(megabytes), source.split()[0]]

    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=True,
    )

    count, read_sha256, grown_mb = found.stdout.split()
    assert (int(count), read_sha256) == (megabytes * MB, sha256)
    assert int(grown_mb) < 120  # twelve parts of 5 MB on their way, and some
