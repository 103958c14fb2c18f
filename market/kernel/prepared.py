"""Statements that the server prepares once a connection: for texts that never change, where verbs spend their time."""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper


def run(text: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> CursorWrapper:
    """Execute a constant text on Django's connection, parsed and planned once for its session; the cursor has rows.

    text: no values inside, or each becomes a statement of its own. Parameters keep their types on the way, so a
    place that would take any type needs a cast. Raises Django's database errors, and is logged and counted as theirs.
    """
    if connection.queries_logged:
        cursor: CursorWrapper = connection.cursor()  # a log shows the values
    else:
        connection.close_if_health_check_failed()
        connection.ensure_connection()
        # Django's own cursors write the values into the text, which no server can prepare.
        cursor = CursorWrapper(psycopg.Cursor(connection.connection), connection)
    cursor.execute(text, parameters)
    return cursor
