"""The delivery server: one thread and one socket for each range, the kernel moves the bytes.

It owns its sockets, so it knows what the buyer's machine has acknowledged, and can end a range whose reader
stands still. A general server gives a WSGI application neither (docs/decisions/0003).
"""

import contextlib
import logging
import os
import socket
import threading
import time
from typing import Final

from django.conf import settings
from django.db import Error as DatabaseTrouble

from delivery import http, sockets
from delivery.channels import file
from delivery.channels.file import Answer, Asked
from delivery.streams import Stream, watcher
from market import storage

logger = logging.getLogger(__name__)
REQUEST_S: Final = 15.0
BACKLOG: Final = 512
STOP_S: Final = 5.0
PART_S: Final = 1.0
DOORWAY: Final = 64  # connections beyond the most that are told so; more are just closed
_MORE: Final = getattr(socket, "MSG_MORE", 0)  # head and first bytes in one packet, where the system can
_BUSY: Final = http.head(503, [("Retry-After", "10"), ("Content-Length", "0")], keeps_alive=False)


class Server:
    """Listens until `stop`. Beyond the most connections a caller hears 503 at once and is let go."""

    def __init__(self, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
        self.port: int = self.listener.getsockname()[1]
        self._places = threading.Semaphore(settings.DELIVERY_CONNECTIONS_MAX)
        self._doorway = threading.Semaphore(DOORWAY)
        self._stopping = threading.Event()

    def serve(self) -> None:
        """Take connections until `stop` is called from a signal or another thread."""
        while not self._stopping.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                if self._stopping.is_set():
                    break
                logger.exception("a connection could not be taken")
                time.sleep(0.1)  # e.g. no descriptors left: let some be given back
                continue
            if self._places.acquire(blocking=False):
                threading.Thread(target=self._talk, args=[connection], daemon=True).start()
            elif self._doorway.acquire(blocking=False):
                threading.Thread(target=self._turn_away, args=[connection], daemon=True).start()
            else:
                connection.close()
        self._end_all()

    def stop(self) -> None:
        """Take no more; running ranges break off and are metered. Their clients resume at the next start."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes accept
        self.listener.close()

    def _end_all(self) -> None:
        deadline = time.monotonic() + STOP_S
        while (running := watcher.running()) and time.monotonic() < deadline:
            for stream in running:
                stream.finish("stopping")
            time.sleep(0.05)

    def _talk(self, connection: socket.socket) -> None:
        """Answer the requests of one connection, one after the other."""
        left = b""
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while not self._stopping.is_set():
                request, left = http.receive(connection, left, seconds=REQUEST_S)
                connection.settimeout(REQUEST_S)
                if request is None or not self._answer(connection, request):
                    return
        except http.BadRequest as error:
            part(connection, http.head(error.status, [("Content-Length", "0")], keeps_alive=False))
        except OSError:
            return  # the client went away; what left is metered
        except Exception:  # one request's fault must not end the server
            logger.exception("a request failed")
        finally:
            connection.close()
            self._places.release()

    def _turn_away(self, connection: socket.socket) -> None:
        try:
            part(connection, _BUSY)
        finally:
            connection.close()
            self._doorway.release()

    def _answer(self, connection: socket.socket, request: http.Request) -> bool:
        """Send one answer; whether the connection may go on."""
        found = file.answer(
            Asked(
                method=request.method,
                path=request.path,
                query=request.query,
                range=request.headers.get("range"),
                if_range=request.headers.get("if-range"),
                language=request.headers.get("accept-language", ""),
            )
        )
        if found.stream is None:
            head = http.head(found.status, found.headers, keeps_alive=request.keeps_alive)
            connection.sendall(head + found.body)
            return request.keeps_alive
        return send(connection, found, found.stream, keeps_alive=request.keeps_alive) and request.keeps_alive


def part(connection: socket.socket, head: bytes) -> None:
    """Say a last word and let the peer hear it: a close over unread bytes would reset the connection first."""
    with contextlib.suppress(OSError):
        connection.settimeout(PART_S)
        connection.sendall(head)
        connection.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + PART_S
        while time.monotonic() < deadline and connection.recv(65_536):
            pass


def send(connection: socket.socket, found: Answer, stream: Stream, *, keeps_alive: bool) -> bool:
    """Send a range, metered whatever ends it. False when it broke off: the connection must go too."""
    stream.connection = connection
    why = "broken off"
    try:
        connection.settimeout(None)  # a waiting thread is woken by the watcher
        head = http.head(found.status, found.headers, keeps_alive=keeps_alive)
        connection.sendall(head, _MORE if stream.length else 0)
        _move(connection, found.storage_key, stream)
        if await_acknowledgement(connection, stream):
            why = "sent"
    except DatabaseTrouble:
        logger.exception("the last block is kept back, for it could not be metered; use %s", stream.use_id)
    except OSError as error:
        logger.debug("range under use %s: %s", stream.use_id, error)
    finally:
        stream.release()
        if why != "sent":  # it ends at once, also while the meter waits for the database
            sockets.discard(connection)
            connection.close()
        file.finish(found, stream, why=why)
    return why == "sent"


def _move(connection: socket.socket, storage_key: str, stream: Stream) -> None:
    """Hand the bytes to the kernel, a block at a time."""
    path = storage.local_path(storage_key)
    if path is None:
        for block in storage.read_range(storage_key, stream.start, stream.end):
            stream.before(len(block))
            connection.sendall(block)
            stream.move(len(block))
        return
    with path.open("rb", buffering=0) as source:
        while (left := stream.length - stream.sent) > 0:
            count = min(settings.DELIVERY_BLOCK_BYTES, left)
            stream.before(count)
            moved = os.sendfile(connection.fileno(), source.fileno(), stream.start + stream.sent, count)
            if moved == 0:
                raise OSError(f"{storage_key} is shorter than its grant says")
            stream.move(moved)


def await_acknowledgement(connection: socket.socket, stream: Stream) -> bool:
    """Wait until the other machine has every byte; False when it went away or the range was ended before.

    Without this a file of a few megabytes would count as delivered once it lay in our own buffers.
    """
    pause_s, last = 0.0002, -1
    while (waiting := sockets.unacknowledged(connection)) > 0:
        if stream.stop or sockets.is_broken(connection):
            return False
        if waiting != last:
            stream.move(0)
            last = waiting
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 0.05)
    return not stream.stop
