"""Refusals of this room."""

from http import HTTPStatus

from django.utils.translation import gettext_lazy as _

from market.kernel.errors import Conflict, MarketError, NotAllowed


class OwnOffer(NotAllowed):
    """A supplier may not buy from itself (no wash trades)."""

    title = _("A supplier may not buy its own product")


class NegotiationOpen(Conflict):
    """There is an open negotiation on this offer."""

    title = _("A negotiation on this offer is open already")


class NotYourTurn(NotAllowed):
    """The other side has to move."""

    title = _("It is the other side's turn")


class TermsIncomplete(Conflict):
    """A mandatory clause is empty, so nothing can be signed."""

    title = _("A mandatory clause is empty")


class WrongSignature(MarketError):
    """The signature does not verify under that key over the draft's bytes."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = _("The signature does not verify")


class UnknownKey(MarketError):
    """The key is not a live key of the signatory and the organisation."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = _("This key may not sign here")


class TextChanged(Conflict):
    """What is to be signed is not what was read: the terms changed in between. Nothing was signed."""

    title = _("The text has changed since it was read")


class Disputed(Conflict):
    """An open dispute stops this step."""

    title = _("A dispute is open")
