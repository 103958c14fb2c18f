"""Append-only tables and the sequences from which people's numbers come."""

from django.db import migrations

from market.kernel.append_only import guard


class Migration(migrations.Migration):
    dependencies = [("market", "0001_initial")]
    operations = [
        guard("market_event"),
        guard("market_rule"),
        migrations.RunSQL("CREATE SEQUENCE market_admission_number", "DROP SEQUENCE market_admission_number"),
    ]
