"""What waits for a member."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q, QuerySet

from market.kernel import clock
from market.notifications import kinds
from market.notifications.models import Task
from market.participants.members import Member

LIMIT = 100


@dataclass(frozen=True, slots=True)
class Waiting:
    """One entry of the inbox, in the reader's language."""

    id: UUID
    kind: str
    title: str
    url: str
    subject: UUID
    thread: UUID | None
    due_at: datetime | None
    created_at: datetime
    is_overdue: bool


def count(by: Member) -> int:
    """How many things wait for this member; the number beside 待办."""
    return _of(by).count()


def listing(by: Member, *, limit: int = LIMIT) -> list[Waiting]:
    """What waits for this member, the nearest deadline first; at most 100."""
    now = clock.now()
    rows = _of(by).order_by(F("due_at").asc(nulls_last=True), "created_at")[: min(limit, LIMIT)]
    return [
        Waiting(
            id=row.id,
            kind=row.kind,
            title=kinds.get(row.kind).sentence(row.params),
            url=kinds.get(row.kind).address(subject=row.subject, thread=row.thread),
            subject=row.subject,
            thread=row.thread,
            due_at=row.due_at,
            created_at=row.created_at,
            is_overdue=row.due_at is not None and row.due_at < now,
        )
        for row in rows
    ]


def _of(by: Member) -> QuerySet[Task]:
    mine = Q(roles=[]) | Q(roles__overlap=[str(role) for role in by.roles])
    return Task.objects.filter(mine, organisation_id=by.organisation_id, done_at=None)
