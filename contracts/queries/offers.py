"""An offer as the one reads it who is about to ask for it."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from contracts.models import Negotiation
from contracts.queries.stops import HoldRow, hold_rows
from contracts.queries.trades import purposes_of
from contracts.states import NEGOTIATION_ENDED
from listings.models import Offer
from listings.states import VersionState
from market import licences, policy
from market.kernel.errors import NotFound
from market.licences import Sentences
from market.participants.members import Member


@dataclass(frozen=True, slots=True)
class OfferDetail:
    """One offer with its licence in plain words. Amounts in minor units."""

    id: UUID
    product_id: UUID
    title: str
    version_n: int
    plan: str
    supplier: str
    price_minor: int
    currency: str
    is_negotiable: bool
    acceptance_days: int | None
    purposes: tuple[str, ...]
    licence: Sentences
    is_own: bool
    is_open: bool  # listed and not withdrawn
    negotiation_id: UUID | None  # the reader's own that is open already
    holds: list[HoldRow]


def offer_detail(by: Member, offer_id: UUID) -> OfferDetail:
    """A public offer, or one made to the caller. Raises NotFound."""
    theirs = Q(buyer__isnull=True) | Q(buyer_id=by.organisation_id)
    offer = Offer.objects.filter(theirs, id=offer_id).select_related("version__product__supplier").first()
    if offer is None:
        raise NotFound
    version, supplier = offer.version, offer.version.product.supplier
    running = Negotiation.objects.filter(offer=offer, buyer_id=by.organisation_id).exclude(
        state__in=sorted(NEGOTIATION_ENDED)
    )
    return OfferDetail(
        id=offer.id,
        product_id=version.product_id,
        title=version.title,
        version_n=version.n,
        plan=offer.name,
        supplier=supplier.name,
        price_minor=offer.price_minor,
        currency=offer.currency,
        is_negotiable=offer.is_negotiable,
        acceptance_days=offer.acceptance_days,
        purposes=purposes_of(offer.policy),
        licence=licences.sentences(policy.words(policy.parse(offer.policy))),
        is_own=supplier.id == by.organisation_id,
        is_open=offer.withdrawn_at is None and version.state == VersionState.LISTED,
        negotiation_id=running.values_list("id", flat=True).first(),
        holds=hold_rows([by.organisation_id, supplier.id, version.id, version.product_id]),
    )
