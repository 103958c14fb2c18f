"""Orders: measures that need a second person before they take effect."""

from django.db import models
from django.db.models import F, Q

from market.holds import Hold, Scope
from market.kernel import clock, ids
from supervision.states import OrderKind, OrderState


class Order(models.Model):
    """One proposal to place or lift a hold, with who asked and who decided."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    number = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=8, choices=OrderKind)
    state = models.CharField(max_length=12, choices=OrderState, default=OrderState.PROPOSED)
    scope = models.CharField(max_length=16, choices=Scope)
    subject = models.UUIDField()
    hold = models.ForeignKey(Hold, null=True, on_delete=models.PROTECT, related_name="+")  # lifted, or placed by it
    reason = models.TextField()
    legal_basis = models.CharField(max_length=200, default="", blank=True)
    proposed_by = models.CharField(max_length=80)
    proposed_at = models.DateTimeField(default=clock.now)
    decided_by = models.CharField(max_length=80, default="", blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=OrderState.values), name="order_state_known"),
            models.CheckConstraint(condition=Q(kind__in=OrderKind.values), name="order_kind_known"),
            models.CheckConstraint(
                condition=~Q(kind="lift") | Q(hold__isnull=False), name="order_to_lift_names_a_hold"
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | (~Q(decided_by="") & ~Q(decided_by=F("proposed_by"))),
                name="order_confirmed_by_another",
            ),
            models.UniqueConstraint(
                fields=["subject", "kind"], condition=Q(state="proposed"), name="order_one_open_per_subject"
            ),
        ]
        indexes = [models.Index(fields=["state", "-proposed_at"], name="order_newest")]

    def __str__(self) -> str:
        return self.number

    @property
    def urn(self) -> str:
        """The name by which events know it."""
        return ids.urn(self.id)
