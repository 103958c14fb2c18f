"""Words apart from listings, and what changed in a table of its own: a new price must not index all words again."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import market.kernel.clock
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("listings", "0004_search_numbers"),
    ]

    operations = [
        migrations.CreateModel(
            name="ListingWords",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("keys", django.contrib.postgres.search.SearchVectorField()),
            ],
        ),
        migrations.CreateModel(
            name="SearchChange",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("is_new", models.BooleanField()),
                ("changed_at", models.DateTimeField(default=market.kernel.clock.now)),
            ],
        ),
        migrations.RunSQL(
            """
            INSERT INTO listings_listingwords (number, keys) SELECT number, keys FROM listings_listing;
            INSERT INTO listings_searchchange (number, is_new, changed_at)
            SELECT number, NOT was_folded, changed_at FROM listings_listing WHERE NOT is_folded;
            ALTER TABLE listings_listingwords ALTER COLUMN keys SET STATISTICS 1000;
            """,
            migrations.RunSQL.noop,
        ),
        migrations.RemoveIndex(
            model_name="listing",
            name="listing_by_key",
        ),
        migrations.RemoveIndex(
            model_name="listing",
            name="listing_not_folded",
        ),
        migrations.RemoveField(
            model_name="listing",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="listing",
            name="is_folded",
        ),
        migrations.RemoveField(
            model_name="listing",
            name="keys",
        ),
        migrations.RemoveField(
            model_name="listing",
            name="was_folded",
        ),
        migrations.AddIndex(
            model_name="listingwords",
            index=django.contrib.postgres.indexes.GinIndex(fields=["keys"], name="listing_by_key"),
        ),
    ]
