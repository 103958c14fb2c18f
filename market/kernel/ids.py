"""Identifiers: UUIDv7 inside, urn:uuid:… outside."""

import secrets
import time
from uuid import UUID

_PREFIX = "urn:uuid:"


def new_id() -> UUID:
    """A fresh UUIDv7: sorts by creation time in milliseconds (RFC 9562, section 5.7)."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def urn(identifier: UUID) -> str:
    """The name by which the outside knows a thing."""
    return f"{_PREFIX}{identifier}"


def from_urn(text: str) -> UUID:
    """The identifier inside a urn:uuid:… name. Raises ValueError for any other text."""
    if not text.startswith(_PREFIX):
        raise ValueError(f"not a urn:uuid name: {text[:60]!r}")
    return UUID(text.removeprefix(_PREFIX))
