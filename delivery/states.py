"""The states of a grant and of a use, and the only steps between them."""

from collections.abc import Mapping
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class GrantState(models.TextChoices):
    """Open until its period ends, is refunded or is cancelled. A hold is no state: it is checked by every step."""

    OPEN = "open", _("open")
    CLOSED = "closed", _("closed")


class UseState(models.TextChoices):
    """Open for some minutes; whatever ends it, closing writes the sum."""

    OPEN = "open", _("open")
    CLOSED = "closed", _("closed")


GRANT_FOLLOWS: Final[Mapping[GrantState, frozenset[GrantState]]] = {
    GrantState.OPEN: frozenset({GrantState.CLOSED}),
    GrantState.CLOSED: frozenset(),
}
USE_FOLLOWS: Final[Mapping[UseState, frozenset[UseState]]] = {
    UseState.OPEN: frozenset({UseState.CLOSED}),
    UseState.CLOSED: frozenset(),
}
