"""What was logged, signed or certified stays as it was written."""

from django.db import migrations

from market.kernel.append_only import guard


class Migration(migrations.Migration):
    dependencies = [("provenance", "0001_initial"), ("market", "0002_guards")]
    operations = [guard("provenance_leaf"), guard("provenance_checkpoint"), guard("provenance_certificate")]
