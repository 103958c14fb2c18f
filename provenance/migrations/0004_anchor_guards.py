"""Which contract there was and which transactions were sent stays as it was written."""

from django.db import migrations

from market.kernel.append_only import guard


class Migration(migrations.Migration):
    dependencies = [("provenance", "0003_anchors")]
    operations = [guard("provenance_anchorcontract"), guard("provenance_anchorsending")]
