"""News for upper rooms: at least once, each in its own time, never twice at once, and no stop where a broker hangs."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from market import holds, subscriptions
from market.events import dispatch, outbox
from market.events.dispatch import HELD, News
from market.events.models import Dispatch
from market.holds import Held, Scope
from market.kernel import clock, ids
from market.kernel.clock import shifted
from market.kernel.errors import Unavailable
from market.management.commands import dispatch as command
from market.participants.members import system
from tests.builders import given_operator
from tests.services import Services

pytestmark = pytest.mark.django_db
HERE = f"{__name__}.hear"
HERE_TOO = f"{__name__}.hear_slowly"
heard: list[News] = []
behaviour: Callable[[News], None] | None = None


def hear(news: News) -> None:
    """The subscriber of these tests."""
    heard.append(news)
    if behaviour is not None:
        behaviour(news)


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """Nothing is left over from the test before."""
    global behaviour
    heard.clear()
    behaviour = None
    yield
    behaviour = None


def given_news(monkeypatch: pytest.MonkeyPatch, *subscribers: str) -> UUID:
    """One event with subscribers."""
    monkeypatch.setitem(subscriptions.SUBSCRIPTIONS, "membership.withdrawn", subscribers or (HERE,))
    with transaction.atomic():
        return outbox.record(
            "membership.withdrawn", subject=ids.urn(ids.new_id()), actor=system("test").urn, thread=None
        )


def refuse_jobs(name: str, payload: dict[str, Any]) -> None:
    raise Unavailable("no broker")


def no_jobs(name: str, payload: dict[str, Any]) -> None:
    raise AssertionError("no job was expected")


def misbehave(how: Callable[[News], None]) -> None:
    global behaviour
    behaviour = how


def test_news_is_told_with_its_clear_values_and_then_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    event_id = given_news(monkeypatch)

    assert dispatch.run_once(no_jobs) == 1

    assert [news.event_id for news in heard] == [event_id]
    assert heard[0].kind == "membership.withdrawn"
    assert not Dispatch.objects.exists()


def test_a_job_gets_the_payload_and_no_subscriber_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    event_id = given_news(monkeypatch, "job:some.tasks.work")
    sent: list[tuple[str, dict[str, Any]]] = []

    dispatch.run_once(lambda name, payload: sent.append((name, payload)))

    assert [(name, payload["event_id"]) for name, payload in sent] == [("some.tasks.work", str(event_id))]
    assert heard == []


@pytest.mark.django_db(transaction=True)
def test_a_subscriber_is_called_with_no_transaction_open(monkeypatch: pytest.MonkeyPatch) -> None:
    given_news(monkeypatch)
    open_: list[bool] = []
    misbehave(lambda _: open_.append(connection.in_atomic_block))

    dispatch.run_once(no_jobs)

    assert open_ == [False]


def test_what_was_not_heard_waits_twice_as_long_each_time_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    given_news(monkeypatch)

    def fail(_: News) -> None:
        raise KeyError("broken")

    misbehave(fail)
    waits = []
    for _ in range(3):
        row = Dispatch.objects.get()
        with shifted(max(row.due_at - clock.now(), timedelta()) + timedelta(milliseconds=1)):
            dispatch.run_once(no_jobs)
            waits.append(round((Dispatch.objects.get().due_at - clock.now()).total_seconds()))

    assert waits == [1, 2, 4]
    assert Dispatch.objects.get().last_error == "KeyError: 'broken'"
    misbehave(lambda _: None)
    with shifted(timedelta(minutes=1)):
        dispatch.run_once(no_jobs)
    assert len(heard) == 4
    assert not Dispatch.objects.exists()


def test_a_wait_never_passes_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    given_news(monkeypatch)
    Dispatch.objects.update(attempts=40)

    def fail(_: News) -> None:
        raise KeyError

    misbehave(fail)
    dispatch.run_once(no_jobs)

    assert Dispatch.objects.get().due_at - clock.now() <= timedelta(minutes=10)


def test_one_that_cannot_hear_delays_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    given_news(monkeypatch, "market.nowhere.hear", HERE)

    dispatch.run_once(no_jobs)

    assert len(heard) == 1
    assert Dispatch.objects.get().subscriber == "market.nowhere.hear"


def test_a_silent_broker_is_asked_once_for_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    given_news(monkeypatch, "job:a.b", "job:c.d", HERE, "job:e.f")
    asked: list[str] = []

    def refuse(name: str, payload: dict[str, Any]) -> None:
        asked.append(name)
        refuse_jobs(name, payload)

    dispatch.run_once(refuse)

    assert len(asked) == 1
    assert len(heard) == 1
    assert Dispatch.objects.count() == 3
    assert max(row.due_at - clock.now() for row in Dispatch.objects.all()) <= dispatch.BROKER_WAIT


@pytest.mark.django_db(transaction=True)
def test_a_step_that_a_hold_stopped_is_driven_again_when_the_hold_is_lifted(monkeypatch: pytest.MonkeyPatch) -> None:
    given_news(monkeypatch)
    subject = ids.new_id()
    hold = holds.place(ids.urn(subject), scope=Scope.TRADE, reason="投诉", legal_basis="条例 28", by=given_operator())

    def step(_: News) -> None:
        with transaction.atomic():
            holds.check(subject)

    misbehave(step)
    with shifted(timedelta(seconds=-5)):
        Dispatch.objects.filter(kind="membership.withdrawn").update(attempts=9)
    dispatch.run_once(no_jobs)
    row = Dispatch.objects.get(kind="membership.withdrawn")
    assert row.last_error == HELD
    assert row.due_at - clock.now() > timedelta(minutes=5)

    holds.lift(hold.id, reason="查清", by=given_operator())
    dispatch.run_once(no_jobs)

    assert len(heard) == 2
    assert not Dispatch.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_never_tell_the_same_news(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(40):
        given_news(monkeypatch)
    misbehave(lambda _: time.sleep(0.002))
    together = Barrier(2)

    def work() -> None:
        together.wait()
        try:
            dispatch.run_once(no_jobs)
        finally:
            connection.close()

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(heard) == 40
    assert len({news.event_id for news in heard}) == 40
    assert not Dispatch.objects.exists()


def test_a_row_whose_teller_died_comes_back_after_its_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    given_news(monkeypatch)
    assert len(dispatch.claim()) == 1  # and then nothing: it died

    assert dispatch.run_once(no_jobs) == 0
    with shifted(dispatch.LEASE + timedelta(seconds=1)):
        assert dispatch.run_once(no_jobs) == 1


def test_who_takes_over_from_a_killed_dispatcher_tells_what_it_had_leased_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given_news(monkeypatch)
    assert len(dispatch.claim()) == 1  # and then nothing: it was killed

    dispatch.take_over()

    assert dispatch.run_once(no_jobs) == 1
    assert len(heard) == 1


@pytest.mark.django_db(transaction=True)
def test_the_dispatchers_command_takes_over_when_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    given_news(monkeypatch)
    dispatch.claim()
    dispatching = command.Command()
    misbehave(lambda _: dispatching.stop())
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    dispatching.handle(once=False)

    assert len(heard) == 1
    assert not Dispatch.objects.exists()


def test_a_teller_that_is_slow_leaves_the_rest_before_the_lease_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        given_news(monkeypatch)
    monkeypatch.setattr(dispatch, "LEASE", timedelta(seconds=0.2))
    misbehave(lambda _: time.sleep(0.11))

    assert dispatch.run_once(no_jobs) == 1
    assert Dispatch.objects.count() == 2


def test_a_stop_is_heeded_between_two_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        given_news(monkeypatch)

    assert dispatch.run_once(no_jobs, is_running=lambda: len(heard) < 1) == 1
    assert Dispatch.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_stopped_broker_delays_the_dispatchers_send_alone(
    monkeypatch: pytest.MonkeyPatch, services: Services
) -> None:
    given_news(monkeypatch, "job:market.tasks.remind", HERE)
    pid = services.valkey.child.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        given_news(monkeypatch, "job:market.tasks.remind", HERE)
        recorded_s = time.monotonic() - started

        started = time.monotonic()
        dispatch.run_once(command.send_job)
        told_s = time.monotonic() - started
    finally:
        os.kill(pid, signal.SIGCONT)

    assert recorded_s < 1
    assert told_s < 15
    assert len(heard) == 2
    assert Dispatch.objects.count() == 2

    with shifted(timedelta(minutes=1)):
        dispatch.run_once(command.send_job)
    assert not Dispatch.objects.exists()


def test_held_is_the_refusal_that_waits_for_a_lifting() -> None:
    assert Held.status == 423
