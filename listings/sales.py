"""How often a version was traded, as far as this room hears of it: each closed trade counts once."""

from django.db import transaction

from listings.models import Listing, Sale
from market.events.dispatch import News
from market.events.models import Event
from market.kernel import ids


def hear(news: News) -> None:
    """A grant tells which version a trade is on, the trade's end that it counts; either may come first, and twice."""
    if news.thread is None:
        return
    trade = ids.from_urn(news.thread)
    with transaction.atomic():
        Sale.objects.bulk_create([Sale(trade=trade)], ignore_conflicts=True)
        sale = Sale.objects.select_for_update(no_key=True).get(trade=trade)
        if "version" in news.fields:
            sale.version_id = ids.from_urn(news.fields["version"])
        else:
            sale.closed_at = Event.objects.values_list("at", flat=True).get(id=news.event_id)
        sale.save(update_fields=["version", "closed_at"])
        if sale.version_id is not None and sale.closed_at is not None:
            # Counted afresh under the listing's lock, so that two trades at once are both in.
            listing = Listing.objects.select_for_update(no_key=True).filter(version=sale.version_id).first()
            if listing is not None:
                closed = Sale.objects.filter(version=sale.version_id, closed_at__isnull=False).count()
                Listing.objects.filter(version=sale.version_id).update(trade_count=closed)
