"""The operator's or an authority's stop. Every verb checks; no step slips past a hold that is being placed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import ClassVar, Final
from uuid import UUID

from django.db import connection, models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from market.events import outbox
from market.kernel import clock, ids, prepared
from market.kernel.errors import Conflict, Invalid, MarketError, NotFound
from market.participants.members import Actor, Role
from market.verbs import verb


class Scope(models.TextChoices):
    """What a hold may stand on."""

    PARTY = "party", _("party")
    LISTING = "listing", _("listing")
    TRADE = "trade", _("trade")
    DELIVERY = "delivery", _("delivery")


class Hold(models.Model):
    """One stop on one subject, from its placing to its lifting."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    subject = models.UUIDField()
    scope = models.CharField(max_length=16, choices=Scope)
    reason = models.TextField()
    legal_basis = models.CharField(max_length=200)
    proposed_by = models.CharField(max_length=80, default="")  # of two persons, the one who asked for it
    placed_by = models.CharField(max_length=80)
    placed_at = models.DateTimeField()
    lift_proposed_by = models.CharField(max_length=80, default="")
    lifted_by = models.CharField(max_length=80, default="")
    lifted_at = models.DateTimeField(null=True)
    lift_reason = models.TextField(default="")

    APPEND_ONLY: ClassVar = True  # a hold is never removed; it can only be lifted
    CHANGEABLE: ClassVar = ("lift_proposed_by", "lifted_by", "lifted_at", "lift_reason")

    class Meta:
        app_label = "market"
        constraints = [
            models.UniqueConstraint(
                fields=["subject"],
                condition=models.Q(lifted_at__isnull=True),
                name="hold_one_active_per_subject",
            ),
            models.CheckConstraint(condition=models.Q(scope__in=Scope.values), name="hold_scope_known"),
            models.CheckConstraint(
                condition=~models.Q(scope=Scope.PARTY)
                | (~models.Q(proposed_by="") & ~models.Q(proposed_by=models.F("placed_by"))),
                name="hold_on_a_party_takes_two",
            ),
            models.CheckConstraint(
                condition=models.Q(lifted_by="")
                | ~models.Q(lifted_by=models.F("placed_by"))
                | (~models.Q(lift_proposed_by="") & ~models.Q(lift_proposed_by=models.F("lifted_by"))),
                name="hold_not_lifted_by_its_placer_alone",
            ),
        ]
        indexes = [models.Index(fields=["-placed_at"], name="hold_newest")]

    def __str__(self) -> str:
        return f"hold on {self.scope} {self.subject}"


class Held(MarketError):
    """A hold stops this step; it goes on by itself or can be tried again once the hold is lifted."""

    status = HTTPStatus.LOCKED
    title = _("A hold stops this step")


class TwoPersons(Conflict):
    """A measure on a whole party, and the end of one's own measure, take two persons."""

    title = _("A second person is needed")


class AlreadyHeld(Conflict):
    """There is an active hold on this subject."""

    title = _("Already on hold")


def _key(subject: UUID) -> int:
    """The advisory lock number of a subject: the random half of its id, as a signed 64-bit number."""
    return int.from_bytes(subject.bytes[8:], "big", signed=True)


_LOCK: Final = "SELECT pg_advisory_xact_lock_shared(k) FROM unnest(%s::bigint[]) AS k"
_LOOK: Final = """
SELECT id, scope, reason, legal_basis FROM market_hold WHERE lifted_at IS NULL AND subject = ANY(%s::uuid[]) LIMIT 1
"""


def check(*subjects: str | UUID | None) -> None:
    """Refuse the step while any of the subjects is held. Call after the row locks, before the change.

    The shared lock is a statement of its own, so that the look-up behind it sees a hold that was being placed.
    Raises Held. Locks last until the transaction ends, so within a verb each subject is asked once.
    """
    asked = outbox.asked()
    found = sorted({ids.from_urn(each) if isinstance(each, str) else each for each in subjects if each} - asked)
    if not found:
        return
    prepared.run(_LOCK, [sorted(_key(subject) for subject in found)])
    if row := prepared.run(_LOOK, [found]).fetchone():
        raise refusal(Hold(id=row[0], scope=row[1], reason=row[2], legal_basis=row[3]))
    asked.update(found)


def refusal(hold: Hold) -> Held:
    """What a step hears that this hold stops."""
    said = _t("On hold (%(scope)s): %(reason)s. Basis: %(basis)s.")
    return Held(
        said % {"scope": Scope(hold.scope).label, "reason": hold.reason, "basis": hold.legal_basis},
        hold=ids.urn(hold.id),
    )


def active(subjects: Iterable[UUID]) -> list[Hold]:
    """The active holds on any of the subjects, without locks: for pages and for running downloads."""
    return list(Hold.objects.filter(subject__in=set(subjects), lifted_at__isnull=True))


