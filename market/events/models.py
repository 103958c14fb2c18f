"""The outbox: events that are leaves for ever, their erasable openings, and news on its way to upper rooms."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.lookups import LessThanOrEqual

from market.kernel.fields import IdentityField, TransactionIdField


class Event(models.Model):
    """One business fact, written in the transaction that made it true. Its body is the exact leaf."""

    APPEND_ONLY: ClassVar = True

    id = models.UUIDField(primary_key=True, editable=False)
    seq = IdentityField(unique=True)
    xid = TransactionIdField()
    kind = models.CharField(max_length=64)
    at = models.DateTimeField()
    body = models.BinaryField()

    class Meta:
        indexes = [
            models.Index(fields=["xid"], name="event_xid"),
            models.Index(fields=["kind", "-at"], name="event_kind_newest"),
        ]
        constraints = [
            # uint16 length prefix of a tlog-tiles entry bundle
            models.CheckConstraint(
                condition=LessThanOrEqual(
                    models.Func("body", function="octet_length", output_field=models.IntegerField()), 65_535
                ),
                name="event_fits_a_leaf",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Opening(models.Model):
    """Values and salts behind an event's commitments: the only rows of the log that may be deleted."""

    APPEND_ONLY: ClassVar = True
    ERASABLE: ClassVar = True

    event = models.OneToOneField(Event, on_delete=models.PROTECT, primary_key=True, related_name="opening")
    subject = models.UUIDField()
    thread = models.UUIDField(null=True)
    actor = models.CharField(max_length=80)
    parties = ArrayField(models.UUIDField(), default=list)  # organisations that may see the values
    fields = models.JSONField()  # {field: {"salt": hex, "value": …}}

    class Meta:
        indexes = [
            models.Index(fields=["subject"], name="opening_subject"),
            models.Index(fields=["thread"], name="opening_thread", condition=models.Q(thread__isnull=False)),
            models.Index(fields=["actor"], name="opening_actor"),
        ]

    def __str__(self) -> str:
        return f"opening of {self.event_id}"


class Dispatch(models.Model):
    """One piece of news for one subscriber, deleted when it has been told."""

    id = models.UUIDField(primary_key=True, editable=False)
    event_id = models.UUIDField()
    kind = models.CharField(max_length=64)
    subscriber = models.CharField(max_length=120)
    payload = models.JSONField()
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    last_error = models.TextField(default="")

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="dispatch_due")]

    def __str__(self) -> str:
        return f"{self.kind} → {self.subscriber}"
