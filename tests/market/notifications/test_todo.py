"""The inbox: what waits for whom, whatever order the news come in."""

from datetime import timedelta
from threading import Thread
from uuid import UUID

import pytest
from django.conf import settings
from django.core import mail as sent
from django.db import connection
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from market.kernel import clock, ids
from market.kernel.clock import shifted
from market.notifications import kinds, mail, queries, todo
from market.notifications.kinds import UnknownTask
from market.notifications.models import Mail, Task
from market.notifications.todo import Turn
from market.participants import keys
from market.participants.members import Member, Role
from market.participants.models import Person
from tests.builders import given_applicant
from tests.market.participants.test_memberships import given_colleague

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def known_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two kinds of task that only these tests know."""
    monkeypatch.setattr(kinds, "KINDS", dict(kinds.KINDS))
    kinds.declare("test.sign", title=_("Not found"), path="/trades/{thread}/sign")
    kinds.declare("test.pay", title="Pay %(amount)s", path="/trades/{subject}")


def turn(member: Member, kind: str = "test.sign", *roles: Role, **changed: object) -> Turn:
    return Turn(kind, member.organisation_id, roles, **changed)  # type: ignore[arg-type]


def titles(member: Member) -> list[str]:
    return [waiting.kind for waiting in queries.listing(member)]


def test_what_waits_is_shown_to_those_whose_role_can_do_it() -> None:
    admin = given_applicant()
    signatory, trader = given_colleague(admin, Role.SIGNATORY), given_colleague(admin, Role.TRADER)

    todo.follow(ids.new_id(), lambda: [turn(admin, "test.sign", Role.SIGNATORY)])

    assert titles(signatory) == ["test.sign"]
    assert queries.count(signatory) == 1
    assert queries.count(trader) == 0


def test_a_task_without_roles_is_everybodys() -> None:
    admin = given_applicant()
    trader = given_colleague(admin, Role.TRADER)

    todo.follow(ids.new_id(), lambda: [turn(admin)])

    assert queries.count(admin) == queries.count(trader) == 1


def test_another_organisation_sees_nothing_of_it() -> None:
    todo.follow(ids.new_id(), lambda: [turn(given_applicant("甲"))])

    assert queries.count(given_applicant("乙")) == 0


def test_told_twice_it_is_one_task_and_one_letter() -> None:
    admin, subject = given_applicant(), ids.new_id()

    for _again in range(3):
        todo.follow(subject, lambda: [turn(admin)])

    assert Task.objects.count() == 1
    assert Mail.objects.count() == 1


def test_the_turn_passes_and_comes_back() -> None:
    supplier, buyer, subject = given_applicant("供"), given_applicant("需"), ids.new_id()

    todo.follow(subject, lambda: [turn(supplier)])
    todo.follow(subject, lambda: [turn(buyer, "test.pay", params={"amount": "¥480.00"})])
    assert (titles(supplier), titles(buyer)) == ([], ["test.pay"])
    todo.follow(subject, lambda: [turn(supplier)])
    assert (titles(supplier), titles(buyer)) == (["test.sign"], [])
    todo.follow(subject, lambda: [])

    assert queries.count(supplier) == queries.count(buyer) == 0
    assert Task.objects.count() == 3


def test_a_changed_deadline_changes_the_task_and_writes_no_second_letter() -> None:
    admin, subject = given_applicant(), ids.new_id()
    later = clock.now() + timedelta(days=9)

    todo.follow(subject, lambda: [turn(admin, due_at=later - timedelta(days=1))])
    todo.follow(subject, lambda: [turn(admin, due_at=later)])

    assert Task.objects.get().due_at == later
    assert Mail.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_tellers_at_once_the_later_state_stands() -> None:
    """The first asks while it is the supplier's turn and is slow; the second asks when nothing waits any more."""
    admin, subject = given_applicant(), ids.new_id()
    state = ["open"]

    def slowly() -> list[Turn]:
        found = [turn(admin)] if state[0] == "open" else []
        state[0] = "done"
        second.start()
        second.join(0.5)  # it waits for the lock that we hold
        return found

    def again() -> None:
        try:
            todo.follow(subject, lambda: [turn(admin)] if state[0] == "open" else [])
        finally:
            connection.close()

    second = Thread(target=again)
    todo.follow(subject, slowly)
    second.join()

    assert queries.count(admin) == 0


