"""Walk a JSON text piece by piece, so that a large array never lies in memory as a whole."""

import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from listings.intake.encodings import Encoding

CHUNK_CHARS: Final = 1 << 18
VALUE_CHARS_MAX: Final = 1 << 24
BLANK: Final = " \t\r\n"
JUNK_TAIL: Final = 32  # a fault this near the end of what was read may only mean that more is to come


class Malformed(ValueError):
    """The text is not JSON here."""

    def __init__(self, what: str, line: int, char: int) -> None:
        super().__init__(what)
        self.what, self.line, self.char = what, line, char


class DuplicateKey(ValueError):
    """An object has the same key twice; one of the two would be lost."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise DuplicateKey(key)
            seen.add(key)
    return value


# Numbers stay as written: a float would change 0.10 and large whole numbers.
DECODER: Final = json.JSONDecoder(parse_float=Decimal, parse_int=Decimal, parse_constant=str, object_pairs_hook=_object)


class Walker:
    """A place in a JSON text. `line` counts from 1 and is that of the place."""

    def __init__(self, path: Path, encoding: Encoding) -> None:
        self.path, self.encoding = path, encoding
        self._open()

    def rewind(self) -> None:
        """Go back to the beginning."""
        self.close()
        self._open()

    def _open(self) -> None:
        self.raw = self.path.open("rb")
        self.raw.seek(self.encoding.bom_bytes)
        self.file = io.TextIOWrapper(self.raw, self.encoding.name, errors="strict", newline="")
        self.buffer = ""
        self.at = self.counted = 0  # `counted`: up to here the line ends of the buffer are in `line`
        self.line = 1
        self.line_start = 0  # where in the buffer the line began; negative once that part was dropped
        self.is_ended = False

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def bytes_done(self) -> int:
        """How far into the file the reading is, in bytes."""
        return self.raw.tell()

    def peek(self) -> str:
        """The next character that is not blank, "" at the end."""
        while True:
            while self.at < len(self.buffer) and self.buffer[self.at] in BLANK:
                self.at += 1
            if self.at < len(self.buffer):
                return self.buffer[self.at]
            if not self._more():
                return ""

    def take(self, char: str) -> None:
        """Step over a character that must come next."""
        if self.peek() != char:
            raise self.fault(f"{char} expected")
        self.at += 1

    def value(self) -> Any:
        """The next value, whole. Raises Malformed, DuplicateKey, RecursionError."""
        self.peek()
        while True:
            try:
                value, end = DECODER.raw_decode(self.buffer, self.at)
            except json.JSONDecodeError as error:
                is_certain = not error.msg.startswith("Unterminated") and error.pos < len(self.buffer) - JUNK_TAIL
                if is_certain or len(self.buffer) - self.at > VALUE_CHARS_MAX or not self._more():
                    self.at = min(error.pos, len(self.buffer))
                    raise self.fault(error.msg) from error
                continue
            # A number that touches the end may go on behind it.
            if end == len(self.buffer) and self._more():
                continue
            self.at = end
            return value

    def elements(self) -> Iterator[Any]:
        """The elements of the array that begins here, one by one; afterwards the place is behind it."""
        self.take("[")
        if self.peek() == "]":
            self.take("]")
            return
        while True:
            yield self.value()
            if self.peek() == "]":
                self.take("]")
                return
            self.take(",")

    def keys(self) -> Iterator[str]:
        """The keys of the object that begins here; whoever iterates reads each value before the next."""
        self.take("{")
        if self.peek() == "}":
            self.take("}")
            return
        while True:
            if self.peek() != '"':
                raise self.fault("a key in quotes expected")
            key = self.value()
            self.take(":")
            yield key
            if self.peek() == "}":
                self.take("}")
                return
            self.take(",")

    def fault(self, what: str) -> Malformed:
        """An error at this place."""
        self._count_lines()
        return Malformed(what, self.line, self.at - self.line_start + 1)

    def line_here(self) -> int:
        """The line of this place."""
        self._count_lines()
        return self.line

    def _more(self) -> bool:
        if self.is_ended:
            return False
        self._count_lines()
        chunk = self.file.read(max(CHUNK_CHARS, len(self.buffer) - self.at))
        self.is_ended = not chunk
        self.buffer = self.buffer[self.at :] + chunk
        self.line_start -= self.at
        self.counted = self.at = 0
        return bool(chunk)

    def _count_lines(self) -> None:
        passed = self.buffer.count("\n", self.counted, self.at)
        if passed:
            self.line += passed
            self.line_start = self.buffer.rindex("\n", self.counted, self.at) + 1
        self.counted = self.at
