"""Writing a version's row of the catalogue, in the transaction of whatever changed it: visible with its commit."""

from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import Func, TextField, Value

from listings.models import Listing, ListingWords, Offer, ProductVersion, SearchChange
from listings.search import cards
from listings.states import VersionState
from market.kernel import clock

# The counter of trades has a writer of its own.
KEPT: Final = frozenset({"version", "number", "trade_count"})


def index(version: ProductVersion) -> None:
    """Make the catalogue say what is true of a version now; one that was never listed has no row.

    Call it inside the verb, after the change. The words are cut once: a version is immutable.
    """
    row = Listing.objects.select_for_update(no_key=True).filter(version=version).first()
    is_listed = version.state == VersionState.LISTED
    if row is None:
        if is_listed:
            _insert(version)
        return
    if is_listed:
        offers = cards.public_offers(Offer.objects.filter(version=version, withdrawn_at__isnull=True))
        for name, value in cards.of(version, offers).items():
            setattr(row, name, value)
    row.is_listed = is_listed
    row.save(update_fields=sorted({field.name for field in Listing._meta.concrete_fields} - KEPT))
    with connection.cursor() as cursor:
        # One that waits for its first fold stays new.
        cursor.execute(
            "INSERT INTO listings_searchchange (number, is_new, changed_at) VALUES (%s, false, %s) "
            "ON CONFLICT (number) DO UPDATE SET changed_at = excluded.changed_at",
            [row.number, clock.now()],
        )


def _insert(version: ProductVersion) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('listings_listing_number')")
        (number,) = cursor.fetchone() or (0,)
    offers = cards.public_offers(Offer.objects.filter(version=version, withdrawn_at__isnull=True))
    Listing.objects.create(version=version, number=number, **cards.of(version, offers))
    words = Value(cards.words_of(version), output_field=ArrayField(TextField()))
    ListingWords.objects.create(number=number, keys=Func(words, function="array_to_tsvector"))
    SearchChange.objects.create(number=number, is_new=True)
