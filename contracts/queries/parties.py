"""Who may ask: everything of this room is for its two sides only; strangers hear that there is nothing."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q
from django.utils.translation import get_language

from contracts import standstills
from contracts.models import Agreement, Negotiation, Side, Trade
from listings.models import ProductVersion
from market.kernel import rows
from market.kernel.errors import NotFound
from market.paging import Page, cut
from market.participants.members import Member

__all__ = [
    "Page",
    "agreement_for",
    "cut",
    "mine",
    "negotiation_for",
    "negotiations_of",
    "side_of",
    "titles",
    "trade_of_party",
    "trades_of",
]


def mine(by: Member) -> Q:
    """The rows in which the caller's organisation is a side."""
    return Q(supplier_id=by.organisation_id) | Q(buyer_id=by.organisation_id)


def side_of(row: Negotiation | Trade, by: Member) -> Side:
    """On which side the caller stands; the row is one of theirs."""
    return Side.SUPPLIER if row.supplier_id == by.organisation_id else Side.BUYER


def titles(version_ids: Iterable[UUID]) -> dict[UUID, str]:
    """English titles of these versions, for readers of English; empty for others, whose title stands on the row."""
    if not (get_language() or "").startswith("en"):
        return {}
    found = ProductVersion.objects.filter(id__in=set(version_ids)).exclude(title_en="")
    return dict(found.values_list("id", "title_en"))


def negotiations_of(by: Member, *, page: int, size: int) -> list[Negotiation]:
    """The caller's negotiations, last changed first."""
    found = list(Negotiation.objects.filter(mine(by)).order_by("-changed_at")[(page - 1) * size : page * size])
    standstills.give_back_to_negotiations(found)
    return found


def negotiation_for(by: Member, negotiation_id: UUID) -> Negotiation:
    """A negotiation for one of its sides. Raises NotFound for strangers."""
    found = rows.get(Negotiation, "offer__version", id=negotiation_id)
    if found is None or by.organisation_id not in {found.supplier_id, found.buyer_id}:
        raise NotFound
    standstills.give_back_to_negotiations([found])
    return found


def agreement_for(by: Member, agreement_id: UUID) -> Agreement:
    """An agreement for one of its sides. Raises NotFound for strangers."""
    is_mine = Q(negotiation__supplier_id=by.organisation_id) | Q(negotiation__buyer_id=by.organisation_id)
    found = Agreement.objects.filter(is_mine, id=agreement_id).first()
    if found is None:
        raise NotFound
    return found


def trades_of(by: Member, *, page: int, size: int) -> list[Trade]:
    """The caller's trades, newest first."""
    return list(Trade.objects.filter(mine(by)).order_by("-created_at")[(page - 1) * size : page * size])


def trade_of_party(by: Member, trade_id: UUID) -> Trade:
    """A trade for one of its parties. Raises NotFound for strangers."""
    found = Trade.objects.select_related("agreement__negotiation").filter(mine(by), id=trade_id).first()
    if found is None:
        raise NotFound
    return found


def trade_numbered(by: Member, number: str) -> Trade:
    """A trade by its number for one of its parties. Raises NotFound for strangers as for numbers that nobody has."""
    found = Trade.objects.filter(mine(by), number=number).first()
    if found is None:
        raise NotFound
    return found
