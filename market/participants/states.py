"""The steps of an admission (准入)."""

from collections.abc import Mapping
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class AdmissionState(models.TextChoices):
    """Where an application for admission stands."""

    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("under review")
    RETURNED = "returned", _("returned")
    ADMITTED = "admitted", _("admitted")
    REJECTED = "rejected", _("rejected")


S = AdmissionState
FOLLOWS: Final[Mapping[AdmissionState, frozenset[AdmissionState]]] = {
    S.DRAFT: frozenset({S.SUBMITTED}),
    S.SUBMITTED: frozenset({S.ADMITTED, S.RETURNED, S.REJECTED}),
    S.RETURNED: frozenset({S.SUBMITTED}),
    S.ADMITTED: frozenset(),
    S.REJECTED: frozenset(),
}
