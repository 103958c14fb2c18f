"""What can be asked of deliveries: by the two parties, each for its own."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from delivery import addresses
from delivery.models import Grant, Meter, Use
from delivery.states import UseState
from delivery.uses import SILENCE, USERS
from market.kernel import clock, ids
from market.kernel.errors import NotFound
from market.participants.members import Member

PAGE_MAX: Final = 100
SWEEP_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A grant as its parties see it. The storage key is nobody's business."""

    id: UUID
    urn: str
    reference: str
    thread: str
    version: str
    agreement: str
    supplier_id: UUID
    supplier: str
    buyer_id: UUID
    buyer: str
    filename: str
    media_type: str
    file_bytes: int
    file_sha256: str
    state: str
    opened_at: datetime
    expires_at: datetime | None
    closed_at: datetime | None
    use_count: int


@dataclass(frozen=True, slots=True)
class UseRow:
    """A use as both parties see it."""

    id: UUID
    number: int
    opened_by: UUID
    purpose: str
    recipient: str
    state: str
    opened_at: datetime
    expires_at: datetime
    closed_at: datetime | None
    bytes_sent: int
    ranges: int
    is_complete: bool


@dataclass(frozen=True, slots=True)
class DayRow:
    """What left under one grant on one day."""

    on: date
    uses: int
    ranges: int
    bytes_sent: int


def grants_of(by: Member, *, thread: str | None = None, reference: str | None = None, page: int = 1) -> list[GrantRow]:
    """The grants in which the caller's organisation is supplier or buyer, newest first."""
    found = _grants(by)
    if thread is not None:
        found = found.filter(thread=ids.from_urn(thread))
    if reference is not None:
        found = found.filter(reference=ids.from_urn(reference))
    start = (page - 1) * PAGE_MAX
    return [_row(grant) for grant in found.order_by("-opened_at", "-id")[start : start + PAGE_MAX]]


def grant(grant_id: UUID, *, by: Member) -> GrantRow:
    """One grant. Raises NotFound to all but its parties."""
    return _row(_grant(grant_id, by))


def uses_of(grant_id: UUID, *, by: Member, page: int = 1) -> list[UseRow]:
    """The uses taken under a grant, newest first. Raises NotFound to all but its parties."""
    start = (page - 1) * PAGE_MAX
    found = Use.objects.filter(grant__in=_grants(by).filter(id=grant_id).values("id")).order_by("-number")
    rows = [use_row(use) for use in found[start : start + PAGE_MAX]]
    if not rows:
        _grant(grant_id, by)
    return rows


def days_of(grant_id: UUID, *, by: Member) -> list[DayRow]:
    """The meter of a grant day by day, newest first, at most 366 days. Raises NotFound to all but its parties."""
    found = Meter.objects.filter(grant=_grant(grant_id, by)).order_by("-on")[:366]
    return [DayRow(on=row.on, uses=row.uses, ranges=row.ranges, bytes_sent=row.bytes_sent) for row in found]


def expired_uses() -> list[UUID]:
    """Open uses that are past their time and have been silent for a minute, oldest first."""
    now = clock.now()
    silent = Q(last_range_at__isnull=True) | Q(last_range_at__lt=now - SILENCE)
    found = Use.objects.filter(silent, state=UseState.OPEN, expires_at__lte=now)
    return list(found.order_by("expires_at").values_list("id", flat=True)[:SWEEP_MAX])


def use_row(use: Use) -> UseRow:
    """A use, ready to show."""
    return UseRow(**{name: getattr(use, name) for name in UseRow.__dataclass_fields__})


def _grants(by: Member) -> QuerySet[Grant]:
    mine = Q(supplier_id=by.organisation_id) | Q(buyer_id=by.organisation_id)
    return Grant.objects.filter(mine).select_related("supplier", "buyer")


def _grant(grant_id: UUID, by: Member) -> Grant:
    found = _grants(by).filter(id=grant_id).first()
    if found is None:
        raise NotFound
    return found


def _row(grant: Grant) -> GrantRow:
    return GrantRow(
        id=grant.id,
        urn=grant.urn,
        reference=ids.urn(grant.reference),
        thread=ids.urn(grant.thread),
        version=ids.urn(grant.version),
        agreement=ids.urn(grant.agreement),
        supplier_id=grant.supplier_id,
        supplier=grant.supplier.name,
        buyer_id=grant.buyer_id,
        buyer=grant.buyer.name,
        filename=grant.filename,
        media_type=grant.media_type,
        file_bytes=grant.file_bytes,
        file_sha256=grant.file_sha256,
        state=grant.state,
        opened_at=grant.opened_at,
        expires_at=grant.expires_at,
        closed_at=grant.closed_at,
        use_count=grant.use_count,
    )


def grant_id_of(reference: str) -> UUID | None:
    """The grant that was opened for a reference, if there is one."""
    return Grant.objects.filter(reference=ids.from_urn(reference)).values_list("id", flat=True).first()


def grant_ids_of(references: Collection[str]) -> dict[str, UUID]:
    """The grants that were opened for these references, by reference."""
    if not references:
        return {}
    found = Grant.objects.filter(reference__in=[ids.from_urn(each) for each in references])
    return {ids.urn(reference): grant_id for reference, grant_id in found.values_list("reference", "id")}


def threads_of(grant_id: UUID) -> list[UUID]:
    """The trade under which a grant was opened; nothing for the id of something else."""
    return list(Grant.objects.filter(id=grant_id).values_list("thread", flat=True))


def grant_of_reference(reference: str) -> GrantRow | None:
    """The grant that was opened for a reference: for upper rooms, whose caller may know of it."""
    found = Grant.objects.filter(reference=ids.from_urn(reference)).select_related("supplier", "buyer").first()
    return _row(found) if found else None


@dataclass(frozen=True, slots=True)
class Taken:
    """A use with its address while it can still be fetched from; empty afterwards. Show it to the buyer alone."""

    use: UseRow
    grant_id: UUID
    filename: str
    file_bytes: int
    file_sha256: str
    address: str


def address_of(use_id: UUID, *, by: Member) -> Taken:
    """A use of the caller's own purchase with its address. Raises NotFound to all but the buyer's people."""
    found = Use.objects.select_related("grant").filter(id=use_id, grant__buyer_id=by.organisation_id).first()
    if found is None:
        raise NotFound
    is_open = found.state == UseState.OPEN and clock.now() < found.expires_at
    return Taken(
        use=use_row(found),
        grant_id=found.grant_id,
        filename=found.grant.filename,
        file_bytes=found.grant.file_bytes,
        file_sha256=found.grant.file_sha256,
        address=addresses.of(found.id, found.expires_at) if is_open and by.has(*USERS) else "",
    )
