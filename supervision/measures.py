"""Holds and the orders behind them, as their desk reads them: what stands, what stood, what waits for a person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Case, Q, QuerySet, When

from contracts.oversight import READERS
from contracts.queries.parties import Page
from market import access
from market.holds import Hold, Scope
from market.kernel import ids
from market.kernel.errors import NotFound
from market.participants.members import AUTHORITY_ROLES, OPERATOR_ROLES, Member
from market.participants.models import Person
from supervision import orders, subjects
from supervision.models import Order
from supervision.states import OrderState
from supervision.subjects import Subject

LIMIT: Final = 100


@dataclass(frozen=True, slots=True)
class ActiveHold:
    """A hold that stands."""

    id: UUID
    scope: str
    subject: str
    reason: str
    legal_basis: str
    placed_by: str
    placed_by_name: str
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class HoldLine:
    """One hold with the names of its people and of what it stands on (None: nothing of that id is known any more)."""

    hold: Hold
    subject: Subject | None
    placed_by: str
    proposed_by: str
    lifted_by: str
    lift_proposed_by: str


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One order with the names of its people and of what it is about."""

    order: Order
    subject: Subject | None
    proposed_by: str
    decided_by: str


def holds_active(by: Member, *, scope: Scope | None = None) -> list[ActiveHold]:
    """The holds that stand within the seat's reach, newest first; at most 100. Raises NotAllowed."""
    by.require(*OPERATOR_ROLES, *AUTHORITY_ROLES)
    found = _reached(by).filter(lifted_at__isnull=True)
    if scope is not None:
        found = found.filter(scope=scope)
    rows = list(found.order_by("-placed_at")[:LIMIT])
    names = _names(row.placed_by for row in rows)
    return [
        ActiveHold(
            id=row.id,
            scope=row.scope,
            subject=ids.urn(row.subject),
            reason=row.reason,
            legal_basis=row.legal_basis,
            placed_by=row.placed_by,
            placed_by_name=names.get(row.placed_by, ""),
            placed_at=row.placed_at,
        )
        for row in rows
    ]


def holds_page(by: Member, *, stands: bool, scope: Scope | None = None, number: int = 1) -> Page[HoldLine]:
    """The holds within the seat's reach that stand, or those that were lifted, newest first. Raises NotAllowed."""
    by.require(*READERS)
    found = _reached(by).filter(lifted_at__isnull=stands)
    if scope is not None:
        found = found.filter(scope=scope)
    total, size = found.count(), settings.PAGE_SIZE
    number = max(1, min(number, -(-total // size)))
    rows = list(found.order_by("-placed_at")[(number - 1) * size : number * size])
    return Page(rows=_hold_lines(rows), number=number, size=size, total=total)


def hold(hold_id: UUID, *, by: Member) -> HoldLine:
    """One hold. Raises NotAllowed, NotFound, and OutOfScope where the seat's reach ends before it: that is recorded."""
    by.require(*READERS)
    found = Hold.objects.filter(id=hold_id).first()
    if found is None:
        raise NotFound
    [line] = _hold_lines([found])
    require_sight(line.subject, found.subject, by=by)
    return line


def require_sight(subject: Subject | None, subject_id: UUID, *, by: Member) -> None:
    """Refuse a seat whose reach ends before the thing, and record the attempt. Raises OutOfScope."""
    if not by.district and not by.sector:
        return
    access.require_sight(
        by,
        subject=ids.urn(subject_id),
        district=subject.district if subject else "",
        sector=subject.sector if subject else "",
        parties=orders.parties_of(subject_id),
        case=subject.number if subject else "",
    )


def history(subject: UUID) -> list[HoldLine]:
    """All holds that ever stood on a thing, newest first; at most 100. For callers who may see it."""
    return _hold_lines(list(Hold.objects.filter(subject=subject).order_by("-placed_at")[:LIMIT]))


def orders_open(by: Member) -> list[Order]:
    """The orders that wait for a second person, oldest first; at most 100. Raises NotAllowed."""
    by.require(*OPERATOR_ROLES)
    return list(Order.objects.filter(state=OrderState.PROPOSED).order_by("proposed_at")[:LIMIT])


def orders_page(by: Member, *, number: int = 1) -> Page[OrderLine]:
    """All orders within the seat's reach, those that wait first. Raises NotAllowed."""
    by.require(*OPERATOR_ROLES)
    reach = subjects.in_reach(by)
    found = Order.objects.filter(reach) if reach is not None else Order.objects.all()
    total, size = found.count(), settings.PAGE_SIZE
    number = max(1, min(number, -(-total // size)))
    waiting_first = Case(When(state=OrderState.PROPOSED, then=0), default=1)
    rows = list(found.order_by(waiting_first, "-proposed_at")[(number - 1) * size : number * size])
    return Page(rows=_order_lines(rows), number=number, size=size, total=total)


def order(order_id: UUID, *, by: Member) -> OrderLine:
    """One order, for the operator's seats. Raises NotAllowed, NotFound, OutOfScope."""
    by.require(*OPERATOR_ROLES)
    found = Order.objects.select_related("hold").filter(id=order_id).first()
    if found is None:
        raise NotFound
    [line] = _order_lines([found])
    require_sight(line.subject, found.subject, by=by)
    return line


def open_order_on(subject: UUID) -> Order | None:
    """The order about a thing that waits for its second person, if there is one."""
    return Order.objects.filter(subject=subject, state=OrderState.PROPOSED).order_by("proposed_at").first()


def _reached(by: Member) -> QuerySet[Hold]:
    reach: Q | None = subjects.in_reach(by)
    return Hold.objects.filter(reach) if reach is not None else Hold.objects.all()


def _hold_lines(rows: list[Hold]) -> list[HoldLine]:
    about = subjects.named(row.subject for row in rows)
    people = _names(
        each for row in rows for each in (row.placed_by, row.proposed_by, row.lifted_by, row.lift_proposed_by)
    )
    return [
        HoldLine(
            hold=row,
            subject=about.get(row.subject),
            placed_by=people.get(row.placed_by, ""),
            proposed_by=people.get(row.proposed_by, ""),
            lifted_by=people.get(row.lifted_by, ""),
            lift_proposed_by=people.get(row.lift_proposed_by, ""),
        )
        for row in rows
    ]


def _order_lines(rows: list[Order]) -> list[OrderLine]:
    about = subjects.named(row.subject for row in rows)
    people = _names(each for row in rows for each in (row.proposed_by, row.decided_by))
    return [
        OrderLine(row, about.get(row.subject), people.get(row.proposed_by, ""), people.get(row.decided_by, ""))
        for row in rows
    ]


def _names(actors: Iterable[str]) -> dict[str, str]:
    people = {ids.from_urn(actor) for actor in actors if actor.startswith("urn:uuid:")}
    return {ids.urn(person.id): str(person) for person in Person.objects.filter(id__in=people)}
