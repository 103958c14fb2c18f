"""Where each event stands in the log, what was signed over it, what was erased behind it, and its certificates."""

from typing import ClassVar
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from market.events.models import Event
from market.kernel import clock, ids
from provenance.anchor_models import Anchor, AnchorContract, Anchoring, AnchorSending
from provenance.merkle import EMPTY_ROOT

__all__ = [
    "Anchor",
    "AnchorContract",
    "AnchorSending",
    "Anchoring",
    "Certificate",
    "Checkpoint",
    "ErasedField",
    "Erasure",
    "ErasureState",
    "Leaf",
    "LogState",
    "Revocation",
]


def _octets(field: str) -> models.Func:
    return models.Func(F(field), function="octet_length", output_field=models.IntegerField())


class Leaf(models.Model):
    """One event's place in the log. The exact bytes that are hashed are the event's body."""

    APPEND_ONLY: ClassVar = True

    index = models.BigIntegerField(primary_key=True)  # from 0, without gaps
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="leaf")
    leaf_hash = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["leaf_hash"], name="leaf_by_hash")]
        constraints = [
            models.CheckConstraint(condition=Q(index__gte=0), name="leaf_index_from_zero"),
            models.CheckConstraint(
                condition=models.lookups.Exact(_octets("leaf_hash"), 32), name="leaf_hash_is_sha256"
            ),
        ]

    def __str__(self) -> str:
        return f"leaf {self.index}"


class LogState(models.Model):
    """The one row by which the sequencer goes on: the tree as far as leaves are stored, signed or not yet."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    size = models.BigIntegerField(default=0)
    root = models.BinaryField(default=EMPTY_ROOT)
    frontier = models.BinaryField(default=b"")  # roots of the complete subtrees, largest first, 32 bytes each
    xmin_done = models.BigIntegerField(default=0)  # every transaction below it has ended and is in the log
    system_identifier = models.BigIntegerField(default=0)  # of the database cluster that xmin_done counts in

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="log_state_is_one_row"),
            models.CheckConstraint(condition=Q(size__gte=0), name="log_state_size_from_zero"),
            models.CheckConstraint(
                condition=models.lookups.Exact(_octets("root"), 32), name="log_state_root_is_sha256"
            ),
        ]

    def __str__(self) -> str:
        return f"log of {self.size}"


class Checkpoint(models.Model):
    """A size and root that this log has signed: never two roots for one size."""

    APPEND_ONLY: ClassVar = True

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    note = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.lookups.Exact(_octets("root"), 32), name="checkpoint_root_is_sha256"
            ),
        ]

    def __str__(self) -> str:
        return f"checkpoint {self.size}"


class Certificate(models.Model):
    """A page that anybody may open by its random id; who the parties are is shown only to them."""

    APPEND_ONLY: ClassVar = True

    class Kind(models.TextChoices):
        """What it certifies."""

        TRADE = "trade", _("trade")
        PRODUCT = "product", _("product")
        AGREEMENT = "agreement", _("agreement")
        DELIVERY = "delivery", _("delivery")
        SETTLEMENT = "settlement", _("settlement")

    id = models.UUIDField(
        primary_key=True, default=uuid4, editable=False
    )  # random: a v7 would tell the time of a trade
    kind = models.CharField(max_length=16, choices=Kind)
    subject = models.UUIDField()
    n = models.PositiveSmallIntegerField(default=1)  # the newest of a subject stands, those before are superseded
    parties = ArrayField(models.UUIDField(), default=list)  # organisations that may see what is behind it
    issued_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["trade", "product", "agreement", "delivery", "settlement"]),
                name="certificate_kind_known",
            ),
            models.UniqueConstraint(fields=["kind", "subject", "n"], name="certificate_numbered_per_subject"),
        ]

    def __str__(self) -> str:
        return f"certificate {self.id}"


class Revocation(models.Model):
    """A certificate that holds no longer: who took it back, when and why."""

    APPEND_ONLY: ClassVar = True

    certificate = models.OneToOneField(Certificate, on_delete=models.PROTECT, primary_key=True)
    reason = models.TextField()
    legal_basis = models.CharField(max_length=200)
    revoked_by = models.CharField(max_length=80)
    revoked_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason="") & ~Q(legal_basis=""), name="revocation_says_why"),
        ]

    def __str__(self) -> str:
        return f"revocation of {self.certificate_id}"


class ErasureState(models.TextChoices):
    """Where an erasure stands."""

    PROPOSED = "proposed", _("proposed")
    CONFIRMED = "confirmed", _("carried out")
    WITHDRAWN = "withdrawn", _("withdrawn")


class Erasure(models.Model):
    """One proposal to erase openings; a second person carries it out. The leaves stay as they are."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    number = models.CharField(max_length=20, unique=True)
    state = models.CharField(max_length=12, choices=ErasureState, default=ErasureState.PROPOSED)
    subject = models.UUIDField()  # a person, an organisation, a trade or any other subject of events
    fields = ArrayField(models.CharField(max_length=64))
    reason = models.TextField()
    legal_basis = models.CharField(max_length=200)
    proposed_by = models.CharField(max_length=80)
    proposed_at = models.DateTimeField(default=clock.now)
    decided_by = models.CharField(max_length=80, default="", blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ErasureState.values), name="erasure_state_known"),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | (~Q(decided_by="") & ~Q(decided_by=F("proposed_by"))),
                name="erasure_confirmed_by_another",
            ),
            models.CheckConstraint(condition=~Q(legal_basis="") & ~Q(reason=""), name="erasure_says_why"),
            models.UniqueConstraint(
                fields=["subject"], condition=Q(state="proposed"), name="erasure_one_open_per_subject"
            ),
        ]
        indexes = [models.Index(fields=["state", "-proposed_at"], name="erasure_newest")]

    def __str__(self) -> str:
        return self.number

    @property
    def urn(self) -> str:
        """The name by which events know it."""
        return ids.urn(self.id)

    @property
    def entry_count(self) -> int:
        """How many entries lost a value by it."""
        return self.erased.values("event_id").distinct().count()


class ErasedField(models.Model):
    """A value that is gone: of which event, which field, and by which erasure."""

    APPEND_ONLY: ClassVar = True

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="erased")
    field = models.CharField(max_length=64)
    erasure = models.ForeignKey(Erasure, on_delete=models.PROTECT, related_name="erased")
    told = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+")  # the event that says so

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "field"], name="erased_once")]

    def __str__(self) -> str:
        return f"{self.field} of {self.event_id}"
