"""Answers that were given under a caller's Idempotency-Key, so that a request sent again does nothing again."""

from typing import ClassVar

from django.db import models

from market.kernel import clock, ids
from market.participants.models import Organisation, Person


class StoredAnswer(models.Model):
    """What a changing door answered to one request. Written with the change itself, in its transaction."""

    APPEND_ONLY: ClassVar = True
    ERASABLE: ClassVar = True

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=80)
    request_sha256 = models.CharField(max_length=64)  # of method, address and input
    status = models.PositiveSmallIntegerField()
    body = models.BinaryField()
    answered_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "organisation", "key"], name="answer_once_per_key"),
        ]
        indexes = [models.Index(fields=["answered_at"], name="answer_age")]

    def __str__(self) -> str:
        return f"{self.key} of {self.person_id}"
