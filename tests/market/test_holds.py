"""Holds: no step slips past one that is being placed, and two persons stand behind what weighs most."""

import time
from collections.abc import Callable
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from market import holds
from market.events.models import Event
from market.holds import AlreadyHeld, Held, Hold, Scope, TwoPersons
from market.kernel import ids
from market.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from market.participants.members import Member, Role, system
from tests.builders import given_applicant, given_operator

pytestmark = pytest.mark.django_db


def place(subject: str, *, by: Member, scope: Scope = Scope.TRADE, proposed_by: str = "") -> Hold:
    return holds.place(subject, scope=scope, reason="投诉", legal_basis="条例 28", proposed_by=proposed_by, by=by)


def in_thread(work: Callable[[], Any]) -> tuple[Thread, list[Any]]:
    """Run on a connection of its own; answers the thread and where its outcome will lie."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append(work())
        except Exception as error:
            outcome.append(error)
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    return thread, outcome


@pytest.mark.django_db(transaction=True)
def test_a_placing_waits_for_the_step_under_way_and_stops_the_next() -> None:
    subject, approver = ids.urn(ids.new_id()), given_operator(Role.APPROVER)
    inside, go_on = Flag(), Flag()

    def step() -> str:
        with transaction.atomic():
            holds.check(subject)
            inside.set()
            assert go_on.wait(10)
        return "done"

    stepping, stepped = in_thread(step)
    assert inside.wait(10)
    placing, placed = in_thread(lambda: place(subject, by=approver))
    time.sleep(0.3)
    assert placed == []  # it waits: the step has passed the check and is not over

    go_on.set()
    stepping.join()
    placing.join()
    assert stepped == ["done"]
    assert isinstance(placed[0], Hold)
    with pytest.raises(Held), transaction.atomic():
        holds.check(subject)


@pytest.mark.django_db(transaction=True)
def test_a_step_that_comes_while_a_hold_is_being_placed_waits_and_is_stopped() -> None:
    subject, approver = ids.urn(ids.new_id()), given_operator(Role.APPROVER)
    placed, go_on = Flag(), Flag()

    def placing() -> None:
        with transaction.atomic():
            place(subject, by=approver)
            placed.set()
            assert go_on.wait(10)

    def step() -> str:
        with transaction.atomic():
            holds.check(ids.urn(ids.new_id()), subject)
        return "slipped past"

    first, _ = in_thread(placing)
    assert placed.wait(10)
    second, stepped = in_thread(step)
    time.sleep(0.3)
    assert stepped == []

    go_on.set()
    first.join()
    second.join()
    assert isinstance(stepped[0], Held)


@pytest.mark.django_db(transaction=True)
def test_a_step_on_another_subject_waits_for_nobody() -> None:
    approver, placed, go_on = given_operator(Role.APPROVER), Flag(), Flag()

    def placing() -> None:
        with transaction.atomic():
            place(ids.urn(ids.new_id()), by=approver)
            placed.set()
            assert go_on.wait(10)

    thread, _ = in_thread(placing)
    assert placed.wait(10)
    started = time.monotonic()
    with transaction.atomic():
        holds.check(ids.urn(ids.new_id()))

    assert time.monotonic() - started < 1
    go_on.set()
    thread.join()


def test_a_refusal_names_the_reason_and_the_basis() -> None:
    subject = ids.urn(ids.new_id())
    place(subject, by=given_operator(Role.REVIEWER))

    with pytest.raises(Held) as refusal:
        holds.check(None, subject)

    assert "投诉" in str(refusal.value)
    assert "条例 28" in str(refusal.value)


def test_a_party_is_held_by_two_persons_only() -> None:
    party, approver, other = given_applicant(), given_operator(Role.APPROVER), given_operator(Role.REVIEWER)

    for proposed_by in ("", approver.urn):
        with pytest.raises(TwoPersons):
            place(party.organisation_urn, scope=Scope.PARTY, proposed_by=proposed_by, by=approver)
    assert not Hold.objects.exists()
    place(party.organisation_urn, scope=Scope.PARTY, proposed_by=other.urn, by=approver)

    assert Hold.objects.get().proposed_by == other.urn


def test_the_placer_alone_does_not_lift() -> None:
    approver, other = given_operator(Role.APPROVER), given_operator(Role.APPROVER)
    hold = place(ids.urn(ids.new_id()), by=approver)

    for proposed_by in ("", approver.urn):
        with pytest.raises(TwoPersons):
            holds.lift(hold.id, reason="查清", proposed_by=proposed_by, by=approver)
    hold = holds.lift(hold.id, reason="查清", by=other)

    assert hold.lifted_by == other.urn
    with pytest.raises(Conflict):
        holds.lift(hold.id, reason="又一次", by=other)


def test_the_end_of_a_hold_on_a_party_takes_two_as_well() -> None:
    party = given_applicant()
    approver, second, third = (given_operator(Role.APPROVER) for _ in range(3))
    hold = place(party.organisation_urn, scope=Scope.PARTY, proposed_by=second.urn, by=approver)

    with pytest.raises(TwoPersons):
        holds.lift(hold.id, reason="查清", by=third)
    holds.lift(hold.id, reason="查清", proposed_by=third.urn, by=approver)

    assert holds.active([party.organisation_id]) == []


def test_the_database_itself_refuses_one_person() -> None:
    party, approver = given_applicant(), given_operator(Role.APPROVER)
    hold = place(ids.urn(ids.new_id()), by=approver)

    with pytest.raises(IntegrityError, match="hold_not_lifted_by_its_placer_alone"), transaction.atomic():
        Hold.objects.filter(id=hold.id).update(lifted_by=approver.urn, lift_reason="x")
    with pytest.raises(IntegrityError, match="hold_on_a_party_takes_two"), transaction.atomic():
        Hold.objects.create(
            subject=party.organisation_id,
            scope=Scope.PARTY,
            reason="x",
            legal_basis="x",
            placed_by=approver.urn,
            placed_at=hold.placed_at,
        )


def test_a_hold_is_never_removed_nor_rewritten() -> None:
    hold = place(ids.urn(ids.new_id()), by=given_operator(Role.APPROVER))

    for statement in ("DELETE FROM market_hold", "UPDATE market_hold SET reason = ''"):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            connection.cursor().execute(statement)

    assert Hold.objects.get(id=hold.id).reason == "投诉"


@pytest.mark.parametrize("missing", ["reason", "legal_basis"])
def test_a_hold_without_reason_or_basis_is_refused(missing: str) -> None:
    said: Any = {"reason": "投诉", "legal_basis": "条例 28"} | {missing: "  "}

    with pytest.raises(Invalid) as refusal:
        holds.place(ids.urn(ids.new_id()), scope=Scope.TRADE, by=given_operator(Role.APPROVER), **said)

    assert refusal.value.fields[0]["field"] == missing


def test_only_one_hold_stands_on_a_subject() -> None:
    subject, approver = ids.urn(ids.new_id()), given_operator(Role.APPROVER)
    place(subject, by=approver)

    with pytest.raises(AlreadyHeld):
        place(subject, by=approver)


def test_neither_a_party_nor_a_process_holds_or_lifts() -> None:
    hold = place(ids.urn(ids.new_id()), by=given_operator(Role.APPROVER))

    for actor in (given_applicant(), system("test"), given_operator(Role.CLERK), given_operator(Role.AUDITOR)):
        with pytest.raises(NotAllowed):
            holds.place(ids.urn(ids.new_id()), scope=Scope.TRADE, reason="x", legal_basis="x", by=actor)
        with pytest.raises(NotAllowed):
            holds.lift(hold.id, reason="x", by=actor)
    with pytest.raises(NotFound):
        holds.lift(ids.new_id(), reason="x", by=given_operator(Role.APPROVER))

    assert Event.objects.filter(kind__startswith="hold.").count() == 1
