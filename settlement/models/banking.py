"""The bank's side: statements and their lines, organisations' bank accounts, payouts and the files that order them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from market.kernel import clock, ids
from market.participants.models import Organisation, Person
from settlement.models.obligations import Obligation
from settlement.states import Doubt, LineState, PayoutKind, PayoutState


class Statement(models.Model):
    """One imported statement file of the custodian's account; the sum of its lines is in the journal."""

    APPEND_ONLY: ClassVar = True

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    number = models.PositiveIntegerField()  # counts without gaps: imports of one rail wait for each other
    rail = models.CharField(max_length=16)
    currency = models.CharField(max_length=3)
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    account_number = models.CharField(max_length=40, default="")  # as the file names it, if it does
    opening_minor = models.BigIntegerField(null=True)  # null where neither this nor an earlier file tells
    closing_minor = models.BigIntegerField(null=True)
    first_on = models.DateField()
    last_on = models.DateField()
    rows = models.PositiveIntegerField()  # lines in the file
    known = models.PositiveIntegerField()  # of these, imported before
    imported_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    imported_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rail", "sha256"], name="statement_once_per_file"),
            models.UniqueConstraint(fields=["rail", "currency", "number"], name="statement_numbers_without_gaps"),
        ]

    def __str__(self) -> str:
        return self.name


class BankAccount(models.Model):
    """Where an organisation wants its money. The holder is the organisation itself."""

    APPEND_ONLY: ClassVar = True
    CHANGEABLE: ClassVar = ("ended_at",)

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    holder = models.CharField(max_length=200)
    number_sealed = models.BinaryField()
    number_masked = models.CharField(max_length=40)
    bank = models.CharField(max_length=120)
    bank_code = models.CharField(max_length=12, default="", blank=True)  # 行号 (CNAPS)
    registered_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    registered_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"], condition=Q(ended_at__isnull=True), name="bank_account_one_in_use"
            )
        ]

    def __str__(self) -> str:
        return f"{self.bank} {self.number_masked}"


class PayoutFile(models.Model):
    """One order to the bank: the approved payouts that went into it, and the hash of the file."""

    APPEND_ONLY: ClassVar = True

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    number = models.CharField(max_length=20, unique=True)
    rail = models.CharField(max_length=16)
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    count = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.number


class Payout(models.Model):
    """Money on its way out of the custodian's account to one payee."""

    APPEND_ONLY: ClassVar = True
    CHANGEABLE: ClassVar = ("state", "approved_by", "approved_at", "rule_version", "file_id", "ended_at", "end_reason")

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    kind = models.CharField(max_length=12, choices=PayoutKind)
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    reference = models.UUIDField(null=True)  # of the period that a refund belongs to
    thread = models.UUIDField(null=True)
    key = models.UUIDField(null=True)  # the caller's, so that a repeated request is one payout
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    payment_reference = models.CharField(max_length=20, unique=True)
    holder = models.CharField(max_length=200)
    number_sealed = models.BinaryField()
    number_masked = models.CharField(max_length=40)
    bank = models.CharField(max_length=120, default="")
    bank_code = models.CharField(max_length=12, default="")
    state = models.CharField(max_length=12, choices=PayoutState, default=PayoutState.REQUESTED)
    requested_by = models.CharField(max_length=80)  # urn of a person or process
    requested_at = models.DateTimeField(default=clock.now)
    approved_by = models.CharField(max_length=80, default="")
    approved_at = models.DateTimeField(null=True)
    rule_version = models.PositiveIntegerField(null=True)  # of payout.second_person_above_minor
    file = models.ForeignKey(PayoutFile, null=True, on_delete=models.PROTECT, related_name="payouts")
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=200, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=PayoutState.values), name="payout_state_known"),
            models.CheckConstraint(condition=Q(kind__in=PayoutKind.values), name="payout_kind_known"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payout_has_an_amount"),
            models.CheckConstraint(
                condition=Q(kind="return") | Q(organisation__isnull=False), name="payout_has_an_owner"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["requested", "cancelled"]) | Q(approved_at__isnull=False),
                name="payout_sent_only_after_approval",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["requested", "approved", "cancelled"]) | Q(file__isnull=False),
                name="payout_sent_only_in_a_file",
            ),
            models.CheckConstraint(
                condition=Q(approved_by="") | ~Q(approved_by=models.F("requested_by")),
                name="payout_takes_two_people",
            ),
            models.UniqueConstraint(
                fields=["organisation", "key"], condition=Q(key__isnull=False), name="payout_once_per_key"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "id"], name="payout_queue"),
            models.Index(fields=["organisation", "-id"], name="payout_of"),
            models.Index(fields=["reference"], name="payout_reference", condition=Q(reference__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.payment_reference


class StatementLine(models.Model):
    """One line of a statement: money that came (in) or went (out), and what became of it."""

    APPEND_ONLY: ClassVar = True
    CHANGEABLE: ClassVar = ("state", "doubt", "obligation_id", "payout_id", "decided_by", "decided_at", "decision")

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="lines")
    row = models.PositiveIntegerField()  # in the file, counted from 1
    key = models.BinaryField(unique=True)  # SHA-256 of what makes the line itself
    is_incoming = models.BooleanField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    booked_on = models.DateField()
    booked_time = models.CharField(max_length=8, default="")
    serial = models.CharField(max_length=64, default="")
    counterparty = models.TextField(default="")
    account_sealed = models.BinaryField(null=True)  # the counterparty's account number
    account_masked = models.CharField(max_length=40, default="")
    bank = models.TextField(default="")
    memo = models.TextField(default="")
    balance_minor = models.BigIntegerField(null=True)
    payment_reference = models.CharField(max_length=20, default="")  # as found in the memo
    state = models.CharField(max_length=12, choices=LineState)
    doubt = models.CharField(max_length=24, choices=Doubt, default="")
    obligation = models.ForeignKey(Obligation, null=True, on_delete=models.PROTECT, related_name="lines")
    payout = models.ForeignKey(Payout, null=True, on_delete=models.PROTECT, related_name="lines")
    decided_by = models.CharField(max_length=80, default="")
    decided_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=200, default="")  # the person's reason

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=LineState.values), name="line_state_known"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="line_has_an_amount"),
            models.CheckConstraint(condition=~Q(state="suspense") | ~Q(doubt=""), name="line_in_suspense_says_why"),
            models.UniqueConstraint(fields=["statement", "row"], name="line_one_per_row"),
        ]
        indexes = [
            models.Index(fields=["id"], name="line_waiting", condition=Q(state="suspense")),
            models.Index(fields=["obligation"], name="line_obligation", condition=Q(obligation__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"row {self.row} of {self.statement_id}"

    @property
    def urn(self) -> str:
        """The name by which events know it."""
        return ids.urn(self.id)
