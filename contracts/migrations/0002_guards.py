"""Append-only tables and the sequences from which people's numbers come."""

from django.db import migrations

from market.kernel.append_only import guard

SEQUENCES = ("contracts_agreement_number", "contracts_trade_number")


class Migration(migrations.Migration):
    dependencies = [("contracts", "0001_initial")]
    operations = [
        guard("contracts_turn"),
        guard("contracts_agreement"),
        guard("contracts_signature"),
        *[migrations.RunSQL(f"CREATE SEQUENCE {name}", f"DROP SEQUENCE {name}") for name in SEQUENCES],
    ]
