"""Licence scans: streamed into the object store, known by their bytes, never opened and never shown inline."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from django.utils.translation import gettext as _t

from market import storage
from market.kernel import ids
from market.kernel.errors import Invalid
from market.participants.errors import LicenceTooLarge

BYTES_MAX: Final = 10 * 1024 * 1024
# What a file is, its first bytes say; its name and the sender's Content-Type are only claims.
_MAGIC: Final = ((b"%PDF-", "pdf"), (b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"))
_BLOCK_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Scan:
    """A stored licence scan."""

    key: str
    sha256: str
    type: str
    name: str


def type_of(head: bytes) -> str:
    """pdf, png or jpeg, by the first bytes; empty for anything else."""
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), "")


def receive(source: BinaryIO, *, name: str, folder: str) -> Scan:
    """Store an uploaded scan under a key of its own; call outside any transaction.

    source: a seekable file at its start. Raises Invalid for a file that is no PDF, PNG or JPEG, LicenceTooLarge.
    """
    digest, size = hashlib.sha256(), 0
    head = source.read(16)
    kind = type_of(head)
    if not kind:
        fix = _t("attach a scan as PDF, PNG or JPEG")
        raise Invalid.field("licence", _t("is none of the accepted kinds, whatever its name says"), fix)
    block = head
    while block:
        size += len(block)
        if size > BYTES_MAX:
            raise LicenceTooLarge(_t("A licence scan may have at most 10 MiB."))
        digest.update(block)
        block = source.read(_BLOCK_BYTES)
    source.seek(0)
    key = f"licences/{folder}/{ids.new_id()}.{kind}"
    storage.put_file(key, source)
    return Scan(key=key, sha256=digest.hexdigest(), type=kind, name=_plain(name))


def read(key: str) -> tuple[int, Iterator[bytes]]:
    """Size and blocks of a stored scan. Raises NotFound."""
    size = storage.size(key)
    return size, storage.read_range(key, 0, size)


def _plain(name: str) -> str:
    """A file name as it may be shown: no folders, no control characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(char for char in last if char.isprintable())[:200]
