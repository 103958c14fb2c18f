"""Ranges that are running in this process: what left so far, and the watcher that ends them."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db import DatabaseError, connection

from delivery import meters
from delivery.models import Use
from delivery.states import UseState
from market import holds

logger = logging.getLogger(__name__)
WATCH_S: Final = 1.0
METER_EVERY: Final = 5  # watches between two additions for a range that goes on: what a kill can lose
STALL_S: Final = 60.0


@dataclass(eq=False, slots=True)
class Stream:
    """One range on its way. `sent` is what was handed to the connection, counted from `start`."""

    use_id: UUID
    buyer_id: UUID
    subjects: tuple[UUID, ...]
    start: int
    end: int
    sent: int = 0
    metered: int = 0
    moved_at: float = field(default_factory=time.monotonic)
    is_counted: bool = False
    stop: str = ""  # why it must end before its time
    interrupt: Callable[[], None] | None = None  # wakes a thread that waits for a stalled client
    lock: threading.Lock = field(default_factory=threading.Lock)

    def move(self, count: int) -> None:
        """Count bytes that the connection took."""
        self.sent += count
        self.moved_at = time.monotonic()

    def meter(self, upto: int, *, has_ended: bool) -> None:
        """Write what was not written yet, up to `upto` bytes from the start. Raises DatabaseError."""
        with self.lock:
            if upto > self.metered or has_ended:
                meters.add(self.use_id, start=self.start + self.metered, end=self.start + upto, has_ended=has_ended)
                self.metered = upto


class Watcher:
    """One thread for each process: once a second it asks for holds and closed uses, and ends what they name."""

    def __init__(self) -> None:
        self._running: set[Stream] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def enter(self, stream: Stream, *, streams_max: int, per_buyer_max: int) -> bool:
        """Take a line for the stream; False when all, or all of this buyer's, are taken."""
        with self._lock:
            mine = sum(1 for each in self._running if each.buyer_id == stream.buyer_id)
            if len(self._running) >= streams_max or mine >= per_buyer_max:
                return False
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
        turn = 0
        while True:
            time.sleep(WATCH_S)
            streams = self.running()
            if not streams:
                continue
            turn += 1
            try:
                look(streams, meter=turn % METER_EVERY == 0)
            except DatabaseError:
                # Blind is not safe: after the database has been away for so long, nothing may go on.
                logger.exception("the watcher could not ask for holds")
                for stream in streams:
                    _end(stream, "the database is away")
            finally:
                connection.close()


def look(streams: list[Stream], *, meter: bool) -> None:
    """End the streams that a hold, a closing or a stalled client ends."""
    held = {hold.subject for hold in holds.active(subject for each in streams for subject in each.subjects)}
    closed = set(
        Use.objects.filter(id__in={each.use_id for each in streams}, state=UseState.CLOSED).values_list("id", flat=True)
    )
    now = time.monotonic()
    for stream in streams:
        if not held.isdisjoint(stream.subjects):
            _end(stream, "held")
        elif stream.use_id in closed:
            _end(stream, "closed")
        elif now - stream.moved_at > STALL_S:
            _end(stream, "stalled")
        elif meter:
            stream.meter(stream.sent, has_ended=False)


def _end(stream: Stream, why: str) -> None:
    stream.stop = stream.stop or why
    if stream.interrupt is not None:
        stream.interrupt()


watcher: Final = Watcher()
