"""Triggers that only refuse: what stands in an append-only table stays as it was written."""

from django.db import migrations

# ENABLE ALWAYS: also a superuser in replica mode is refused. No TRUNCATE trigger: that right is not granted.
_GUARD = """
CREATE OR REPLACE FUNCTION market_forbid_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION market_forbid_change();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only;
"""


def guard(table: str) -> migrations.RunSQL:
    """The migration step that makes a table append-only."""
    return migrations.RunSQL(_GUARD.format(table=table), f"DROP TRIGGER {table}_append_only ON {table}")
