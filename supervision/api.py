"""The supervision room's doors for programs."""

from datetime import datetime
from uuid import UUID

from ninja import Query, Router, Status

from market.access import MEMBER, allow
from market.holds import Hold, Scope
from market.participants.members import AUTHORITY_ROLES, OPERATOR_ROLES, Role
from market.requests import MemberRequest
from supervision import journal, measures, orders, queries
from supervision.models import Order
from supervision.schemas import (
    ActiveHoldOut,
    EntryOut,
    HappeningOut,
    HoldIn,
    HoldOut,
    OrderOut,
    OverviewOut,
    ReasonIn,
)

router = Router(tags=["supervision"])
_MOVERS = (Role.APPROVER, Role.REVIEWER)


@router.get("/overview", response=OverviewOut)
@allow(*OPERATOR_ROLES, *AUTHORITY_ROLES)
def overview(request: MemberRequest) -> queries.Overview:
    """What waits, what stands still, what happened within a day."""
    return queries.overview(by=request.auth)


@router.get("/events", response=list[HappeningOut])
@allow(*OPERATOR_ROLES)
def events(request: MemberRequest, kind: Query[list[str]] = [], limit: int = 50) -> list[queries.Happening]:  # noqa: B006  # ninja never changes it
    """The latest events, as much of each as the operator may see."""
    return queries.latest(by=request.auth, kinds=kind, limit=limit)


@router.get("/journal", response=list[EntryOut])
@allow(MEMBER)
def read_journal(
    request: MemberRequest,
    kind: Query[list[str]] = [],  # noqa: B006  # ninja never changes it
    subject: UUID | None = None,
    before: datetime | None = None,
    limit: int = 50,
) -> list[journal.Entry]:
    """Acts of the operator's and authorities' members that the caller may see: parties see looks at their own files."""
    return journal.entries(
        by=request.auth, kinds=kind or journal.ACTS, subject=subject, before=before, limit=min(limit, 100)
    )


@router.get("/holds", response=list[ActiveHoldOut])
@allow(*OPERATOR_ROLES, *AUTHORITY_ROLES)
def list_holds(request: MemberRequest, scope: Scope | None = None) -> list[measures.ActiveHold]:
    """The holds that stand."""
    return measures.holds_active(by=request.auth, scope=scope)


@router.post("/holds", response={201: HoldOut})
@allow(*_MOVERS, scope="operate")
def place(request: MemberRequest, body: HoldIn) -> Status[Hold]:
    """Stop a listing, a trade or a delivery at once; a party takes an order with two persons."""
    return Status(201, orders.place(**body.dict(), by=request.auth))


@router.post("/holds/{uuid:hold_id}/lift", response=HoldOut)
@allow(*_MOVERS, scope="operate")
def lift(request: MemberRequest, hold_id: UUID, body: ReasonIn) -> Hold:
    """End a hold that another person placed."""
    return orders.lift(hold_id, reason=body.reason, by=request.auth)


@router.get("/orders", response=list[OrderOut])
@allow(*OPERATOR_ROLES)
def list_orders(request: MemberRequest) -> list[Order]:
    """The orders that wait for a second person."""
    return measures.orders_open(by=request.auth)


@router.post("/orders", response={201: OrderOut})
@allow(*_MOVERS, scope="operate")
def propose(request: MemberRequest, body: HoldIn) -> Status[Order]:
    """Ask for a hold that another person confirms."""
    return Status(201, orders.propose(**body.dict(), by=request.auth))


@router.post("/holds/{uuid:hold_id}/orders", response={201: OrderOut})
@allow(*_MOVERS, scope="operate")
def propose_lifting(request: MemberRequest, hold_id: UUID, body: ReasonIn) -> Status[Order]:
    """Ask for the end of a hold that another person confirms."""
    return Status(201, orders.propose_lifting(hold_id, reason=body.reason, by=request.auth))


@router.post("/orders/{uuid:order_id}/confirm", response=HoldOut)
@allow(Role.APPROVER, scope="operate")
def confirm(request: MemberRequest, order_id: UUID) -> Hold:
    """Carry out what another person proposed."""
    return orders.confirm(order_id, by=request.auth)


@router.post("/orders/{uuid:order_id}/withdraw", response=OrderOut)
@allow(*_MOVERS, scope="operate")
def withdraw(request: MemberRequest, order_id: UUID, body: ReasonIn) -> Order:
    """Drop a proposal."""
    return orders.withdraw(order_id, reason=body.reason, by=request.auth)
