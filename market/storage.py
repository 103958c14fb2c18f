"""The one door to the object store: a local folder or anything S3-compatible, written once, never replaced."""

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import urlsplit

import obstore
from django.conf import settings
from obstore.store import LocalStore, ObjectStore, from_url

from market.kernel.errors import NotFound

BLOCK_BYTES: Final = 1024 * 1024


@cache
def _store() -> ObjectStore:
    url = urlsplit(settings.STORAGE_URL)
    if url.scheme == "file":
        return LocalStore(url.path, mkdir=True)
    return from_url(settings.STORAGE_URL)


def put_file(key: str, source: BinaryIO | Path) -> None:
    """Stream a file into the store under a new key. An existing key is never replaced (raises AlreadyExistsError)."""
    obstore.put(_store(), key, source, mode="create", use_multipart=False)


def put_bytes(key: str, data: bytes) -> None:
    """Store a small object under a new key."""
    obstore.put(_store(), key, data, mode="create")


def get_bytes(key: str) -> bytes:
    """A small object whole. Raises NotFound."""
    try:
        return bytes(obstore.get(_store(), key).bytes())
    except FileNotFoundError as error:
        raise NotFound from error


def size(key: str) -> int:
    """Bytes of an object. Raises NotFound."""
    try:
        return int(obstore.head(_store(), key)["size"])
    except FileNotFoundError as error:
        raise NotFound from error


def read_range(key: str, start: int, end: int) -> Iterator[bytes]:
    """Blocks of 1 MiB from start to end (exclusive). Local files are read without a second buffer."""
    path = local_path(key)
    if path is not None:
        yield from _read_local(path, start, end)
        return
    for offset in range(start, end, BLOCK_BYTES):
        stop = min(offset + BLOCK_BYTES, end)
        yield bytes(obstore.get_range(_store(), key, start=offset, end=stop))


def _read_local(path: Path, start: int, end: int) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        file.seek(start)
        left = end - start
        while left > 0:
            block = file.read(min(BLOCK_BYTES, left))
            if not block:
                return
            left -= len(block)
            yield block


def local_path(key: str) -> Path | None:
    """The file behind a key where the store is a folder of this machine, else None."""
    url = urlsplit(settings.STORAGE_URL)
    return Path(url.path) / key if url.scheme == "file" else None


def delete(key: str) -> None:
    """Remove an object; one that is gone already is no error."""
    try:
        obstore.delete(_store(), key)
    except FileNotFoundError:
        return


def sha256_of(path: Path) -> str:
    """The fingerprint of a file, in lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
