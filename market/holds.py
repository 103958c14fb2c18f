"""The operator's or an authority's stop. Every verb checks; no step slips past a hold that is being placed."""

from collections.abc import Iterable
from http import HTTPStatus
from uuid import UUID

from django.db import connection, models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from market.events import outbox
from market.kernel import clock, ids
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
    placed_by = models.CharField(max_length=80)
    placed_at = models.DateTimeField()
    lifted_by = models.CharField(max_length=80, default="")
    lifted_at = models.DateTimeField(null=True)
    lift_reason = models.TextField(default="")

    class Meta:
        app_label = "market"
        constraints = [
            models.UniqueConstraint(
                fields=["subject"],
                condition=models.Q(lifted_at__isnull=True),
                name="hold_one_active_per_subject",
            ),
            models.CheckConstraint(condition=models.Q(scope__in=Scope.values), name="hold_scope_known"),
        ]
        indexes = [models.Index(fields=["-placed_at"], name="hold_newest")]

    def __str__(self) -> str:
        return f"hold on {self.scope} {self.subject}"


class Held(MarketError):
    """A hold stops this step; it goes on by itself or can be tried again once the hold is lifted."""

    status = HTTPStatus.LOCKED
    title = _("A hold stops this step")


class AlreadyHeld(Conflict):
    """There is an active hold on this subject."""

    title = _("Already on hold")


def _key(subject: UUID) -> int:
    """The advisory lock number of a subject: the random half of its id, as a signed 64-bit number."""
    return int.from_bytes(subject.bytes[8:], "big", signed=True)


def check(*subjects: str | UUID | None) -> None:
    """Refuse the step while any of the subjects is held. Call after the row locks, before the change.

    The shared lock is a statement of its own, so that the look-up behind it sees a hold that was being placed.
    Raises Held. Locks last until the transaction ends.
    """
    found = sorted({ids.from_urn(each) if isinstance(each, str) else each for each in subjects if each})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock_shared(k) FROM unnest(%s::bigint[]) AS k",
            [sorted(_key(subject) for subject in found)],
        )
        cursor.execute(
            "SELECT id, scope, reason, legal_basis FROM market_hold WHERE lifted_at IS NULL AND subject = ANY(%s) LIMIT 1",
            [found],
        )
        row = cursor.fetchone()
    if row:
        raise Held(
            _t("On hold (%(scope)s): %(reason)s. Basis: %(basis)s.")
            % {"scope": Scope(row[1]).label, "reason": row[2], "basis": row[3]},
            hold=ids.urn(row[0]),
        )


def active(subjects: Iterable[UUID]) -> list[Hold]:
    """The active holds on any of the subjects, without locks: for pages and for running downloads."""
    return list(Hold.objects.filter(subject__in=set(subjects), lifted_at__isnull=True))


@verb("hold.placed")
def place(subject: str, *, scope: Scope, reason: str, legal_basis: str, by: Actor) -> Hold:
    """Stop every next step on a subject. Waits for steps already under way. Raises Invalid, AlreadyHeld."""
    by.require(Role.APPROVER, Role.REVIEWER)
    for name, value in (("reason", reason), ("legal_basis", legal_basis)):
        if not value.strip():
            raise Invalid.field(name, _t("is empty"), _t("say why, and on which article or rule it rests"))
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
        placed_by=by.urn,
        placed_at=clock.now(),
    )
    outbox.record(
        "hold.placed",
        subject=subject,
        actor=by.urn,
        scope=str(scope),
        hold=ids.urn(hold.id),
        reason=reason,
        legal_basis=legal_basis,
    )
    return hold


@verb("hold.lifted")
def lift(hold_id: UUID, *, reason: str, by: Actor) -> Hold:
    """End a hold; what it had stopped is tried again at once. Raises NotFound, Conflict."""
    by.require(Role.APPROVER, Role.REVIEWER)
    if not reason.strip():
        raise Invalid.field("reason", _t("is empty"), _t("say why the hold may end"))
    hold = Hold.objects.select_for_update(no_key=True).filter(id=hold_id).first()
    if hold is None:
        raise NotFound
    if hold.lifted_at is not None:
        raise Conflict(_t("This hold was lifted already."))
    hold.lifted_by, hold.lifted_at, hold.lift_reason = by.urn, clock.now(), reason.strip()
    hold.save(update_fields=["lifted_by", "lifted_at", "lift_reason"])
    outbox.record(
        "hold.lifted",
        subject=ids.urn(hold.subject),
        actor=by.urn,
        scope=hold.scope,
        hold=ids.urn(hold.id),
        reason=reason,
    )
    return hold
