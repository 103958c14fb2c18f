"""Reading a Range header (RFC 9110, section 14). Pure."""

import re
from dataclasses import dataclass
from typing import Final

_SINGLE: Final = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.ASCII | re.IGNORECASE)


class Unsatisfiable(ValueError):
    """No byte of the file lies in the range."""


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes start to end (exclusive) of a file; `is_partial` where the answer is a 206."""

    start: int
    end: int
    is_partial: bool

    @property
    def length(self) -> int:
        """Bytes."""
        return self.end - self.start


def read(header: str | None, size: int, *, if_range: str | None = None, etag: str = "") -> Span:
    """The span to answer. What is no single byte range is ignored, as the standard asks; so is a stale If-Range.

    size: bytes of the file. Raises Unsatisfiable (416).
    """
    whole = Span(0, size, is_partial=False)
    if header is None or (if_range is not None and if_range.strip() != etag):
        return whole
    found = _SINGLE.fullmatch(header)
    if found is None or found[1] == found[2] == "":
        return whole
    if found[1] == "":
        start, end = max(size - int(found[2]), 0), size
    else:
        start, end = int(found[1]), min(int(found[2]) + 1, size) if found[2] else size
        if found[2] and int(found[2]) < start:
            return whole
    if start >= size:
        raise Unsatisfiable
    return Span(start, end, is_partial=True)
