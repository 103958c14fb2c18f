"""The one door to the object store: a local folder or anything S3-compatible, written once, never replaced."""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import urlsplit

import obstore
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, ObjectStore, from_url

from market.kernel import ids
from market.kernel.errors import Conflict, NotFound

BLOCK_BYTES: Final = 1024 * 1024
_INCOMING: Final = "incoming"  # half-written objects, below the store's root
_KEY: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*", re.ASCII)


class AlreadyStored(Conflict):
    """There is an object under this key; it stays as it is."""

    title = _("This object is stored already")


def put_file(key: str, source: BinaryIO | Path) -> None:
    """Stream a file into the store under a new key, some megabytes in memory at a time. Raises AlreadyStored.

    A local object is on the disk, not only in the cache, when this returns: a row that names it may be committed.
    """
    _check(key)
    partial = f"{_INCOMING}/{ids.new_id()}"
    if not _is_local():
        _put_remote(key, partial, source)
        return
    try:
        obstore.put(_store(), partial, source, use_multipart=True)
        _sync(_path(partial))
        obstore.rename(_store(), partial, key, overwrite=False)
    except AlreadyExistsError as error:
        delete(partial)
        raise AlreadyStored(key=key) from error
    except BaseException:
        delete(partial)
        raise
    _sync(_path(key).parent)


def _put_remote(key: str, partial: str, source: BinaryIO | Path) -> None:
    """Upload under a name of its own, then let the store itself put it under the key if nobody was there first.

    A streamed upload cannot be conditional, a copy can. What a crash leaves below `incoming/` is the bucket's
    lifecycle rule to remove.
    """
    with contextlib.suppress(NotFound):  # spares the upload when a job runs a second time; the copy decides
        size(key)
        raise AlreadyStored(key=key)
    try:
        obstore.put(_store(), partial, source, use_multipart=True)
        obstore.copy(_store(), partial, key, overwrite=False)
    except AlreadyExistsError as error:
        raise AlreadyStored(key=key) from error
    finally:
        delete(partial)


def put_bytes(key: str, data: bytes) -> None:
    """Store a small object under a new key. Raises AlreadyStored."""
    _check(key)
    try:
        obstore.put(_store(), key, data, mode="create", use_multipart=False)
    except AlreadyExistsError as error:
        raise AlreadyStored(key=key) from error


def get_bytes(key: str) -> bytes:
    """A small object whole. Raises NotFound."""
    _check(key)
    try:
        return bytes(obstore.get(_store(), key).bytes())
    except FileNotFoundError as error:
        raise NotFound from error


def size(key: str) -> int:
    """Bytes of an object. Raises NotFound."""
    _check(key)
    try:
        return int(obstore.head(_store(), key)["size"])
    except FileNotFoundError as error:
        raise NotFound from error


def read_range(key: str, start: int, end: int) -> Iterator[bytes]:
    """Blocks of about 1 MiB from start to end (exclusive), with no more than some blocks in memory. Raises NotFound."""
    _check(key)
    if start >= end:
        return
    path = local_path(key)
    try:
        if path is not None:  # without a second buffer
            yield from _read_local(path, start, end)
            return
        found = obstore.get(_store(), key, options={"range": (start, end)})
        for block in found.stream(min_chunk_size=BLOCK_BYTES):
            yield bytes(block)
    except FileNotFoundError as error:
        raise NotFound from error


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
    _check(key)
    return _path(key) if _is_local() else None


def delete(key: str) -> None:
    """Remove an object; one that is gone already is no error."""
    _check(key)
    with contextlib.suppress(FileNotFoundError):
        obstore.delete(_store(), key)


def sha256_of(path: Path) -> str:
    """The fingerprint of a file, in lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def _open(url: str) -> ObjectStore:
    parts = urlsplit(url)
    if parts.scheme == "file":
        return LocalStore(parts.path, mkdir=True)
    if parts.scheme in {"s3", "s3a"} and "AWS_COPY_IF_NOT_EXISTS" not in os.environ:
        # A copy that finds the key taken is refused; as Amazon does it. Other stores name their header by variable.
        return from_url(url, copy_if_not_exists="multipart")
    return from_url(url)


def _store() -> ObjectStore:
    return _open(settings.STORAGE_URL)


def _is_local() -> bool:
    return urlsplit(settings.STORAGE_URL).scheme == "file"


def _path(key: str) -> Path:
    return Path(urlsplit(settings.STORAGE_URL).path) / key


def _check(key: str) -> None:
    """Keys are made by us and never by a stranger; one that could leave the folder is a fault of ours."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a storage key: {key[:80]!r}")


def _sync(path: Path) -> None:
    """Write a file or a folder's entries through to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
