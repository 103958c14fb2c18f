"""manage.py index_listings: make the catalogue's rows and bitmaps anew from versions and offers."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from listings import search
from listings.models import Listing, ProductVersion
from listings.search import folding
from listings.states import VersionState


class Command(BaseCommand):
    help = "Write the catalogue's rows of all listed versions anew (--missing: only absent ones), then fold them in."

    def add_arguments(self, parser: CommandParser) -> None:
        """--missing leaves present rows alone."""
        parser.add_argument("--missing", action="store_true", help="only versions without a row")

    def handle(self, *args: Any, **options: Any) -> None:
        """Each version in a transaction of its own, oldest listing first; safe to run while the market works."""
        listed = ProductVersion.objects.filter(state=VersionState.LISTED).order_by("listed_at", "id")
        if options["missing"]:
            listed = listed.exclude(id__in=Listing.objects.values("version_id"))
        count = 0
        for version_id in listed.values_list("id", flat=True).iterator(chunk_size=1_000):
            with transaction.atomic():
                version = (
                    ProductVersion.objects.select_for_update(of=("self",), no_key=True)
                    .select_related("product__supplier", "resource")
                    .get(id=version_id)
                )
                search.index(version)
            count += 1
        folded = folding.fold_all()
        self.stdout.write(self.style.SUCCESS(f"{count} rows written, {folded} folded in"))
