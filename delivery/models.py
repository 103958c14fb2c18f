"""What may be fetched under a signed agreement, each time that it was, and how much left."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from delivery.states import GrantState, UseState
from market.kernel import clock, ids
from market.kernel.fields import MultirangeField
from market.participants.models import Organisation


class Grant(models.Model):
    """One file of one version, open to one buyer under one signed agreement. Its terms never change.

    `reference` (the period) and `thread` (the trade) are opaque here: an upper room's names.
    """

    APPEND_ONLY: ClassVar = True
    CHANGEABLE: ClassVar = ("use_count", "state", "closed_at", "close_reason")

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    reference = models.UUIDField()
    thread = models.UUIDField()
    supplier = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    buyer = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    version = models.UUIDField()
    agreement = models.UUIDField()
    agreement_sha256 = models.CharField(max_length=64)
    storage_key = models.CharField(max_length=200)
    filename = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    file_bytes = models.BigIntegerField()
    file_sha256 = models.CharField(max_length=64)
    policy = models.JSONField()  # as it was signed
    agreed_at = models.DateTimeField()
    opened_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True)  # the end of the term where the policy has one
    use_count = models.PositiveIntegerField(default=0)  # uses taken, also those never fetched
    state = models.CharField(max_length=8, choices=GrantState, default=GrantState.OPEN)
    closed_at = models.DateTimeField(null=True)
    close_reason = models.CharField(max_length=200, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference", "file_sha256"], name="grant_one_per_reference_and_file"),
            models.CheckConstraint(condition=Q(state__in=GrantState.values), name="grant_state_known"),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False) | Q(state="open", closed_at__isnull=True),
                name="grant_closed_at_some_time",
            ),
            models.CheckConstraint(condition=~Q(supplier=F("buyer")), name="grant_never_to_oneself"),
            models.CheckConstraint(condition=Q(file_bytes__gte=0), name="grant_file_has_a_size"),
            models.CheckConstraint(
                condition=Q(file_sha256__regex=r"^[0-9a-f]{64}$") & Q(agreement_sha256__regex=r"^[0-9a-f]{64}$"),
                name="grant_hashes_are_sha256",
            ),
        ]
        indexes = [
            models.Index(fields=["buyer", "-opened_at"], name="grant_of_buyer"),
            models.Index(fields=["supplier", "-opened_at"], name="grant_of_supplier"),
            models.Index(fields=["agreement"], name="grant_of_agreement"),
            models.Index(fields=["thread"], name="grant_of_thread"),
        ]

    def __str__(self) -> str:
        return f"grant of {self.filename} to {self.buyer_id}"

    @property
    def urn(self) -> str:
        """The name by which events and holds know it."""
        return ids.urn(self.id)


class Use(models.Model):
    """One counted access: opened once, any range of the file for some minutes, closed with the sum."""

    APPEND_ONLY: ClassVar = True
    CHANGEABLE: ClassVar = ("state", "bytes_sent", "ranges", "covered", "last_range_at", "closed_at", "is_complete")

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="uses")
    number = models.PositiveIntegerField()  # 1 for the first use under the grant
    opened_by = models.UUIDField()  # the person
    purpose = models.CharField(max_length=200, default="", blank=True)
    recipient = models.CharField(max_length=200)  # urn of the organisation that will hold the data
    key = models.CharField(max_length=80, default="", blank=True)  # the caller's own name for the request
    state = models.CharField(max_length=8, choices=UseState, default=UseState.OPEN)
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    bytes_sent = models.BigIntegerField(default=0)
    ranges = models.PositiveIntegerField(default=0)
    covered = MultirangeField(default=list)  # which bytes of the file have left
    last_range_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    is_complete = models.BooleanField(default=False)  # every byte has left at least once

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["grant", "number"], name="use_one_per_number"),
            models.UniqueConstraint(fields=["grant", "key"], condition=~Q(key=""), name="use_one_per_key"),
            models.CheckConstraint(condition=Q(state__in=UseState.values), name="use_state_known"),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False) | Q(state="open", closed_at__isnull=True),
                name="use_closed_at_some_time",
            ),
            models.CheckConstraint(condition=Q(bytes_sent__gte=0), name="use_bytes_not_negative"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("opened_at")), name="use_lasts"),
        ]
        indexes = [models.Index(fields=["expires_at"], condition=Q(state="open"), name="use_open_until")]

    def __str__(self) -> str:
        return f"use {self.number} of {self.grant_id}"

    @property
    def urn(self) -> str:
        """The name by which events know it."""
        return ids.urn(self.id)


class Meter(models.Model):
    """What left under one grant on one day of the market's own calendar (Asia/Shanghai)."""

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="meters")
    on = models.DateField()
    uses = models.PositiveIntegerField(default=0)
    ranges = models.PositiveIntegerField(default=0)
    bytes_sent = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["grant", "on"], name="meter_one_per_day")]

    def __str__(self) -> str:
        return f"{self.grant_id} on {self.on}"
