"""What is owed for a reference, and how it ended: released to the payee or refunded to the payer."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from market.kernel import clock, ids
from market.participants.models import Organisation
from settlement.models.journal import Transfer
from settlement.states import ObligationState


class Obligation(models.Model):
    """One amount that a payer owes a payee for one reference, with the fee rule fixed when it was opened."""

    APPEND_ONLY: ClassVar = True
    CHANGEABLE: ClassVar = ("state", "received_minor", "refunded_minor", "funded_at", "ended_at")

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    reference = models.UUIDField(unique=True)  # of the period, which this room does not know
    thread = models.UUIDField(null=True)  # of the trade
    payer = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    payee = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    payment_reference = models.CharField(max_length=20, unique=True)  # what the payer writes on the transfer
    due_at = models.DateTimeField()
    fee = models.JSONField()  # {name, version, value}: the rule as it was
    tax_rate_bp = models.PositiveIntegerField()  # VAT inside the fee, in basis points
    holds_on = ArrayField(models.UUIDField(), default=list)  # whatever else must not be on hold
    state = models.CharField(max_length=12, choices=ObligationState, default=ObligationState.DUE)
    received_minor = models.BigIntegerField(default=0)  # what came in for it so far
    refunded_minor = models.BigIntegerField(default=0)
    opened_at = models.DateTimeField(default=clock.now)
    funded_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ObligationState.values), name="obligation_state_known"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="obligation_has_an_amount"),
            models.CheckConstraint(condition=~Q(payer=F("payee")), name="obligation_between_two_parties"),
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0, refunded_minor__lte=F("amount_minor")),
                name="obligation_refunds_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["due", "cancelled", "expired"], funded_at__isnull=True)
                | Q(state__in=["funded", "released", "refunded"], funded_at__isnull=False),
                name="obligation_funded_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["due", "funded"], ended_at__isnull=True)
                | Q(state__in=["released", "refunded", "cancelled", "expired"], ended_at__isnull=False),
                name="obligation_ended_has_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["thread"], name="obligation_thread"),
            models.Index(fields=["payer", "-id"], name="obligation_payer"),
            models.Index(fields=["payee", "-id"], name="obligation_payee"),
            models.Index(fields=["due_at"], name="obligation_waiting", condition=Q(state="due")),
        ]

    def __str__(self) -> str:
        return self.payment_reference

    @property
    def reference_urn(self) -> str:
        """The reference as events name it."""
        return ids.urn(self.reference)

    @property
    def thread_urn(self) -> str | None:
        """The trade as events name it."""
        return ids.urn(self.thread) if self.thread else None

    @property
    def in_escrow_minor(self) -> int:
        """What lies in escrow for it now."""
        return self.amount_minor - self.refunded_minor if self.state == ObligationState.FUNDED else 0


class Release(models.Model):
    """Escrow given to the payee, less the fee. All amounts in minor units; they sum to what was in escrow.

    Where the rule has a reserve period the payee's share is earned at once and free at `free_at`.
    """

    APPEND_ONLY: ClassVar = True
    CHANGEABLE: ClassVar = ("freed_at",)

    id = models.UUIDField(primary_key=True, editable=False)
    obligation = models.OneToOneField(Obligation, on_delete=models.PROTECT, related_name="release")
    transfer = models.OneToOneField(Transfer, on_delete=models.PROTECT, related_name="+")
    amount_minor = models.BigIntegerField()
    payee_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()  # net of VAT
    vat_minor = models.BigIntegerField()
    released_at = models.DateTimeField()
    free_at = models.DateTimeField()  # when the payee may have it
    freed_at = models.DateTimeField(null=True)  # when it became available; with no reserve period, at once

    class Meta:
        indexes = [models.Index(fields=["free_at"], name="release_reserved", condition=Q(freed_at__isnull=True))]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor=F("payee_minor") + F("fee_minor") + F("vat_minor")),
                name="release_is_exact",
            ),
            models.CheckConstraint(
                condition=Q(payee_minor__gte=0, fee_minor__gte=0, vat_minor__gte=0), name="release_shares_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"release of {self.amount_minor}"


class Refund(models.Model):
    """Escrow given back to the payer, whole or in part, before release."""

    APPEND_ONLY: ClassVar = True

    id = models.UUIDField(primary_key=True, editable=False)
    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT, related_name="refunds")
    transfer = models.OneToOneField(Transfer, on_delete=models.PROTECT, related_name="+")
    # none where no account is known that the money came from: then it is available to the payer
    payout = models.OneToOneField("settlement.Payout", null=True, on_delete=models.PROTECT, related_name="refund")
    key = models.UUIDField(unique=True)  # the caller's; the obligation's id for a refund of the whole
    amount_minor = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    refunded_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_has_an_amount")]

    def __str__(self) -> str:
        return f"refund of {self.amount_minor}"
