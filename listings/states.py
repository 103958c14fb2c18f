"""The states of a resource's intake and of a product version, and the one table of allowed steps of each."""

from collections.abc import Mapping
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class ResourceState(models.TextChoices):
    """Where a resource's intake stands."""

    RECEIVED = "received", _("received")
    PROCESSING = "processing", _("being read")
    READY = "ready", _("ready")
    REFUSED = "refused", _("could not be read")


R = ResourceState
RESOURCE_FOLLOWS: Final[Mapping[ResourceState, frozenset[ResourceState]]] = {
    R.RECEIVED: frozenset({R.PROCESSING, R.READY, R.REFUSED}),
    R.PROCESSING: frozenset({R.PROCESSING, R.READY, R.REFUSED}),
    R.READY: frozenset({R.RECEIVED}),  # read again with another encoding or delimiter, while nothing is built on it
    R.REFUSED: frozenset({R.RECEIVED}),
}


class VersionState(models.TextChoices):
    """Where a product version stands on its way to being listed (挂牌)."""

    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("in compliance review")
    RETURNED = "returned", _("returned")
    PUBLICITY = "publicity", _("in publicity")
    LISTED = "listed", _("listed")
    REJECTED = "rejected", _("rejected")
    WITHDRAWN = "withdrawn", _("withdrawn")
    DELISTED = "delisted", _("delisted")


V = VersionState
FOLLOWS: Final[Mapping[VersionState, frozenset[VersionState]]] = {
    V.DRAFT: frozenset({V.SUBMITTED, V.WITHDRAWN}),
    V.SUBMITTED: frozenset({V.PUBLICITY, V.LISTED, V.RETURNED, V.REJECTED, V.WITHDRAWN}),
    V.RETURNED: frozenset({V.SUBMITTED, V.WITHDRAWN}),
    V.PUBLICITY: frozenset({V.LISTED, V.RETURNED, V.REJECTED, V.WITHDRAWN}),
    V.LISTED: frozenset({V.DELISTED}),
    V.REJECTED: frozenset(),
    V.WITHDRAWN: frozenset(),
    V.DELISTED: frozenset(),
}
