"""Roots of the log on a chain: the contract, each anchor with every transaction sent for it, and what hinders now."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from market.kernel import clock, ids


class AnchorContract(models.Model):
    """A contract of ours on one chain; the newest of its sort is in use. Nothing here is secret."""

    APPEND_ONLY: ClassVar = True

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    chain_id = models.BigIntegerField()
    genesis = models.CharField(max_length=66)  # hash of block 0: chains share numbers more often than that
    address = models.CharField(max_length=42)
    owner = models.CharField(max_length=42)  # the account that may anchor
    transaction = models.CharField(max_length=66)
    block_number = models.BigIntegerField()
    is_embedded = models.BooleanField()  # play money in one process's memory: a demonstration, no evidence
    deployed_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            # Chains in memory that begin in the same second are alike to the last byte.
            models.UniqueConstraint(
                fields=["genesis", "address"], condition=Q(is_embedded=False), name="anchor_contract_once"
            )
        ]

    def __str__(self) -> str:
        return f"contract {self.address} on chain {self.chain_id}"


class Anchor(models.Model):
    """A size and root on their way onto a chain."""

    class State(models.TextChoices):
        """How far it is."""

        PLANNED = "planned", _("to be sent")
        SENT = "sent", _("sent, not in a block yet")
        MINED = "mined", _("in a block, not final yet")
        FINAL = "final", _("final")
        REFUSED = "refused", _("refused by the contract")
        RESET = "reset", _("the demonstration chain was reset")

    UNMINED: ClassVar = (State.PLANNED, State.SENT)
    OPEN: ClassVar = (State.PLANNED, State.SENT, State.MINED)

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    contract = models.ForeignKey(AnchorContract, on_delete=models.PROTECT, related_name="anchors")
    size = models.BigIntegerField()
    root = models.BinaryField()
    state = models.CharField(max_length=8, choices=State, default=State.PLANNED)
    nonce = models.BigIntegerField(null=True)  # of our account; taken once, kept by every repetition
    transaction = models.CharField(max_length=66, blank=True, default="")  # the one that was mined
    block_number = models.BigIntegerField(null=True)
    block_hash = models.CharField(max_length=66, blank=True, default="")
    receipt = models.JSONField(null=True)  # the contract's event as the node answered it
    vanished = models.PositiveIntegerField(default=0)  # how often a block with it was reorganised away
    planned_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True)
    mined_at = models.DateTimeField(null=True)
    final_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contract", "size"], name="anchor_one_per_size"),
            # Two workers at once: the second cannot plan, and so takes no number of the account.
            models.UniqueConstraint(fields=["contract"], condition=Q(state="planned"), name="anchor_one_planned"),
            models.CheckConstraint(
                condition=Q(state__in=["planned", "sent", "mined", "final", "refused", "reset"]),
                name="anchor_state_known",
            ),
            models.CheckConstraint(
                condition=models.lookups.Exact(
                    models.Func(F("root"), function="octet_length", output_field=models.IntegerField()), 32
                ),
                name="anchor_root_is_sha256",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["mined", "final"]) | (~Q(block_hash="") & ~Q(transaction="")),
                name="anchor_mined_names_its_block",
            ),
        ]

    def __str__(self) -> str:
        return f"anchor of {self.size}, {self.state}"


class AnchorSending(models.Model):
    """One transaction for an anchor, kept before it is sent: any of them may be the one that is mined."""

    APPEND_ONLY: ClassVar = True

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    hash = models.CharField(max_length=66)  # the embedded chain begins alike each time, so it may come again
    anchor = models.ForeignKey(Anchor, on_delete=models.PROTECT, related_name="sendings")
    nonce = models.BigIntegerField()
    raw = models.BinaryField(null=True)  # signed bytes, to be sent again; none where a signer outside keeps them
    fee_wei = models.DecimalField(max_digits=40, decimal_places=0)
    sent_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["anchor", "hash"], name="anchor_sending_once")]

    def __str__(self) -> str:
        return f"transaction {self.hash}"


class Anchoring(models.Model):
    """The one row that says what hinders anchoring now. Written only when that changes."""

    class Problem(models.TextChoices):
        """What hinders."""

        NONE = "", _("working")
        UNREACHABLE = "unreachable", _("the chain's node does not answer")
        WRONG_CHAIN = "wrong_chain", _("the node is of another chain than the contract")
        NO_CONTRACT = "no_contract", _("no contract has been deployed")
        OTHER_CODE = "other_code", _("at the contract's address lies something else")
        NO_SIGNER = "no_signer", _("no key and no signer's account is set")
        NOT_OWNER = "not_owner", _("the account is not the contract's owner")
        NO_FUNDS = "no_funds", _("the account cannot pay for a transaction")
        STUCK = "stuck", _("the transaction waits, and the fee may not grow any more")
        REFUSED = "refused", _("the node refuses")
        CONTRADICTED = "contradicted", _("the chain holds an anchor that this log does not lead to")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    problem = models.CharField(max_length=16, choices=Problem, blank=True, default=Problem.NONE)
    detail = models.CharField(max_length=500, blank=True, default="")
    since = models.DateTimeField(null=True)  # of the problem

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="anchoring_is_one_row")]

    def __str__(self) -> str:
        return self.problem or "working"
