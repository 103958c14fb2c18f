"""Request bodies that must come whole: a sender that dies half-way must not leave half a file behind."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Stream(Protocol):
    """What a WSGI server gives as `wsgi.input`."""

    def read(self, size: int, /) -> bytes: ...

    def readline(self, size: int, /) -> bytes: ...


class Cut(OSError):
    """The body ended before the length that its sender stated; Django makes an UnreadablePostError of it."""


class Whole:
    """A body read to its stated end. The front server answers its end and its breaking off alike: with nothing."""

    def __init__(self, stream: Stream, stated_bytes: int) -> None:
        self._stream, self._left = stream, stated_bytes

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, fewer at the stated end. Raises Cut."""
        size = min(size, self._left)
        block = self._stream.read(size)
        while 0 < len(block) < size and (more := self._stream.read(size - len(block))):
            block += more
        return self._counted(block, size)

    def readline(self, size: int) -> bytes:
        """A line of at most `size` bytes. Raises Cut."""
        size = min(size, self._left)
        line = self._stream.readline(size)
        return self._counted(line, size if not line.endswith(b"\n") else len(line))

    def _counted(self, block: bytes, size: int) -> bytes:
        if len(block) < size:
            raise Cut(f"{self._left - len(block)} bytes of the body never came")
        self._left -= len(block)
        return block


def require_whole(application: Application) -> Application:
    """The application with every body of a stated length as `Whole`."""

    def serve(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        length = str(environ.get("CONTENT_LENGTH") or "")
        if length.isdecimal() and int(length):
            environ["wsgi.input"] = Whole(environ["wsgi.input"], int(length))
        return application(environ, start_response)

    return serve
