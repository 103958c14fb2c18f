"""Writing a version's row of the catalogue, in the transaction of whatever changed it: visible with its commit."""

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import Func, TextField, Value

from listings.models import Listing, Offer, ProductVersion
from listings.search import cards
from listings.states import VersionState
from market.kernel import clock


def index(version: ProductVersion) -> None:
    """Make the catalogue say what is true of a version now; one that was never listed has no row.

    Call it inside the verb, after the change. Costs two statements, and the words once.
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
    row.is_listed, row.is_folded, row.changed_at = is_listed, False, clock.now()
    row.save(update_fields=sorted({field.name for field in Listing._meta.concrete_fields} - KEPT))


# Words never change with an immutable version; the counter of trades has a writer of its own.
KEPT = frozenset({"version", "number", "keys", "was_folded", "trade_count"})


def _insert(version: ProductVersion) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('listings_listing_number')")
        (number,) = cursor.fetchone() or (0,)
    offers = cards.public_offers(Offer.objects.filter(version=version, withdrawn_at__isnull=True))
    words = Value(cards.words_of(version), output_field=ArrayField(TextField()))
    Listing.objects.create(
        version=version,
        number=number,
        keys=Func(words, function="array_to_tsvector"),
        **cards.of(version, offers),
    )
