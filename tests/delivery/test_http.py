"""Heads of requests: what is no plain GET of a file is refused, and nobody holds a thread with half a head."""

import socket
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery import http
from delivery.http import BadRequest

PLAIN = b"GET /d/1?e=2&s=3 HTTP/1.1\r\nHost: x\r\nRange:  bytes=0-1 \r\nAccept: a\r\nAccept: b"


def test_a_head_is_read() -> None:
    found = http.parse(PLAIN)

    assert (found.method, found.path, found.query, found.keeps_alive) == ("GET", "/d/1", "e=2&s=3", True)
    assert found.headers == {"host": "x", "range": "bytes=0-1", "accept": "a, b"}


@pytest.mark.parametrize(
    ("head", "keeps_alive"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Close", False),
        (b"GET / HTTP/1.0", False),
        (b"HEAD http://host.example:80/d/1 HTTP/1.1\r\nHost: host.example", True),
    ],
    ids=["asks to close", "old protocol", "a proxy's form"],
)
def test_the_connection_goes_on_unless_somebody_asks_otherwise(head: bytes, keeps_alive: bool) -> None:
    assert http.parse(head).keeps_alive is keeps_alive


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"GET / HTTP/2.0\r\nHost: x",
        b"GET  / HTTP/1.1\r\nHost: x",
        b"get / HTTP/1.1\r\nHost: x",
        b"GET / HTTP/1.1",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y",
        b"GET / HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1\r\nRange: bytes=5-6",
        b"GET / HTTP/1.1\r\nHost: x\r\n folded",
        b"GET / HTTP/1.1\r\nHost : x",
        b"GET / HTTP/1.1\r\nHost: x\x00",
        b"GET / HTTP/1.1\nHost: x",
        b"GET /\xe4 HTTP/1.1\r\nHost: x",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5",
        b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked",
        b"GET / HTTP/1.1\r\nHost: x" + b"\r\na: b" * 100,
    ],
)
def test_what_is_no_plain_head_is_refused(head: bytes) -> None:
    with pytest.raises(BadRequest):
        http.parse(head)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        found = http.parse(data)
    except BadRequest:
        return  # any other error fails the test

    assert found.path.startswith(("/", "*"))


def test_heads_that_come_together_or_in_pieces_are_both_read() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(PLAIN + b"\r\n\r\nGET /second HTTP/1.1\r\nHo")

        first, left = http.receive(ours, b"", seconds=1)
        theirs.sendall(b"st: x\r\n\r\n")
        second, left = http.receive(ours, left, seconds=1)

    assert first is not None
    assert second is not None
    assert (first.path, second.path, left) == ("/d/1", "/second", b"")


def test_one_byte_at_a_time_holds_nobody_beyond_the_deadline() -> None:
    ours, theirs = socket.socketpair()
    stop = threading.Event()

    def trickle() -> None:
        while not stop.wait(0.05):
            theirs.send(b"a")

    with ours, theirs:
        thread = threading.Thread(target=trickle)
        thread.start()
        began = time.monotonic()

        found, _ = http.receive(ours, b"", seconds=0.3)

        took_s = time.monotonic() - began
        stop.set()
        thread.join()
    assert found is None
    assert took_s < 2


def test_a_head_without_end_is_refused() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"GET / HTTP/1.1\r\nHost: x\r\na: " + b"b" * 20_000)

        with pytest.raises(BadRequest) as refusal:
            http.receive(ours, b"", seconds=1)

    assert refusal.value.status == 431
