"""The inbox: opened and closed by subscribers, told by letter to those whose turn it is."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils import translation

from market import rules
from market.kernel import clock
from market.notifications import kinds, mail, texts
from market.notifications.models import Task
from market.participants.members import Role
from market.participants.models import Membership

READERS_MAX: Final = 50  # letters for one task; the inbox itself shows it to all
_LOCK_SPACE: Final = 0x746F646F  # first half of a two-part advisory lock, so that holds' locks are never meant
_BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is: an organisation, the roles that can do it, what, and until when."""

    kind: str
    organisation_id: UUID
    roles: Collection[Role] = ()
    params: dict[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None


def follow(subject: UUID, turns: Callable[[], Iterable[Turn]], *, thread: UUID | None = None) -> None:
    """Make a subject's open tasks exactly those that `turns` answers; whoever is newly asked gets a letter.

    `turns` is asked under the subject's lock, so that of two tellers at once the later one sees the newer state.
    """
    with transaction.atomic():
        _lock(subject)
        wanted = {(turn.organisation_id, turn.kind): turn for turn in turns()}
        present = {
            (task.organisation_id, task.kind): task for task in Task.objects.filter(subject=subject, done_at=None)
        }
        over = [task.id for key, task in present.items() if key not in wanted]
        if over:
            Task.objects.filter(id__in=over).update(done_at=clock.now())
        for key, turn in wanted.items():
            _ensure(present.get(key), turn, subject, thread)


def open(turn: Turn, *, subject: UUID, thread: UUID | None = None) -> None:
    """Open one task unless it is open. Right only inside the transaction that makes it true; else use `follow`."""
    with transaction.atomic():
        _lock(subject)
        present = Task.objects.filter(
            subject=subject, kind=turn.kind, organisation_id=turn.organisation_id, done_at=None
        ).first()
        _ensure(present, turn, subject, thread)


def done(subject: UUID, kind: str | None = None) -> int:
    """Close a subject's open tasks, all or of one kind; returns how many were open."""
    found = Task.objects.filter(subject=subject, done_at=None)
    return (found.filter(kind=kind) if kind else found).update(done_at=clock.now())


def notify(event_id: UUID, turn: Turn, *, subject: UUID, thread: UUID | None = None) -> None:
    """Write a letter, once for each event, about something that asks nothing of its readers: no task is opened."""
    _write_letters(
        Task(organisation_id=turn.organisation_id, **_columns(turn), subject=subject, thread=thread), event_id
    )


def remind() -> int:
    """Write a reminder, once, for each open task that is due soon (rule notification.remind_hours)."""
    ahead = timedelta(hours=rules.current("notification.remind_hours").value["hours"])
    reminded = 0
    while True:
        now = clock.now()
        with transaction.atomic(durable=True):
            tasks = list(
                Task.objects.select_for_update(skip_locked=True, no_key=True)
                .filter(done_at=None, reminded_at=None, due_at__gt=now, due_at__lte=now + ahead)
                .order_by("due_at")[:_BATCH]
            )
            Task.objects.filter(id__in=[task.id for task in tasks]).update(reminded_at=now)
            for task in tasks:
                _write_letters(task, is_reminder=True)
        reminded += len(tasks)
        if len(tasks) < _BATCH:
            return reminded


def _lock(subject: UUID) -> None:
    with connection.cursor() as cursor:
        low = int.from_bytes(subject.bytes[12:], "big", signed=True)
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_SPACE, low])


def _ensure(present: Task | None, turn: Turn, subject: UUID, thread: UUID | None) -> None:
    columns = _columns(turn)
    if present is not None:
        changed = [name for name, value in columns.items() if getattr(present, name) != value]
        for name in changed:
            setattr(present, name, columns[name])
        if changed:
            present.save(update_fields=changed)
        return
    now = clock.now()
    ahead = timedelta(hours=rules.current("notification.remind_hours").value["hours"])
    is_due_soon = turn.due_at is not None and turn.due_at <= now + ahead
    task = Task.objects.create(
        organisation_id=turn.organisation_id,
        **columns,
        subject=subject,
        thread=thread,
        created_at=now,
        reminded_at=now if is_due_soon else None,  # the first letter is the reminder
    )
    _write_letters(task)


def _columns(turn: Turn) -> dict[str, Any]:
    kinds.get(turn.kind).sentence(turn.params)  # a sentence with a missing part must fail here, not on a page
    roles = sorted(str(role) for role in turn.roles)
    return {"kind": turn.kind, "roles": roles, "params": turn.params, "due_at": turn.due_at}


def _write_letters(task: Task, event_id: UUID | None = None, *, is_reminder: bool = False) -> None:
    kind = kinds.get(task.kind)
    readers = Membership.objects.filter(
        organisation_id=task.organisation_id, ended_at__isnull=True, person__is_active=True
    )
    if task.roles:
        readers = readers.filter(roles__overlap=task.roles)
    for address, language in readers.order_by("created_at").values_list("person__email", "person__language")[
        :READERS_MAX
    ]:
        with translation.override(language):
            title = kind.sentence(task.params)
        letter = texts.task(
            language,
            title=title,
            path=kind.address(subject=task.subject, thread=task.thread),
            due_at=task.due_at,
            is_reminder=is_reminder,
        )
        mail.post(to=address, message=letter, once=event_id)
