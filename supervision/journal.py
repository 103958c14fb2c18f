"""The journal of what operators and officials did: who looked at what, when and why; who stopped and decided what.

It is read from the events themselves, so what it shows is what the log proves. Reading it changes nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from market.events.models import Event
from market.kernel import ids
from market.kernel.errors import Invalid
from market.participants.members import Member, OrganisationKind, Role
from market.participants.models import Organisation, Person

LOOKS: Final = ("party.looked", "party.look_refused")
MEASURES: Final = (
    "hold.placed", "hold.lifted", "order.proposed", "order.confirmed", "order.withdrawn",
    "erasure.proposed", "erasure.confirmed", "erasure.withdrawn", "certificate.revoked",
)  # fmt: skip
DECISIONS: Final = (
    "organisation.admitted",
    "admission.returned",
    "admission.rejected",
    "version.publicised",
    "version.returned",
    "version.rejected",
    "listing.published",
    "listing.delisted",
)
ACTS: Final = LOOKS + MEASURES + DECISIONS
LIMIT: Final = 1_000
NAMED_MAX: Final = 100  # people and organisations that one word may mean
_ENVELOPE: Final = frozenset({"subject", "actor", "thread"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One act of an operator's or authority's member, with the openings that the reader may see."""

    id: UUID
    kind: str
    at: datetime
    actor: str
    actor_name: str
    acting_for: str  # the operator or the authority, where the event names it
    subject: str
    thread: str | None
    values: dict[str, Any]


def entries(
    by: Member,
    *,
    kinds: Collection[str] = ACTS,
    subject: UUID | None = None,
    who: str = "",
    since: datetime | None = None,
    before: datetime | None = None,
    limit: int = 50,
) -> list[Entry]:
    """Acts that this reader may see, newest first; at most 1,000. before: go on from the last one's time.

    who: words of a person's or an organisation's name, or its code: whoever acted, or whom it was about.

    An auditor sees all, a data authority those about parties of its district and sector, everybody else of the
    operator and authorities their own; a party those about its own files. Raises Invalid for kinds that are no acts.
    """
    foreign = set(kinds) - set(ACTS)
    if foreign:
        raise Invalid.field("kinds", ", ".join(sorted(foreign)), ", ".join(ACTS))
    count = max(1, min(limit, LIMIT))
    visible = _visible(by)
    if subject is not None:
        visible &= Q(opening__subject=subject) | Q(opening__thread=subject)
    if who.strip():
        visible &= _concerning(who.strip())
    if since is not None:
        visible &= Q(at__gte=since)
    if before is not None:
        visible &= Q(at__lt=before)
    return _entries(newest(visible, kinds, count))


def newest(visible: Q, kinds: Collection[str], limit: int) -> QuerySet[Event, tuple[Any, ...]]:
    """The newest events of some kinds: one short index scan for each kind, then merged."""
    parts = [
        Event.objects.filter(visible, kind=kind)
        .order_by("-at")
        .values_list(
            "id",
            "kind",
            "at",
            "opening__subject",
            "opening__thread",
            "opening__actor",
            "opening__parties",
            "opening__fields",
        )[:limit]
        for kind in sorted(kinds)
    ]
    first, *others = parts
    return first.union(*others, all=True).order_by("-at")[:limit] if others else first


def _visible(by: Member) -> Q:
    """Which openings the reader may see (regulation.md §2.15, the row on the audit log)."""
    if by.has(Role.AUDITOR) or (by.is_seat and by.has(Role.REGULATOR_DATA)):
        if not by.district and not by.sector:
            return Q()
        return Q(opening__parties__overlap=_within(by)) | Q(opening__actor=by.urn)
    if by.is_seat:
        return Q(opening__actor=by.urn)
    return Q(opening__parties__contains=[by.organisation_id])


def _concerning(words: str) -> Q:
    """Openings that a person of this name acted in, or that an organisation of this name or code was told of."""
    people = Person.objects.filter(name__icontains=words).values_list("id", flat=True)
    firms = Organisation.objects.filter(Q(name__icontains=words) | Q(uscc__iexact=words)).values_list("id", flat=True)
    urns = [ids.urn(person) for person in people[:NAMED_MAX]]
    return Q(opening__actor__in=urns) | Q(opening__parties__overlap=list(firms[:NAMED_MAX]))


def _within(by: Member) -> list[UUID]:
    found = Organisation.objects.filter(district__startswith=by.district)
    if by.sector:
        found = found.filter(sector=by.sector)
    return list(found.values_list("id", flat=True))


def _entries(rows: QuerySet[Event, tuple[Any, ...]]) -> list[Entry]:
    found = list(rows)
    people = {ids.from_urn(row[5]) for row in found if row[5].startswith("urn:uuid:")}
    names = {ids.urn(person.id): str(person) for person in Person.objects.filter(id__in=people)}
    told = {party for row in found for party in row[6]}
    seats = dict(
        Organisation.objects.filter(
            id__in=told, kind__in=[OrganisationKind.OPERATOR, OrganisationKind.AUTHORITY]
        ).values_list("id", "name")
    )
    return [
        Entry(
            id=event_id,
            kind=kind,
            at=at,
            actor=actor,
            actor_name=names.get(actor, ""),
            acting_for=", ".join(sorted(seats[party] for party in parties if party in seats)),
            subject=ids.urn(subject),
            thread=ids.urn(thread) if thread else None,
            values={name: opening["value"] for name, opening in fields.items() if name not in _ENVELOPE},
        )
        for event_id, kind, at, subject, thread, actor, parties, fields in found
    ]
