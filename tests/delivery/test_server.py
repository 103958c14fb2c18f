"""The delivery server as a real process: ranges, resume, holds, stalled and vanished clients."""

import hashlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from delivery import addresses, grants, uses
from delivery.models import Meter, Use
from market import holds
from market.events.models import Event
from market.holds import Scope
from market.kernel import clock, ids
from market.launcher.children import Child
from market.participants.members import system
from tests.delivery.given import given_delivery, operator
from tests.delivery.served import Client, get, serving, wait_until
from tests.services import Services

pytestmark = pytest.mark.django_db(transaction=True)
MB = 1024 * 1024
BIG = os.urandom(MB) * 64  # more than all buffers between server and client hold


@pytest.fixture(scope="module")
def server(django_db_setup: None) -> Iterator[subprocess.Popen[bytes]]:
    """A running delivery server for all tests of this file that do not end it."""
    with serving() as process:
        yield process


def the_use() -> Use:
    """The only use there is."""
    return Use.objects.get()


def test_the_whole_file_arrives_with_its_name_and_is_metered(server: object) -> None:
    delivery = given_delivery(filename="空气质量 2020-03.csv")
    opened = delivery.use()

    found = get(opened.address)

    assert (found.status, found.body) == (200, delivery.content)
    assert found.headers["content-disposition"] == (
        "attachment; filename=\"____ 2020-03.csv\"; filename*=UTF-8''%E7%A9%BA%E6%B0%94%E8%B4%A8%E9%87%8F%202020-03.csv"
    )
    assert found.headers["etag"] == f'"{delivery.grant.file_sha256}"'
    assert found.headers["content-type"] == "text/csv"
    assert (the_use().bytes_sent, the_use().ranges) == (len(delivery.content), 1)
    wait_until(lambda: the_use().is_complete)
    meter = Meter.objects.get()
    assert (meter.uses, meter.ranges, meter.bytes_sent) == (1, 1, len(delivery.content))
    assert Event.objects.filter(kind="use.completed").count() == 1


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-0", 0, 1), ("bytes=100-199", 100, 200), ("bytes=-5", -5, None), ("bytes=1000000-", 1_000_000, None)],
    ids=["first byte", "middle", "suffix", "open end"],
)
def test_a_range_is_answered_with_206(server: object, asked: str, start: int, end: int | None) -> None:
    delivery = given_delivery()

    found = get(delivery.use().address, Range=asked)

    size = len(delivery.content)
    assert (found.status, found.body) == (206, delivery.content[start:end])
    first = start % size
    assert found.headers["content-range"] == f"bytes {first}-{first + len(found.body) - 1}/{size}"
    assert not the_use().is_complete


def test_a_range_outside_the_file_is_416_and_says_the_size(server: object) -> None:
    delivery = given_delivery()

    found = get(delivery.use().address, Range=f"bytes={len(delivery.content)}-")

    assert (found.status, found.headers["content-range"]) == (416, f"bytes */{len(delivery.content)}")
    assert found.headers["content-type"] == "application/problem+json"


def test_head_says_the_size_and_is_not_metered(server: object) -> None:
    delivery = given_delivery()

    found = get(delivery.use().address, method="HEAD")

    assert (found.status, found.headers["content-length"], found.body) == (200, str(len(delivery.content)), b"")
    assert the_use().bytes_sent == 0


def test_a_broken_download_resumed_equals_the_sha256(server: object) -> None:
    delivery = given_delivery(content=BIG)
    opened = delivery.use()
    client = Client(opened.address)
    etag = client.head().headers["etag"]
    first = client.read(10 * MB + 17)
    client.close()

    rest = get(opened.address, Range=f"bytes={len(first)}-", If_Range=etag)

    assert rest.status == 206
    assert hashlib.sha256(first + rest.body).hexdigest() == delivery.grant.file_sha256
    wait_until(lambda: the_use().is_complete)


def test_a_stale_if_range_gets_the_whole_file(server: object) -> None:
    delivery = given_delivery()

    found = get(delivery.use().address, Range="bytes=5-", If_Range='"another"')

    assert (found.status, len(found.body)) == (200, len(delivery.content))


def test_an_empty_file_is_delivered_and_complete(server: object) -> None:
    delivery = given_delivery(content=b"")

    found = get(delivery.use().address)

    assert (found.status, found.headers["content-length"]) == (200, "0")
    wait_until(lambda: the_use().is_complete)


def test_a_client_that_vanishes_is_charged_no_more_than_left_and_nothing_counts_as_arrived_that_did_not(
    server: object,
) -> None:
    delivery = given_delivery(content=bytes(3 * MB))  # fits whole into the buffers of both machines
    client = Client(delivery.use().address)
    client.socket.setsockopt(6, 10, 1)  # nothing is read: what arrives stays in the small buffer
    client.head()
    client.read(1000)
    time.sleep(0.3)

    client.close()

    wait_until(lambda: the_use().ranges == 1)
    assert not the_use().is_complete
    assert sum(end - start for start, end in the_use().covered) < 3 * MB


