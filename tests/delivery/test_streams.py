"""Running ranges: what ends them, and what the meter says of them."""

import socket
import time
from collections.abc import Iterator

import pytest

from delivery import streams, uses
from delivery.models import Meter, Use
from delivery.streams import STALL_S, Ended, Stream, Watcher
from delivery.uses import Opened
from market import holds
from market.holds import Scope
from market.kernel import ids
from tests.delivery.given import Delivery, given_delivery, operator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A connection with both of its ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    theirs = socket.create_connection(listener.getsockname())
    ours, _ = listener.accept()
    with listener, ours, theirs:
        yield ours, theirs


def given_stream(delivery: Delivery, opened: Opened, connection: socket.socket | None = None) -> Stream:
    """A range over the whole file."""
    grant = delivery.grant
    return Stream(opened.use.id, grant.buyer_id, uses.subjects(grant), 0, grant.file_bytes, connection=connection)


def test_only_what_is_held_closed_or_stalled_ends(pair: tuple[socket.socket, socket.socket]) -> None:
    first, second, third, fourth = (given_delivery() for _ in range(4))
    held = given_stream(first, first.use(), pair[0])
    closed = given_stream(second, opened := second.use())
    stalled, goes_on = given_stream(third, third.use()), given_stream(fourth, fourth.use())
    holds.place(first.grant.urn, scope=Scope.DELIVERY, reason="投诉", legal_basis="条例 28", by=operator())
    uses.close(opened.use.id, by=second.buyer)
    stalled.moved_at = time.monotonic() - STALL_S - 1

    streams.look([held, closed, stalled, goes_on])

    assert [each.stop for each in (held, closed, stalled, goes_on)] == ["held", "closed", "stalled", ""]
    assert pair[1].recv(1) == b""  # the held one's socket is shut, whoever waits in it
    with pytest.raises(Ended):
        held.before(1)


def test_a_range_is_metered_before_its_last_bytes_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "watcher", Watcher())  # one that has just looked
    delivery = given_delivery(content=b"x" * 1000)
    stream = given_stream(delivery, delivery.use())

    stream.before(600)
    stream.move(600)
    before = Use.objects.get()
    stream.before(400)
    last = Use.objects.get()
    stream.move(400)
    stream.arrived = 1000
    stream.meter(has_ended=True)
    stream.meter(has_ended=True)

    assert (before.bytes_sent, before.ranges) == (0, 0)
    assert (last.bytes_sent, last.ranges, last.is_complete) == (1000, 1, False)
    after = Use.objects.get()
    assert (after.bytes_sent, after.ranges, after.covered, after.is_complete) == (1000, 1, [(0, 1000)], True)
    assert (Meter.objects.get().bytes_sent, Meter.objects.get().ranges) == (1000, 1)


def test_bytes_that_nobody_acknowledged_have_not_arrived(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    delivery = given_delivery(content=bytes(50_000_000))
    stream = given_stream(delivery, delivery.use(), ours)
    ours.setblocking(False)
    while True:
        try:
            stream.move(ours.send(bytes(1_000_000)))
        except BlockingIOError:
            break

    stream.meter(has_ended=False)

    found = Use.objects.get()
    assert found.bytes_sent == stream.sent
    assert sum(end - start for start, end in found.covered) < stream.sent
    theirs.close()


def test_nothing_goes_on_when_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    delivery = given_delivery()
    stream = given_stream(delivery, delivery.use())
    monkeypatch.setattr(streams, "watcher", Watcher())
    monkeypatch.setattr(streams, "BLIND_S", -1.0)

    with pytest.raises(Ended, match="database away"):
        stream.before(1)

    assert Use.objects.get().bytes_sent == 0


def test_lines_are_given_back() -> None:
    watcher, delivery = Watcher(), given_delivery()
    opened = delivery.use()
    first, second = given_stream(delivery, opened), given_stream(delivery, opened)

    taken = watcher.enter(first, streams_max=1, per_buyer_max=1)
    refused = watcher.enter(second, streams_max=1, per_buyer_max=1)
    watcher.leave(first)
    again = watcher.enter(second, streams_max=2, per_buyer_max=1)
    greedy = watcher.enter(first, streams_max=2, per_buyer_max=1)

    assert (taken, refused, again, greedy) == (True, False, True, False)
    watcher.leave(second)
    assert watcher.running() == []


def test_ranges_of_one_file_join_whatever_their_order() -> None:
    delivery = given_delivery(content=b"x" * 900)
    opened = delivery.use()

    for start, end in ((600, 900), (0, 300), (300, 700)):
        stream = Stream(opened.use.id, ids.new_id(), (), start, end, sent=end - start, arrived=end - start)
        stream.meter(has_ended=True)

    found = Use.objects.get()
    assert (found.covered, found.is_complete, found.bytes_sent, found.ranges) == ([(0, 900)], True, 1000, 3)
