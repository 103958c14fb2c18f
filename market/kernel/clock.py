"""The one clock of the product, so that tests and demonstrations can move it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_offset = timedelta()


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC) + _offset


@contextmanager
def shifted(by: timedelta) -> Iterator[None]:
    """Move the clock for the length of a block; nests. For tests only."""
    global _offset
    _offset += by
    try:
        yield
    finally:
        _offset -= by


def text(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds, the form that is hashed."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse(value: str) -> datetime:
    """Read what `text` wrote. Raises ValueError."""
    return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
