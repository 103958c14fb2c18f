"""Many slow readers: each holds a line, none holds the server, and no buyer takes them all."""

import socket
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from delivery.models import Use
from tests.delivery.given import given_delivery
from tests.delivery.served import Client, get, serving, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
MB = 1024 * 1024
BIG = bytes(32 * MB)


def stalled(address: str, stack: ExitStack) -> Client:
    """A client that takes the first bytes of a large file and then nothing."""
    client = Client(address)
    stack.callback(client.close)
    assert client.head().status == 200
    client.read(1)
    return client


def test_forty_slow_readers_do_not_stop_one_more_and_the_last_line_says_when_to_come_back() -> None:
    crowd = [given_delivery(content=BIG).use() for _ in range(4)]
    one_more = given_delivery()
    limits = {"DELIVERY_STREAMS_MAX": "41", "DELIVERY_STREAMS_PER_BUYER_MAX": "10"}
    with serving(**limits), ExitStack() as stack:
        moved = [given.address for given in crowd]
        addresses = [f"{base()}{urlsplit(address).path}?{urlsplit(address).query}" for address in moved]
        for address in addresses * 10:
            stalled(address, stack)

        began = time.monotonic()
        found = get(one_more.use().address)
        took_s = time.monotonic() - began

        assert (found.status, found.body) == (200, one_more.content)
        assert took_s < 2
        stalled(given_delivery(content=BIG).use().address, stack)
        refused = get(one_more.use().address)
        assert (refused.status, refused.headers["retry-after"]) == (503, "10")
        assert b"too-many-streams" in refused.body
        assert get(one_more.use().address, method="HEAD").status == 200


def test_one_buyer_cannot_take_every_line() -> None:
    greedy, other = given_delivery(content=BIG), given_delivery()
    with serving(DELIVERY_STREAMS_PER_BUYER_MAX="3"), ExitStack() as stack:
        opened = greedy.use()
        for _ in range(3):
            stalled(opened.address, stack)

        refused, served = get(opened.address), get(other.use().address)

        assert (refused.status, served.status) == (503, 200)
        stack.close()
        wait_until(lambda: Use.objects.get(id=opened.use.id).ranges == 3)
        assert get(opened.address, Range="bytes=0-9").status == 206


def test_connections_that_ask_nothing_are_let_go_and_beyond_the_limit_refused_at_once() -> None:
    delivery = given_delivery()
    with serving(DELIVERY_CONNECTIONS_MAX="5"), ExitStack() as stack:
        opened = delivery.use()
        parts = urlsplit(opened.address)
        for _ in range(5):
            stack.enter_context(socket.create_connection((parts.hostname, parts.port)))

        began = time.monotonic()
        refused = get(opened.address)

        assert (refused.status, time.monotonic() - began < 1) == (503, True)
        stack.close()
        wait_until(lambda: get(opened.address, Range="bytes=0-9").status == 206)


def base() -> str:
    """Where the running server listens."""
    from django.conf import settings

    return str(settings.DELIVERY_URL)
