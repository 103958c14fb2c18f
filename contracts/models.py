"""From a request to a closed trade: negotiations, agreements with signatures, trades in periods, disputes."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contracts.states import NEGOTIATION_ENDED, DisputeState, NegotiationState, PeriodState, TradeState
from listings.models import Offer
from market.kernel import clock, ids
from market.participants.models import Organisation, Person, PublicKey


class Side(models.TextChoices):
    """The two sides of an agreement."""

    SUPPLIER = "supplier", _("supplier")
    BUYER = "buyer", _("buyer")


class Negotiation(models.Model):
    """One contract negotiation over one offer (DSP 2025-1). The draft is a pure function of this row."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)  # the provider's pid
    consumer_pid = models.CharField(max_length=200)
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="negotiations")
    supplier = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    buyer = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=16, choices=NegotiationState, default=NegotiationState.REQUESTED)
    # Ids that the documents name before their rows exist.
    agreement_id = models.UUIDField(default=ids.new_id, unique=True)
    thread = models.UUIDField(default=ids.new_id, unique=True)
    terms = models.JSONField()  # everything the agreement is composed from, as it stands on the table now
    price_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="CNY")
    turns = models.PositiveSmallIntegerField(default=1)
    purpose = models.CharField(max_length=200, default="", blank=True)
    requested_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    end_reason = models.TextField(default="", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=NegotiationState.values), name="negotiation_state_known"),
            models.CheckConstraint(condition=Q(price_minor__gte=0), name="negotiation_price_not_negative"),
            models.CheckConstraint(condition=~Q(supplier=models.F("buyer")), name="negotiation_between_two"),
            models.UniqueConstraint(
                fields=["offer", "buyer"],
                condition=~Q(state__in=sorted(NEGOTIATION_ENDED)),
                name="negotiation_one_open_per_buyer",
            ),
        ]
        indexes = [
            models.Index(fields=["supplier", "-changed_at"], name="negotiation_of_supplier"),
            models.Index(fields=["buyer", "-changed_at"], name="negotiation_of_buyer"),
        ]

    def __str__(self) -> str:
        return f"negotiation {self.id}"

    @property
    def urn(self) -> str:
        """The name by which events know it."""
        return ids.urn(self.id)

    @property
    def thread_urn(self) -> str:
        """The name of the trade that this becomes."""
        return ids.urn(self.thread)


class Turn(models.Model):
    """One thing put on the table in a negotiation: a request, a counter-offer."""

    APPEND_ONLY: ClassVar = True

    negotiation = models.ForeignKey(Negotiation, on_delete=models.PROTECT, related_name="all_turns")
    n = models.PositiveSmallIntegerField()
    side = models.CharField(max_length=8, choices=Side)
    price_minor = models.BigIntegerField()
    policy = models.JSONField()
    acceptance_days = models.PositiveSmallIntegerField(null=True)
    note = models.TextField(default="", blank=True)
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["negotiation", "n"], name="turn_numbered_once")]

    def __str__(self) -> str:
        return f"turn {self.n}"


class Agreement(models.Model):
    """A usage contract: its exact canonical bytes. Made with the supplier's signature, changed by nobody."""

    APPEND_ONLY: ClassVar = True

    id = models.UUIDField(primary_key=True, editable=False)
    number = models.CharField(max_length=20, unique=True)
    negotiation = models.OneToOneField(Negotiation, on_delete=models.PROTECT, related_name="agreement")
    document = models.BinaryField()
    sha256 = models.CharField(max_length=64, unique=True)
    agreed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.number

    @property
    def urn(self) -> str:
        """The name by which events, grants and policies know it."""
        return ids.urn(self.id)


class Signature(models.Model):
    """One side's signature over the SHA-256 of the agreement's exact bytes (电子签名法 13)."""

    APPEND_ONLY: ClassVar = True

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="signatures")
    side = models.CharField(max_length=8, choices=Side)
    key = models.ForeignKey(PublicKey, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    algorithm = models.CharField(max_length=16)
    provider = models.CharField(max_length=12)
    signature = models.BinaryField()
    signed_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agreement", "side"], name="signature_one_per_side")]

    def __str__(self) -> str:
        return f"{self.side} of {self.agreement_id}"


class Trade(models.Model):
    """One trade under one agreement."""

    id = models.UUIDField(primary_key=True, editable=False)
    number = models.CharField(max_length=20, unique=True)
    agreement = models.OneToOneField(Agreement, on_delete=models.PROTECT, related_name="trade")
    supplier = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    buyer = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=TradeState, default=TradeState.AGREED)
    title = models.CharField(max_length=110)
    version_id = models.UUIDField()
    product_id = models.UUIDField()
    district = models.CharField(max_length=6)
    sector = models.CharField(max_length=16)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(state__in=TradeState.values), name="trade_state_known")]
        indexes = [
            models.Index(fields=["supplier", "-created_at"], name="trade_of_supplier"),
            models.Index(fields=["buyer", "-created_at"], name="trade_of_buyer"),
            models.Index(fields=["state", "-created_at"], name="trade_by_state"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def urn(self) -> str:
        """The thread of all its events."""
        return ids.urn(self.id)


class Period(models.Model):
    """One stretch of a trade that is paid, delivered, accepted and settled as one."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    trade = models.ForeignKey(Trade, on_delete=models.PROTECT, related_name="periods")
    n = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=PeriodState, default=PeriodState.DUE)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    acceptance_days = models.PositiveSmallIntegerField(null=True)  # null: silence accepts nothing
    due_at = models.DateTimeField(null=True)
    funded_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    acceptance_due_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by_silence = models.BooleanField(default=False)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trade", "n"], name="period_numbered_once"),
            models.CheckConstraint(condition=Q(state__in=PeriodState.values), name="period_state_known"),
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="period_amount_not_negative"),
            models.CheckConstraint(
                condition=~Q(state__in=["accepted", "settled"]) | Q(accepted_at__isnull=False),
                name="period_accepted_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="period_unpaid", condition=Q(state="due")),
            models.Index(fields=["acceptance_due_at"], name="period_in_acceptance", condition=Q(state="delivering")),
        ]

    def __str__(self) -> str:
        return f"period {self.n} of {self.trade_id}"

    @property
    def urn(self) -> str:
        """The reference under which money and access know it."""
        return ids.urn(self.id)


class Dispute(models.Model):
    """The buyer's objection to what was delivered; the escrow stays where it is until it ends."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="disputes")
    state = models.CharField(max_length=12, choices=DisputeState, default=DisputeState.OPEN)
    reason = models.TextField()
    answer = models.TextField(default="", blank=True)
    opened_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["period"], condition=Q(state="open"), name="dispute_one_open_per_period"),
            models.CheckConstraint(condition=Q(state__in=DisputeState.values), name="dispute_state_known"),
        ]

    def __str__(self) -> str:
        return f"dispute over {self.period_id}"

    @property
    def urn(self) -> str:
        """The name by which events know it."""
        return ids.urn(self.id)
