"""What the role that runs may do in the database, asked of the database itself."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.apps import apps
from django.db import IntegrityError, ProgrammingError, connection, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from market.events import outbox
from market.events.models import Event, Opening
from market.kernel import ids
from market.kernel.fields import IdentityField
from market.participants.members import system

pytestmark = pytest.mark.django_db

TABLES = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
APPEND_ONLY = [model for model in TABLES if getattr(model, "APPEND_ONLY", False)]


def given_event() -> Event:
    with transaction.atomic():
        outbox.record("membership.withdrawn", subject=ids.urn(ids.new_id()), actor=system("test").urn)
    return Event.objects.get()


def refused(statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(statement)


def test_tests_run_as_the_role_that_serves() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")

        assert cursor.fetchone() == ("market_app",)


@pytest.mark.parametrize("model", APPEND_ONLY, ids=lambda model: model._meta.db_table)
def test_append_only_tables_are_neither_rewritten_nor_emptied(model: type[models.Model]) -> None:
    table, changeable = model._meta.db_table, set(getattr(model, "CHANGEABLE", ()))
    for field in model._meta.concrete_fields:
        # An identity column is refused before rights are even asked.
        if not isinstance(field, IdentityField) and field.column not in changeable and field.name not in changeable:
            refused(f'UPDATE "{table}" SET "{field.column}" = NULL')
    if not getattr(model, "ERASABLE", False):
        refused(f'DELETE FROM "{table}"')


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model._meta.db_table)
def test_no_table_is_truncated_dropped_or_given_a_trigger(model: type[models.Model]) -> None:
    table = model._meta.db_table

    refused(f'TRUNCATE "{table}" CASCADE')
    for statement in (f'DROP TABLE "{table}"', f'ALTER TABLE "{table}" DISABLE TRIGGER ALL'):
        with pytest.raises(ProgrammingError, match="must be owner"), transaction.atomic():
            connection.cursor().execute(statement)


def test_the_role_that_serves_makes_no_tables() -> None:
    refused("CREATE TABLE public.mine (id int)")


def test_openings_may_go_but_never_change() -> None:
    event = given_event()

    refused("UPDATE market_opening SET fields = '{}'")
    Opening.objects.filter(event=event).delete()

    assert Event.objects.filter(id=event.id).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["market_event", "market_rule"])
def test_not_even_the_owner_rewrites_an_append_only_row(
    table: str, as_owner: Callable[[], AbstractContextManager[BaseDatabaseWrapper]]
) -> None:
    given_event()

    with as_owner() as owner:
        for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
            with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
                owner.cursor().execute(statement)

    assert Event.objects.count() == 1


def test_the_register_of_append_only_tables_is_not_empty() -> None:
    assert {model._meta.db_table for model in APPEND_ONLY} >= {
        "market_event",
        "market_opening",
        "market_rule",
        "market_hold",
    }
