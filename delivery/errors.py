"""What this room refuses."""

from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext_lazy as _

from delivery import refusals
from market.kernel.errors import Conflict, MarketError, TooMany, Unavailable
from market.policy import Decision


class GrantDiffers(Conflict):
    """The reference has a grant for this file already, on other terms."""

    title = _("This delivery was opened on other terms")


class GrantClosed(MarketError):
    """Nothing more is delivered under this grant."""

    status = HTTPStatus.GONE
    title = _("This delivery has ended")


class UseRefused(MarketError):
    """The signed policy does not allow this use; `code`, `params` and `clause` say which part of it."""

    status = HTTPStatus.FORBIDDEN
    title = _("The agreement does not allow this use")

    def __init__(self, decision: Decision) -> None:
        self.decision = decision
        params: dict[str, Any] = {
            name: list(value) if isinstance(value, tuple) else value for name, value in decision.params.items()
        }
        super().__init__(refusals.sentence(decision), code=decision.code, clause=decision.clause, params=params)


class UseExpired(MarketError):
    """The minutes of this use are over, or it was closed: open another one."""

    status = HTTPStatus.GONE
    title = _("This address has expired")


class BadAddress(MarketError):
    """The address was not made by this market, or somebody changed it."""

    status = HTTPStatus.FORBIDDEN
    title = _("This address is not valid")


class RangeUnsatisfiable(MarketError):
    """The range lies outside the file."""

    status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    title = _("There are no such bytes in this file")


class TooManyRanges(TooMany):
    """One use answers a limited number of ranges."""

    title = _("This use has answered too many ranges")


class TooManyStreams(Unavailable):
    """Every line is taken: try again in some seconds."""

    title = _("All lines are taken")


class FileMissing(Unavailable):
    """The stored file is gone or is not as long as it was: nothing of it leaves."""

    title = _("The stored file cannot be read")
