"""What people write into the journal by hand, always two of them, and the periods into which nothing is written."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from market.kernel import clock, ids
from settlement.models.banking import StatementLine
from settlement.models.journal import Transfer
from settlement.states import BookingKind, BookingState, PeriodState


class Booking(models.Model):
    """One entry that a person proposes, with reason and document, and another one books or refuses."""

    APPEND_ONLY: ClassVar = True
    CHANGEABLE: ClassVar = ("state", "decided_by", "decided_at", "decision", "made_id")

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    kind = models.CharField(max_length=12, choices=BookingKind)
    line = models.ForeignKey(StatementLine, null=True, on_delete=models.PROTECT, related_name="bookings")
    reverses = models.ForeignKey(Transfer, null=True, on_delete=models.PROTECT, related_name="reversals")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    booked_on = models.DateField(null=True)  # null: the day of the second person's approval
    reason = models.CharField(max_length=200)
    document = models.CharField(max_length=120)  # where the paper lies: a file number, a slip's number
    state = models.CharField(max_length=12, choices=BookingState, default=BookingState.PROPOSED)
    proposed_by = models.CharField(max_length=80)
    proposed_at = models.DateTimeField(default=clock.now)
    decided_by = models.CharField(max_length=80, default="")
    decided_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=200, default="")  # why it was refused
    made = models.OneToOneField(Transfer, null=True, on_delete=models.PROTECT, related_name="booking")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=BookingState.values), name="booking_state_known"),
            models.CheckConstraint(condition=Q(kind__in=BookingKind.values), name="booking_kind_known"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="booking_has_an_amount"),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(document=""), name="booking_says_why_and_whence"),
            models.CheckConstraint(
                condition=Q(kind="reversal", reverses__isnull=False, line__isnull=True)
                | (~Q(kind="reversal") & Q(line__isnull=False, reverses__isnull=True)),
                name="booking_is_about_one_thing",
            ),
            models.CheckConstraint(condition=~Q(decided_by=F("proposed_by")), name="booking_takes_two_people"),
            models.CheckConstraint(
                condition=Q(state="booked", made__isnull=False) | (~Q(state="booked") & Q(made__isnull=True)),
                name="booking_booked_has_its_transfer",
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_by="", decided_at__isnull=True)
                | (~Q(state="proposed") & ~Q(decided_by="") & Q(decided_at__isnull=False)),
                name="booking_decided_by_somebody",
            ),
            models.UniqueConstraint(fields=["line"], condition=Q(state="proposed"), name="booking_one_open_per_line"),
            models.UniqueConstraint(
                fields=["reverses"], condition=Q(state="proposed"), name="booking_one_open_per_transfer"
            ),
        ]
        indexes = [models.Index(fields=["state", "id"], name="booking_queue")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def urn(self) -> str:
        """The name by which events know it."""
        return ids.urn(self.id)


class AccountingPeriod(models.Model):
    """A calendar month that was closed at least once; a month without a row is open."""

    APPEND_ONLY: ClassVar = True
    CHANGEABLE: ClassVar = (
        "state", "closed_by", "closed_at", "transfers", "trial_sha256", "asked_by", "asked_at", "reason", "document",
        "reopened_by", "reopened_at",
    )  # fmt: skip

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    first_on = models.DateField(unique=True)
    last_on = models.DateField()
    state = models.CharField(max_length=8, choices=PeriodState, default=PeriodState.CLOSED)
    closed_by = models.CharField(max_length=80)
    closed_at = models.DateTimeField()
    transfers = models.PositiveBigIntegerField()  # booked in the month
    trial_sha256 = models.CharField(max_length=64)  # of the trial balance at its end, as canonical JSON
    asked_by = models.CharField(max_length=80, default="")
    asked_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, default="")
    document = models.CharField(max_length=120, default="")
    reopened_by = models.CharField(max_length=80, default="")
    reopened_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=PeriodState.values), name="accounting_period_state_known"),
            models.CheckConstraint(condition=Q(last_on__gt=F("first_on")), name="accounting_period_has_days"),
            models.CheckConstraint(
                condition=Q(reopened_by="") | ~Q(reopened_by=F("asked_by")),
                name="accounting_period_reopened_by_two_people",
            ),
            models.CheckConstraint(
                condition=Q(state="closed") | (~Q(asked_by="") & ~Q(reason="") & ~Q(document="")),
                name="accounting_period_reopened_with_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state="open") | ~Q(reopened_by=""), name="accounting_period_open_has_its_second"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_on:%Y-%m}"

    @property
    def urn(self) -> str:
        """The name by which events know it."""
        return ids.urn(self.id)
