"""Within one verb a subject's holds are asked once, and never so that a rolled back savepoint could hide a hold."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from market import holds
from market.events import outbox
from market.kernel import ids
from market.verbs import REGISTRY, verb

pytestmark = pytest.mark.django_db(transaction=True)


def statements(body: Callable[[], None]) -> list[str]:
    """What a verb with this body says to the database."""

    @verb()
    def act() -> None:
        body()
        outbox.unchanged()

    del REGISTRY[f"{act.__module__}.{act.__name__}"]  # a verb of this test is none of the house's
    with CaptureQueriesContext(connection) as heard:
        act()
    return [each["sql"] for each in heard.captured_queries if "advisory" in each["sql"]]


def test_a_subject_is_asked_once_in_a_verb() -> None:
    subject, other = ids.new_id(), ids.new_id()

    def ask() -> None:
        holds.check(subject)
        holds.check(ids.urn(subject))
        holds.check(subject, other)
        holds.check(other)

    assert len(statements(ask)) == 2


def test_what_was_asked_under_a_savepoint_is_asked_again() -> None:
    subject = ids.new_id()

    def ask() -> None:
        with transaction.atomic():
            holds.check(subject)
            transaction.set_rollback(True)
        holds.check(subject)

    assert len(statements(ask)) == 2


def test_each_verb_asks_for_itself() -> None:
    subject = ids.new_id()

    assert [len(statements(lambda: holds.check(subject))) for _ in range(2)] == [1, 1]
