"""Who may ask: everything of this room is for its two sides only; strangers hear that there is nothing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.utils.translation import get_language

from contracts.models import Agreement, Negotiation, Side, Trade
from listings.models import ProductVersion
from market.kernel import rows
from market.kernel.errors import NotFound
from market.participants.members import Member

T = TypeVar("T")
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; `number` counts from 1."""

    rows: list[T]
    number: int
    size: int
    total: int

    @property
    def first(self) -> int:
        """The place of the first row in the whole list, from 1; 0 in an empty list."""
        return (self.number - 1) * self.size + 1 if self.rows else 0

    @property
    def last(self) -> int:
        """The place of the last row."""
        return (self.number - 1) * self.size + len(self.rows)

    @property
    def has_next(self) -> bool:
        """Whether another page follows."""
        return self.last < self.total


def mine(by: Member) -> Q:
    """The rows in which the caller's organisation is a side."""
    return Q(supplier_id=by.organisation_id) | Q(buyer_id=by.organisation_id)


def side_of(row: Negotiation | Trade, by: Member) -> Side:
    """On which side the caller stands; the row is one of theirs."""
    return Side.SUPPLIER if row.supplier_id == by.organisation_id else Side.BUYER


def cut(found: QuerySet[M], number: int, rows: Callable[[list[M]], list[T]]) -> Page[T]:
    """One page of a list, its models made into rows; a number beyond the end answers the last page."""
    total = found.count()
    size = settings.PAGE_SIZE
    number = max(1, min(number, -(-total // size)))
    models = list(found[(number - 1) * size : number * size])
    return Page(rows=rows(models), number=number, size=size, total=total)


def titles(version_ids: Iterable[UUID]) -> dict[UUID, str]:
    """English titles of these versions, for readers of English; empty for others, whose title stands on the row."""
    if not (get_language() or "").startswith("en"):
        return {}
    found = ProductVersion.objects.filter(id__in=set(version_ids)).exclude(title_en="")
    return dict(found.values_list("id", "title_en"))


def negotiations_of(by: Member, *, page: int, size: int) -> list[Negotiation]:
    """The caller's negotiations, last changed first."""
    found = Negotiation.objects.filter(mine(by)).order_by("-changed_at")
    return list(found[(page - 1) * size : page * size])


def negotiation_for(by: Member, negotiation_id: UUID) -> Negotiation:
    """A negotiation for one of its sides. Raises NotFound for strangers."""
    found = rows.get(Negotiation, "offer__version", id=negotiation_id)
    if found is None or by.organisation_id not in {found.supplier_id, found.buyer_id}:
        raise NotFound
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
