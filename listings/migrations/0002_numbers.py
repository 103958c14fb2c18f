"""The sequence from which product numbers come."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("listings", "0001_initial")]
    operations = [migrations.RunSQL("CREATE SEQUENCE listings_product_number", "DROP SEQUENCE listings_product_number")]
