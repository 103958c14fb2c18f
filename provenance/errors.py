"""Refusals of the log, and the one way in which it stops."""

from http import HTTPStatus

from django.utils.translation import gettext_lazy as _

from market.kernel.errors import MarketError, NotFound, Unavailable


class NotYetLogged(Unavailable):
    """The event has happened and has no signed place in the log yet; it will have within seconds."""

    title = _("Not yet in the log")


class NoSuchSize(NotFound):
    """The log has no such index or never had that size."""

    title = _("The log has no such place")


class NoCheckpoint(MarketError):
    """The log has signed nothing yet, so there is nothing to prove against."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = _("The log has not begun")


class LogUnreadable(MarketError):
    """A published tile is missing or damaged where this process reads the log."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = _("The published log cannot be read")


class LogHalted(Exception):
    """The sequencer stops with this sentence rather than sign something false. Trades go on without it."""
