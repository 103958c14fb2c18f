"""Reading and writing the heads of HTTP/1.1 messages: as little of the protocol as a file server needs, strictly.

Source: RFC 9112. Only the head is read here; a request with a body is refused, since nothing here takes one.
"""

import re
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Final

HEAD_BYTES_MAX: Final = 16_384
HEADERS_MAX: Final = 100
_RECEIVE: Final = 4_096
_START: Final = re.compile(rb"([A-Z]{1,20}) (?:https?://[!-.0-~]{1,255})?(/[!-~]{0,4000}|\*) HTTP/1\.([01])", re.ASCII)
_FIELD: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\x80-\xff]*)", re.ASCII)
_ONCE: Final = frozenset({"host", "range", "if-range", "content-length", "transfer-encoding"})


class BadRequest(ValueError):
    """What came is no request that is answered here; the connection ends after the answer."""

    def __init__(self, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        self.status = status
        super().__init__(status.phrase)


@dataclass(frozen=True, slots=True)
class Request:
    """The head of one request. Header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    keeps_alive: bool


def parse(head: bytes) -> Request:
    """Read a head without its final empty line. Raises BadRequest."""
    first, *lines = head.split(b"\r\n")
    start = _START.fullmatch(first)
    if start is None or len(lines) > HEADERS_MAX:
        raise BadRequest
    headers: dict[str, str] = {}
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            raise BadRequest
        name, value = field[1].decode("ascii").lower(), field[2].rstrip(b" \t").decode("latin-1")
        if name in headers and name in _ONCE:
            raise BadRequest
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    is_old = start[3] == b"0"
    if not is_old and "host" not in headers:
        raise BadRequest
    if "transfer-encoding" in headers or headers.get("content-length", "0") != "0":
        raise BadRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    path, _, query = start[2].decode("ascii").partition("?")
    wishes = {wish.strip().lower() for wish in headers.get("connection", "").split(",")}
    return Request(
        method=start[1].decode("ascii"),
        path=path,
        query=query,
        headers=headers,
        keeps_alive="close" not in wishes and not is_old,
    )


def receive(connection: socket.socket, left: bytes, *, seconds: float) -> tuple[Request | None, bytes]:
    """The next request and what came after it; None when the peer has gone or said nothing for so long.

    seconds: for the whole head, so that one byte a second holds nobody. Raises BadRequest.
    """
    deadline = time.monotonic() + seconds
    data = left
    while (end := data.find(b"\r\n\r\n")) < 0:
        if len(data) > HEAD_BYTES_MAX:
            raise BadRequest(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        try:
            connection.settimeout(max(deadline - time.monotonic(), 0.001))
            more = connection.recv(_RECEIVE)
        except OSError:  # also its time-out
            return None, b""
        if not more:
            return None, b""
        data += more
    return parse(data[:end]), data[end + 4 :]


def head(status: int, headers: Iterable[tuple[str, str]], *, keeps_alive: bool) -> bytes:
    """The head of an answer with its final empty line."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"Date: {formatdate(usegmt=True)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines.append(f"Connection: {'keep-alive' if keeps_alive else 'close'}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