def test_a_changed_address_is_refused(server: object) -> None:
    delivery = given_delivery()
    opened = delivery.use()
    other = given_delivery().use()
    signature = opened.address.rpartition("s=")[2]
    wrong = [
        opened.address.replace("e=", "e=9"),
        opened.address.replace(str(opened.use.id), str(other.use.id)),
        opened.address[:-1] + ("A" if signature[-1] != "A" else "B"),
        opened.address.partition("?")[0],
        opened.address + "&x=1",
    ]

    answers = [get(address) for address in wrong]

    assert [found.status for found in answers] == [403] * 5
    assert all(b"bad-address" in found.body for found in answers)


def test_an_expired_use_is_gone(server: object) -> None:
    with clock.shifted(-timedelta(minutes=31)):
        opened = given_delivery().use()

    found = get(opened.address)

    assert found.status == 410
    assert b"use-expired" in found.body


def test_a_closed_use_and_a_closed_grant_are_gone(server: object) -> None:
    first, second = given_delivery(), given_delivery()
    closed, ended = first.use(), second.use()
    uses.close(closed.use.id, by=first.buyer)
    grants.close(ids.urn(second.grant.reference), reason="refunded", by=system("contracts"))

    assert (get(closed.address).status, get(ended.address).status) == (410, 410)


@pytest.mark.parametrize("reads", [True, False], ids=["a reading client", "a stalled client"])
def test_a_hold_ends_a_running_download_within_five_seconds_and_lets_no_range_start(
    server: object, reads: bool
) -> None:
    delivery = given_delivery(content=BIG)
    opened = delivery.use()
    client = Client(opened.address)
    client.head()
    client.read(MB)
    time.sleep(1.2)
    assert the_use().ranges == 0

    hold = holds.place(
        ids.urn(delivery.grant.thread), scope=Scope.TRADE, reason="投诉", legal_basis="条例 28", by=operator()
    )

    if reads:
        with pytest.raises(ConnectionResetError):
            client.read_slowly()
    took_s = wait_until(lambda: the_use().ranges == 1)
    assert took_s < 5
    assert the_use().bytes_sent < len(BIG)
    refused = get(opened.address)
    assert (refused.status, b"held" in refused.body) == (423, True)
    client.close()
    holds.lift(hold.id, reason="查清", by=operator())
    assert get(opened.address, Range="bytes=0-9").status == 206


def test_closing_a_use_ends_its_running_range_and_what_left_late_is_told(server: object) -> None:
    delivery = given_delivery(content=BIG)
    opened = delivery.use()
    client = Client(opened.address)
    client.head()
    client.read(10 * MB)

    closed = uses.close(opened.use.id, by=delivery.buyer)

    wait_until(lambda: the_use().ranges == 1)
    late = the_use().bytes_sent - closed.bytes_sent
    assert Event.objects.filter(kind="use.overran").count() == (1 if late else 0)
    client.close()


@pytest.mark.slow
@pytest.mark.kill
def test_a_kill_loses_only_the_last_seconds_of_the_meter() -> None:
    delivery = given_delivery(content=BIG)
    with serving() as process:
        opened = delivery.use()
        client = Client(opened.address)
        client.head()
        client.read(20 * MB)
        wait_until(lambda: the_use().bytes_sent >= 20 * MB, seconds=9)

        process.send_signal(signal.SIGKILL)
        process.wait()

    assert the_use().bytes_sent >= 20 * MB
    client.close()
    with serving():
        moved = addresses.of(opened.use.id, opened.expires_at)
        assert get(moved, Range=f"bytes={20 * MB}-").body == BIG[20 * MB :]


@pytest.mark.slow
@pytest.mark.kill
def test_a_stop_breaks_off_and_meters_and_is_quick() -> None:
    delivery = given_delivery(content=BIG)
    with serving() as process:
        client = Client(delivery.use().address)
        client.head()
        client.read(MB)

        process.terminate()
        process.wait(5)

    assert (process.returncode, the_use().ranges) == (0, 1)
    assert the_use().bytes_sent >= MB
    client.close()


@pytest.mark.slow
@pytest.mark.kill
def test_a_download_ends_when_holds_cannot_be_asked_for(server: object, services: Services) -> None:
    delivery = given_delivery(content=BIG)
    opened = delivery.use()
    client = Client(opened.address)
    client.head()
    client.read(MB)
    with frozen(services.postgres.child):
        began = time.monotonic()
        with pytest.raises(ConnectionResetError):
            client.read_slowly()
        took_s = time.monotonic() - began
    client.close()

    assert took_s < 5
    wait_until(lambda: the_use().ranges == 1)
    wait_until(lambda: get(opened.address, Range="bytes=0-9").status == 206)
    assert MB <= the_use().bytes_sent < len(BIG)


@contextmanager
def frozen(child: Child) -> Iterator[None]:
    """The database answers nobody: its processes stand still, as behind a cut line."""
    assert child.pid is not None
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(child.pid)], capture_output=True, text=True, check=True)
    pids = [child.pid, *(int(word) for word in found.stdout.split())]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
