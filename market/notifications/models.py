"""Things that wait for a member, and letters on their way out."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from market.kernel import clock, ids
from market.participants.models import Organisation


class Task(models.Model):
    """One thing that somebody of an organisation should do (待办)."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="tasks")
    roles = ArrayField(models.CharField(max_length=24), default=list)  # any of them; none: every member
    kind = models.CharField(max_length=64)
    subject = models.UUIDField()
    thread = models.UUIDField(null=True)
    params = models.JSONField(default=dict)  # what the kind's sentence needs
    due_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    reminded_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "market"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "kind", "subject"],
                condition=Q(done_at__isnull=True),
                name="task_one_open_per_subject",
            )
        ]
        indexes = [
            models.Index(fields=["subject"], condition=Q(done_at__isnull=True), name="task_open_subject"),
            models.Index(
                fields=["due_at"], condition=Q(done_at__isnull=True, reminded_at__isnull=True), name="task_to_remind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} on {self.subject}"


class Mail(models.Model):
    """One letter. What it says is sealed, because links in it are secrets, and wiped once it is sent."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    address = models.EmailField()
    sealed = models.BinaryField()  # subject and text; empty once sent
    created_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField(default=clock.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=200, default="", blank=True)
    sent_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "market"
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(sent_at__isnull=True, given_up_at__isnull=True), name="mail_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"letter {self.id}"
