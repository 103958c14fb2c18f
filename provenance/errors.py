"""Refusals of the log, and the one way in which it stops."""

from http import HTTPStatus
from typing import Final

from django.utils.translation import gettext_lazy as _

from market.kernel.errors import Conflict, MarketError, NotFound, Unavailable


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


class ErasureOpen(Conflict):
    """There is an open erasure on the same subject: carry it out or withdraw it."""

    title = _("An erasure is open already")


RESTORE: Final = "manage.py log restore"
REPAIR: Final = "manage.py log repair"
DEEP: Final = "manage.py verify --deep"


class LogHalted(Exception):
    """The sequencer stops with this sentence rather than sign something false. Trades go on without it.

    remedy: the command that repairs this case, if one does.
    """

    def __init__(self, sentence: str, *, remedy: str = "") -> None:
        super().__init__(f"{sentence} To repair: {remedy}" if remedy else sentence)
        self.remedy = remedy
