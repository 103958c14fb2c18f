"""The sequence from which orders take the numbers that people read."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("supervision", "0001_initial")]
    operations = [
        migrations.RunSQL("CREATE SEQUENCE supervision_order_number", "DROP SEQUENCE supervision_order_number"),
    ]
