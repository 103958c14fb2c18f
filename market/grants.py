"""Two roles: market_owner makes the tables, market_app runs and can change nothing that is append-only."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

APP_ROLE: Final = "market_app"


@contextmanager
def as_owner(connection: BaseDatabaseWrapper, owner: dict[str, Any]) -> Iterator[BaseDatabaseWrapper]:
    """Run a block under the owner's name; afterwards the connection is the running role's again."""
    kept = dict(connection.settings_dict)
    connection.close()
    if hasattr(connection, "close_pool"):
        connection.close_pool()
    connection.settings_dict.update(
        {key: owner[key] for key in ("USER", "PASSWORD", "HOST", "PORT")}
        | {"OPTIONS": {key: value for key, value in kept["OPTIONS"].items() if key != "pool"}}
    )
    try:
        yield connection
    finally:
        connection.close()
        connection.settings_dict.update(kept)


def write(connection: BaseDatabaseWrapper, tables: Iterable[type[models.Model]], role: str = APP_ROLE) -> None:
    """Grant by each model's APPEND_ONLY: SELECT and INSERT for those, full row rights for the rest, TRUNCATE never.

    A model may name the columns that stay changeable in CHANGEABLE, e.g. the balances of an account, and say by
    ERASABLE that its rows may go though they never change, e.g. openings.
    """
    who = sql.Identifier(role)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(who))
        cursor.execute(sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(who))
        cursor.execute(sql.SQL("GRANT SELECT ON django_migrations TO {}").format(who))
        cursor.execute(sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON market_cache TO {}").format(who))
        for model in tables:
            table = sql.Identifier(model._meta.db_table)
            cursor.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(table, who))
            rights = "SELECT, INSERT" if getattr(model, "APPEND_ONLY", False) else "SELECT, INSERT, UPDATE, DELETE"
            if getattr(model, "ERASABLE", False):
                rights += ", DELETE"
            cursor.execute(sql.SQL("GRANT " + rights + " ON {} TO {}").format(table, who))
            for column in getattr(model, "CHANGEABLE", ()):
                cursor.execute(sql.SQL("GRANT UPDATE ({}) ON {} TO {}").format(sql.Identifier(column), table, who))
