"""Ranges that are running in this process: what left so far, and the watcher that ends them."""

import logging
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db import Error as DatabaseTrouble
from django.db import connection

from delivery import meters, sockets
from delivery.models import Use
from delivery.states import UseState
from market import holds

logger = logging.getLogger(__name__)
WATCH_S: Final = 1.0
BLIND_S: Final = 3.0  # with WATCH_S and one block, a hold ends a range within five seconds or nothing goes on
METER_S: Final = 5.0  # between two notes of a range that goes on: what a kill can lose of its meter
STALL_S: Final = 60.0  # a client that takes nothing for so long is let go


class Ended(ConnectionError):
    """The range must not go on: a hold, a closed use, a stalled client, a stopping server."""


@dataclass(eq=False, slots=True)
class Stream:
    """One range on its way: bytes start to end (exclusive). `sent` is what the kernel took of them."""

    use_id: UUID
    buyer_id: UUID
    subjects: tuple[UUID, ...]
    start: int
    end: int
    sent: int = 0
    arrived: int = 0  # of those, what the other machine has acknowledged
    stop: str = ""  # why it must end before its time
    moved_at: float = field(default_factory=time.monotonic)
    noted_at: float = field(default_factory=time.monotonic)
    connection: socket.socket | None = None
    _metered_sent: int = 0
    _metered_arrived: int = 0
    _is_counted: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def length(self) -> int:
        """Bytes."""
        return self.end - self.start

    def before(self, count: int) -> None:
        """Ask to send the next bytes. Before the last ones the meter is written: no whole copy is out without it.

        Raises Ended, and a database error when the meter cannot be written.
        """
        if watcher.is_blind():
            self.stop = self.stop or "database away"
        if self.stop:
            raise Ended(self.stop)
        if self.sent + count >= self.length:
            self._write(self.length, self.arrived, has_ended=True)

    def move(self, count: int) -> None:
        """Count bytes that the kernel took; 0 says that the client took some of those that waited."""
        self.sent += count
        self.moved_at = time.monotonic()

    def meter(self, *, has_ended: bool) -> None:
        """Write what has left, and how much of it the other machine has acknowledged. Raises database errors."""
        if self.connection is not None:
            self.arrived = max(self.arrived, self.sent - sockets.unacknowledged(self.connection))
        self._write(self.sent, self.arrived, has_ended=has_ended)

    def release(self) -> None:
        """Look for the last time at what has arrived; the connection may go before the meter is written."""
        if self.connection is not None:
            self.arrived = max(self.arrived, self.sent - sockets.unacknowledged(self.connection))
            self.connection = None

    def finish(self, why: str) -> None:
        """End it before its time, and wake its thread wherever that waits."""
        self.stop = self.stop or why
        if self.connection is not None:
            sockets.wake(self.connection)

    def _write(self, sent: int, arrived: int, *, has_ended: bool) -> None:
        with self._lock:
            counts = has_ended and not self._is_counted
            sent, arrived = max(sent, self._metered_sent), max(arrived, self._metered_arrived)
            if sent == self._metered_sent and arrived == self._metered_arrived and not counts:
                return
            meters.add(
                self.use_id,
                sent_bytes=sent - self._metered_sent,
                arrived=(self.start + self._metered_arrived, self.start + arrived),
                has_ended=counts,
            )
            self._metered_sent, self._metered_arrived, self.noted_at = sent, arrived, time.monotonic()
            self._is_counted = self._is_counted or counts


class Watcher:
    """One thread for each process: once a second it asks for holds and closed uses, and ends what they name."""

    def __init__(self) -> None:
        self._running: set[Stream] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._seen_at = time.monotonic()

    def is_blind(self) -> bool:
        """Whether holds could not be asked for lately: the database is away, or hangs."""
        return time.monotonic() - self._seen_at > BLIND_S

    def enter(self, stream: Stream, *, streams_max: int, per_buyer_max: int) -> bool:
        """Take a line for the stream; False when all, or all of this buyer's, are taken."""
        with self._lock:
            mine = sum(1 for each in self._running if each.buyer_id == stream.buyer_id)
            if len(self._running) >= streams_max or mine >= per_buyer_max:
                return False
            if not self._running:
                self._seen_at = time.monotonic()  # its own request has just asked
            self._running.add(stream)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="delivery-watcher", daemon=True)
                self._thread.start()
        return True

    def leave(self, stream: Stream) -> None:
        """Give the line back."""
        with self._lock:
            self._running.discard(stream)

    def running(self) -> list[Stream]:
        """The streams of this moment."""
        with self._lock:
            return list(self._running)

    def _watch(self) -> None:
        while True:
            time.sleep(WATCH_S)
            streams = self.running()
            if not streams:
                continue
            try:
                look(streams)
                self._seen_at = time.monotonic()
            except DatabaseTrouble:
                logger.exception("the watcher could not ask for holds")
                if self.is_blind():
                    for stream in streams:
                        stream.finish("database away")
            except Exception:  # without its watcher no range could be ended: it must live
                logger.exception("the watcher failed")
            finally:
                connection.close()


def look(streams: list[Stream]) -> None:
    """End what a hold, a closing or a stalled client ends; meter the rest from time to time."""
    held = {hold.subject for hold in holds.active(subject for each in streams for subject in each.subjects)}
    asked = {each.use_id for each in streams}
    closed = set(Use.objects.filter(id__in=asked, state=UseState.CLOSED).values_list("id", flat=True))
    now = time.monotonic()
    for stream in streams:
        if not held.isdisjoint(stream.subjects):
            stream.finish("held")
        elif stream.use_id in closed:
            stream.finish("closed")
        elif now - stream.moved_at > STALL_S:
            stream.finish("stalled")
        elif now - stream.noted_at > METER_S:
            stream.meter(has_ended=False)


watcher: Final = Watcher()
