"""The sequence of places in the bitmaps, and finer statistics on words, so that the planner knows rare from frequent."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("listings", "0003_search")]
    operations = [
        migrations.RunSQL("CREATE SEQUENCE listings_listing_number", "DROP SEQUENCE listings_listing_number"),
        migrations.RunSQL(
            "ALTER TABLE listings_listing ALTER COLUMN keys SET STATISTICS 1000",
            "ALTER TABLE listings_listing ALTER COLUMN keys SET STATISTICS -1",
        ),
    ]
