"""Refusals of the log, and the one way in which it stops."""

from http import HTTPStatus

from django.utils.translation import gettext_lazy as _

from market.kernel.errors import Conflict, MarketError


class NotYetLogged(Conflict):
    """The event has happened and has no signed place in the log yet; it will have within seconds."""

    title = _("Not yet in the log")


class NoCheckpoint(MarketError):
    """The log has signed nothing yet, so there is nothing to prove against."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = _("The log has not begun")


class LogHalted(Exception):
    """The sequencer stops with this sentence rather than sign something false. Trades go on without it."""