def test_open_and_done_do_nothing_the_second_time() -> None:
    admin, subject = given_applicant(), ids.new_id()

    todo.open(turn(admin), subject=subject)
    todo.open(turn(admin), subject=subject)
    assert queries.count(admin) == 1

    assert todo.done(subject, "test.pay") == 0
    assert todo.done(subject, "test.sign") == 1
    assert todo.done(subject) == 0
    assert queries.count(admin) == 0


def test_the_nearest_deadline_stands_first_and_what_is_late_says_so() -> None:
    admin, now = given_applicant(), clock.now()
    for days in (3, None, 1):
        due_at = now + timedelta(days=days) if days else None
        todo.follow(ids.new_id(), lambda due_at=due_at: [turn(admin, due_at=due_at)])  # type: ignore[misc]

    with shifted(timedelta(days=2)):
        rows = queries.listing(admin)

    assert [row.is_overdue for row in rows] == [True, False, False]
    assert rows[2].due_at is None


def test_the_inbox_speaks_the_readers_language() -> None:
    admin = given_applicant()
    todo.follow(ids.new_id(), lambda: [turn(admin)])

    with translation.override("en"):
        assert queries.listing(admin)[0].title == "Not found"


def test_a_letter_says_what_until_when_and_where_in_its_readers_language() -> None:
    admin, subject, trade = given_applicant(), ids.new_id(), ids.new_id()
    Person.objects.update(language="en")
    due_at = clock.parse("2099-11-26T02:14:00.000000Z")

    todo.follow(subject, lambda: [turn(admin, "test.sign", due_at=due_at)], thread=trade)
    mail.send_due()

    [message] = sent.outbox
    assert message.subject == f"[{settings.MARKET_NAME_EN}] Not found"
    assert "2099-11-26 10:14 (UTC+8)" in str(message.body)
    assert f"{settings.PUBLIC_URL}/trades/{trade}/sign" in str(message.body)


def test_a_reminder_goes_out_once_when_the_deadline_is_near() -> None:
    admin = given_applicant()
    todo.follow(ids.new_id(), lambda: [turn(admin, due_at=clock.now() + timedelta(days=3))])
    assert todo.remind() == 0

    with shifted(timedelta(days=2, hours=1)):
        assert todo.remind() == 1
        assert todo.remind() == 0

    assert Mail.objects.count() == 2


def test_what_is_done_or_late_is_not_reminded_of() -> None:
    admin, subject = given_applicant(), ids.new_id()
    todo.follow(subject, lambda: [turn(admin, due_at=clock.now() + timedelta(days=3))])
    todo.follow(ids.new_id(), lambda: [turn(admin, due_at=clock.now() + timedelta(days=3))])
    todo.done(subject)

    with shifted(timedelta(days=4)):
        assert todo.remind() == 0
    with shifted(timedelta(days=2, hours=1)):
        assert todo.remind() == 1


def test_a_task_that_is_due_soon_at_once_gets_one_letter_not_two() -> None:
    admin = given_applicant()
    todo.follow(ids.new_id(), lambda: [turn(admin, due_at=clock.now() + timedelta(hours=2))])

    assert todo.remind() == 0
    assert Mail.objects.count() == 1


def test_a_kind_that_nobody_declared_or_a_sentence_with_a_gap_is_refused_at_once() -> None:
    admin = given_applicant()

    with pytest.raises(UnknownTask):
        todo.follow(ids.new_id(), lambda: [turn(admin, "test.nobody")])
    with pytest.raises(KeyError):
        todo.follow(ids.new_id(), lambda: [turn(admin, "test.pay")])

    assert not Task.objects.exists()
    assert not Mail.objects.exists()


def test_the_api_answers_count_and_tasks(client: Client) -> None:
    admin, subject = given_applicant(), ids.new_id()
    todo.follow(subject, lambda: [turn(admin, "test.pay", params={"amount": "¥480.00"})])
    _key, text = keys.issue(name="p", scopes=["read"], by=admin)

    answer = client.get("/api/todo", HTTP_AUTHORIZATION=f"Bearer {text}").json()

    assert answer["count"] == 1
    [task] = answer["tasks"]
    assert (task["title"], task["url"], UUID(task["subject"])) == ("Pay ¥480.00", f"/trades/{subject}", subject)


def test_the_count_is_one_query(django_assert_num_queries: object) -> None:
    admin = given_applicant()

    with django_assert_num_queries(1):  # type: ignore[operator]
        queries.count(admin)
