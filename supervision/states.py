"""The steps of an order: what one person proposes, another confirms."""

from collections.abc import Mapping
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class OrderState(models.TextChoices):
    """Where an order stands."""

    PROPOSED = "proposed", _("proposed")
    CONFIRMED = "confirmed", _("confirmed")
    WITHDRAWN = "withdrawn", _("withdrawn")


class OrderKind(models.TextChoices):
    """What an order does."""

    PLACE = "place", _("place a hold")
    LIFT = "lift", _("lift a hold")


S = OrderState
FOLLOWS: Final[Mapping[OrderState, frozenset[OrderState]]] = {
    S.PROPOSED: frozenset({S.CONFIRMED, S.WITHDRAWN}),
    S.CONFIRMED: frozenset(),
    S.WITHDRAWN: frozenset(),
}
