"""The operator's live view: what waits, what stands still, and what has just happened."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Min, Q

from market.events.kinds import KINDS
from market.events.models import Dispatch, Event
from market.holds import Hold, Scope
from market.kernel import canonical_json, clock, ids
from market.kernel.errors import Invalid
from market.notifications.models import Mail
from market.participants.members import AUTHORITY_ROLES, OPERATOR_ROLES, Member
from market.participants.models import Admission, Person
from market.participants.states import AdmissionState
from supervision.models import Order
from supervision.states import OrderState

DAY: Final = timedelta(hours=24)
LIMIT: Final = 100
# What the operator sees of an event besides kind, time and names: never prices, terms or contents (§2.15).
SHOWN: Final = frozenset({"number", "scope", "hold", "case", "state", "n", "does", "complete", "by_silence"})


@dataclass(frozen=True, slots=True)
class Overview:
    """Counters with the moment they were taken."""

    at: datetime
    events_24h: dict[str, int]  # by kind
    admissions_waiting: int
    admissions_overdue: int
    holds_active: dict[str, int]  # by scope
    orders_open: int
    news_waiting: int
    news_oldest_s: float
    letters_waiting: int
    letters_given_up: int


@dataclass(frozen=True, slots=True)
class Happening:
    """One event as the operator may see it."""

    id: UUID
    kind: str
    at: datetime
    subject: str | None  # None once the opening was erased
    thread: str | None
    values: dict[str, Any]


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


def overview(by: Member) -> Overview:
    """The counters of the live view. Raises NotAllowed for anybody but seats of the operator and authorities."""
    by.require(*OPERATOR_ROLES, *AUTHORITY_ROLES)
    now = clock.now()
    events = Event.objects.filter(kind__in=list(KINDS), at__gte=now - DAY)
    waiting = Admission.objects.filter(state=AdmissionState.SUBMITTED)
    news = Dispatch.objects.aggregate(waiting=Count("id"), oldest=Min("due_at", filter=Q(due_at__lt=now)))
    letters = Mail.objects.filter(sent_at__isnull=True).aggregate(
        waiting=Count("id", filter=Q(given_up_at__isnull=True)),
        given_up=Count("id", filter=Q(given_up_at__isnull=False)),
    )
    return Overview(
        at=now,
        events_24h=dict(events.values_list("kind").annotate(n=Count("id")).order_by("kind")),
        admissions_waiting=waiting.count(),
        admissions_overdue=waiting.filter(review_due_at__lt=now).count(),
        holds_active=dict(
            Hold.objects.filter(lifted_at__isnull=True).values_list("scope").annotate(n=Count("id")).order_by("scope")
        ),
        orders_open=Order.objects.filter(state=OrderState.PROPOSED).count(),
        news_waiting=news["waiting"],
        news_oldest_s=round((now - news["oldest"]).total_seconds(), 1) if news["oldest"] else 0.0,
        letters_waiting=letters["waiting"],
        letters_given_up=letters["given_up"],
    )


def latest(by: Member, *, kinds: Collection[str] = (), limit: int = 50) -> list[Happening]:
    """The latest events, newest first, of some kinds or of all; at most 100.

    For the operator: kind, time, names and numbers, never what parties agreed. Raises NotAllowed, Invalid.
    """
    by.require(*OPERATOR_ROLES)
    foreign = set(kinds) - set(KINDS)
    if foreign:
        raise Invalid.field("kinds", ", ".join(sorted(foreign)), ", ".join(sorted(KINDS)))
    count = max(1, min(limit, LIMIT))
    columns = ("id", "kind", "at", "body", "opening__subject", "opening__thread", "opening__fields")
    if kinds:
        first, *others = [
            Event.objects.filter(kind=kind).order_by("-at").values_list(*columns)[:count] for kind in sorted(kinds)
        ]
        rows = first.union(*others, all=True).order_by("-at")[:count] if others else first
    else:
        rows = Event.objects.order_by("-seq").values_list(*columns)[:count]
    return [
        Happening(
            id=event_id,
            kind=kind,
            at=at,
            subject=ids.urn(subject) if subject else None,
            thread=ids.urn(thread) if thread else None,
            values=canonical_json.loads(bytes(body))["public"]
            | {name: each["value"] for name, each in (fields or {}).items() if name in SHOWN},
        )
        for event_id, kind, at, body, subject, thread, fields in rows
    ]


def holds_active(by: Member, *, scope: Scope | None = None) -> list[ActiveHold]:
    """The holds that stand, newest first; at most 100. Raises NotAllowed."""
    by.require(*OPERATOR_ROLES, *AUTHORITY_ROLES)
    found = Hold.objects.filter(lifted_at__isnull=True)
    if scope is not None:
        found = found.filter(scope=scope)
    rows = list(found.order_by("-placed_at")[:LIMIT])
    people = {ids.from_urn(row.placed_by) for row in rows}
    names = {ids.urn(person.id): str(person) for person in Person.objects.filter(id__in=people)}
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


def orders_open(by: Member) -> list[Order]:
    """The orders that wait for a second person, oldest first; at most 100. Raises NotAllowed."""
    by.require(*OPERATOR_ROLES)
    return list(Order.objects.filter(state=OrderState.PROPOSED).order_by("proposed_at")[:LIMIT])
