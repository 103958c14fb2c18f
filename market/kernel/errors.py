"""Refusals. One class each, with the status and title that the outside sees (RFC 9457)."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, ClassVar, TypedDict

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise  # translated when it is shown


class FieldProblem(TypedDict):
    """One wrong field: which, why, and what to do."""

    field: str
    reason: str
    fix: str


class MarketError(Exception):
    """A refusal with a stable code. Anything else that is raised is a fault of ours and becomes a 500."""

    status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST
    title: ClassVar[Text] = _("The request was refused")

    def __init__(self, detail: Text = "", **extra: Any) -> None:
        self.detail = detail or self.title
        self.extra = extra
        super().__init__(str(self.detail))

    @classmethod
    def slug(cls) -> str:
        """The last part of the problem's address, e.g. illegal-transition."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()


class NotSignedIn(MarketError):
    """Nobody is signed in, or the key is unknown."""

    status = HTTPStatus.UNAUTHORIZED
    title = _("Sign in first")


class NotAllowed(MarketError):
    """The caller's role does not carry this step."""

    status = HTTPStatus.FORBIDDEN
    title = _("This role may not do this")


class NotFound(MarketError):
    """There is no such thing, or the caller may not know of it."""

    status = HTTPStatus.NOT_FOUND
    title = _("Not found")


class WrongMethod(MarketError):
    """The address is there, but not for this method; the header Allow names those that it takes."""

    status = HTTPStatus.METHOD_NOT_ALLOWED
    title = _("This address does not take that method")


class Conflict(MarketError):
    """The state of the thing does not allow the step."""

    status = HTTPStatus.CONFLICT
    title = _("The present state does not allow this")


class IllegalStep(Conflict):
    """A state machine has no such step."""

    title = _("This step is not possible now")


class Invalid(MarketError):
    """What was sent is wrong field by field; nothing was changed."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = _("Some fields need attention")

    def __init__(self, fields: Iterable[FieldProblem], detail: str = "") -> None:
        self.fields = list(fields)
        named = "; ".join(f"{each['field']}: {each['reason']}" for each in self.fields)
        super().__init__(detail or named, fields=self.fields)

    @classmethod
    def field(cls, field: str, reason: str, fix: str) -> "Invalid":
        """One wrong field."""
        return cls([FieldProblem(field=field, reason=reason, fix=fix)])


class TooMany(MarketError):
    """A limit on the number of calls."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    title = _("Too many requests")


class Unreadable(MarketError):
    """The request cannot be read: its body broke off, or is not what its Content-Type says."""

    title = _("The request cannot be read")


class LengthRequired(MarketError):
    """A body came in chunks without its length."""

    status = HTTPStatus.LENGTH_REQUIRED
    title = _("Send the Content-Length")


class TooLarge(MarketError):
    """A limit on size."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    title = _("Too large")


class Unavailable(MarketError):
    """Something the product depends on does not answer; try again."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = _("Not available now")