Stretch = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Standstill:
    """When subjects were on hold, up to now: no deadline runs meanwhile, so this time is given back."""

    by_subject: Mapping[UUID, list[Stretch]]

    def moved(self, due_at: datetime, *, since: datetime, subjects: Iterable[UUID]) -> datetime:
        """A deadline that runs since a moment, with every stretch in which it stood still added once.

        A hold that was placed when the time was over already adds nothing.
        """
        for begins_at, ends_at in self._stretches(since, subjects):
            if begins_at >= due_at:
                break
            due_at += ends_at - begins_at
        return due_at

    def lasted(self, *, since: datetime, until: datetime, subjects: Iterable[UUID]) -> timedelta:
        """How long any of the subjects was on hold between two moments."""
        stretches = [(begins, min(ends, until)) for begins, ends in self._stretches(since, subjects) if begins < until]
        return sum((ends - begins for begins, ends in stretches), timedelta())

    def _stretches(self, since: datetime, subjects: Iterable[UUID]) -> list[Stretch]:
        """The stretches on any of the subjects from `since` on, in order, overlapping ones as one."""
        found = sorted(stretch for subject in set(subjects) for stretch in self.by_subject.get(subject, ()))
        joined: list[Stretch] = []
        for begins_at, ends_at in found:
            if ends_at <= since:
                continue
            begins_at = max(begins_at, since)
            if joined and begins_at <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(joined[-1][1], ends_at))
            else:
                joined.append((begins_at, ends_at))
        return joined


def standstill(subjects: Iterable[UUID]) -> Standstill:
    """When each of the subjects was on hold, one query for all; a hold that stands has lasted until now."""
    now = clock.now()
    by_subject: dict[UUID, list[Stretch]] = {}
    found = Hold.objects.filter(subject__in=set(subjects)).order_by("placed_at")
    for subject, placed_at, lifted_at in found.values_list("subject", "placed_at", "lifted_at"):
        by_subject.setdefault(subject, []).append((placed_at, lifted_at or now))
    return Standstill(by_subject)


def among(subjects: Iterable[UUID]) -> set[UUID]:
    """Which of the subjects are held, without locks: for lists, where the reason is a click away."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT subject FROM market_hold WHERE lifted_at IS NULL AND subject = ANY(%s)", [list(set(subjects))]
        )
        return {subject for (subject,) in cursor.fetchall()}


@verb("hold.placed")
def place(
    subject: str,
    *,
    scope: Scope,
    reason: str,
    legal_basis: str,
    proposed_by: str = "",
    parties: Iterable[UUID] = (),
    by: Actor,
) -> Hold:
    """Stop every next step on a subject. Waits for steps already under way.

    proposed_by: for a party, the other person who asked for it (urn); supervision.orders keeps such proposals.
    parties: organisations that learn why. Raises Invalid, TwoPersons, AlreadyHeld.
    """
    by.require(Role.APPROVER, Role.REVIEWER)
    for name, value in (("reason", reason), ("legal_basis", legal_basis)):
        if not value.strip():
            raise Invalid.field(name, _t("is empty"), _t("say why, and on which article or rule it rests"))
    if scope == Scope.PARTY and proposed_by in {"", by.urn}:
        raise TwoPersons(_t("A hold on a party is proposed by one person and placed by another."))
    identifier = ids.from_urn(subject)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_key(identifier)])
    if Hold.objects.filter(subject=identifier, lifted_at__isnull=True).exists():
        raise AlreadyHeld
    hold = Hold.objects.create(
        subject=identifier,
        scope=scope,
        reason=reason.strip(),
        legal_basis=legal_basis.strip(),
        proposed_by=proposed_by,
        placed_by=by.urn,
        placed_at=clock.now(),
    )
    outbox.record(
        "hold.placed",
        subject=subject,
        actor=by.urn,
        parties=parties,
        scope=str(scope),
        hold=ids.urn(hold.id),
        reason=hold.reason,
        legal_basis=hold.legal_basis,
        proposed_by=proposed_by,
    )
    return hold


@verb("hold.lifted")
def lift(hold_id: UUID, *, reason: str, proposed_by: str = "", parties: Iterable[UUID] = (), by: Actor) -> Hold:
    """End a hold; what it had stopped is tried again at once. Never by its placer alone, on a party never by one.

    proposed_by, parties: as in `place`. Raises NotFound, Invalid, TwoPersons, Conflict.
    """
    by.require(Role.APPROVER, Role.REVIEWER)
    if not reason.strip():
        raise Invalid.field("reason", _t("is empty"), _t("say why the hold may end"))
    hold = Hold.objects.select_for_update(no_key=True).filter(id=hold_id).first()
    if hold is None:
        raise NotFound
    if hold.lifted_at is not None:
        raise Conflict(_t("This hold was lifted already."))
    needs_two = hold.scope == Scope.PARTY or hold.placed_by == by.urn
    if needs_two and proposed_by in {"", by.urn}:
        raise TwoPersons(_t("Another person has to ask for it or to confirm it."))
    hold.lift_proposed_by, hold.lifted_by = proposed_by, by.urn
    hold.lifted_at, hold.lift_reason = clock.now(), reason.strip()
    hold.save(update_fields=["lift_proposed_by", "lifted_by", "lifted_at", "lift_reason"])
    outbox.record(
        "hold.lifted",
        subject=ids.urn(hold.subject),
        actor=by.urn,
        parties=parties,
        scope=hold.scope,
        hold=ids.urn(hold.id),
        reason=hold.lift_reason,
        proposed_by=proposed_by,
    )
    return hold
