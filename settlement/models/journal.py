"""The journal: accounts, transfers, postings. The database refuses an unbalanced, foreign or later entry."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from market.kernel.fields import TransactionIdField
from market.participants.models import Organisation


class Account(models.Model):
    """One purpose for money, for one owner or reference, in one currency. Its id follows from its key.

    kept: the four sums are updated with each posting. rolled: they stay 0 and the balance is summed from postings.
    guarded: credits may never fall below debits, however many act at once.
    """

    APPEND_ONLY: ClassVar = True
    CHANGEABLE: ClassVar = ("posted_debits", "posted_credits", "pending_debits", "pending_credits")

    id = models.UUIDField(primary_key=True, editable=False)
    code = models.CharField(max_length=24)
    book = models.CharField(max_length=1)  # C: clients' money, O: the operator's own
    org = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    reference = models.UUIDField(null=True)
    rail = models.CharField(max_length=16, null=True)
    currency = models.CharField(max_length=3)
    mode = models.CharField(max_length=8)
    guarded = models.BooleanField()
    posted_debits = models.BigIntegerField(default=0)  # all four in the currency's minor unit; they only grow
    posted_credits = models.BigIntegerField(default=0)
    pending_debits = models.BigIntegerField(default=0)
    pending_credits = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code", "org", "reference", "rail", "currency"],
                name="account_one_per_purpose",
                nulls_distinct=False,
            ),
            # the target of the composite foreign keys by which both sides of a posting agree
            models.UniqueConstraint(fields=["id", "book", "currency"], name="account_book_and_currency"),
            models.CheckConstraint(condition=Q(book__in=["C", "O"]), name="account_book_known"),
            models.CheckConstraint(condition=Q(mode__in=["kept", "rolled"]), name="account_mode_known"),
            models.CheckConstraint(condition=Q(guarded=False) | Q(mode="kept"), name="account_guarded_is_kept"),
            models.CheckConstraint(
                condition=Q(guarded=False) | Q(posted_credits__gte=F("posted_debits") + F("pending_debits")),
                name="account_not_overdrawn",
            ),
            models.CheckConstraint(
                condition=Q(posted_debits__gte=0, posted_credits__gte=0, pending_debits__gte=0, pending_credits__gte=0),
                name="account_sums_not_negative",
            ),
            models.CheckConstraint(
                condition=~Q(mode="rolled") | Q(posted_debits=0, posted_credits=0, pending_debits=0, pending_credits=0),
                name="account_rolled_keeps_no_sums",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.book}:{self.code} {self.org_id or self.reference or self.rail or ''} {self.currency}"


class Transfer(models.Model):
    """One business fact that moved money. Never changed; a mistake is corrected by one that reverses it."""

    APPEND_ONLY: ClassVar = True

    id = models.UUIDField(primary_key=True, editable=False)
    xid = TransactionIdField()
    kind = models.CharField(max_length=40)
    source_kind = models.CharField(max_length=40)  # the noun that caused it, e.g. statement_line
    source_id = models.UUIDField()
    part = models.PositiveSmallIntegerField(default=0)
    reference = models.UUIDField(null=True)
    thread = models.UUIDField(null=True)
    reverses = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="reversed_by")
    reason = models.CharField(max_length=200, default="")
    actor = models.CharField(max_length=80)
    booked_on = models.DateField()  # the market's calendar day
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "source_kind", "source_id", "part"], name="transfer_once_per_business_fact"
            ),
        ]
        indexes = [
            models.Index(fields=["reference", "id"], name="transfer_reference", condition=Q(reference__isnull=False)),
            models.Index(fields=["booked_on", "id"], name="transfer_day"),
            models.Index(fields=["xid"], name="transfer_xid"),  # what came after a roll-up
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Posting(models.Model):
    """One amount from one account to another: balanced by construction, in one book and one currency."""

    APPEND_ONLY: ClassVar = True

    pk = models.CompositePrimaryKey("transfer_id", "n")
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="postings", db_index=False)
    n = models.PositiveSmallIntegerField()
    # Their foreign keys are (id, book, currency), which Django cannot write: migration 0002.
    debit = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="debits", db_constraint=False, db_index=False
    )
    credit = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="credits", db_constraint=False, db_index=False
    )
    amount = models.BigIntegerField()  # in the currency's minor unit
    book = models.CharField(max_length=1)
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="posting_moves_something"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="posting_between_two_accounts"),
        ]
        indexes = [
            models.Index(fields=["debit", "transfer"], include=["amount"], name="posting_debit"),
            models.Index(fields=["credit", "transfer"], include=["amount"], name="posting_credit"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} of {self.transfer_id}"


class Rollup(models.Model):
    """What a rolled account's postings came to in all transactions below a horizon; it never changes any more."""

    APPEND_ONLY: ClassVar = True

    pk = models.CompositePrimaryKey("account_id", "horizon")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="rollups", db_index=False)
    horizon = TransactionIdField()  # every transaction below it had ended
    system_identifier = models.BigIntegerField()  # of the database cluster: another one counts transactions anew
    debits = models.BigIntegerField()
    credits = models.BigIntegerField()
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.account_id} below {self.horizon}"
