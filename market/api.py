"""The one API: routers of all rooms, authentication, and the rendering of refusals."""

import logging
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _t
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, AuthorizationError, HttpError, ValidationError
from ninja.parser import Parser

from market import doors
from market.authentication import KeyAuth, MemberSession
from market.kernel import problems
from market.kernel.errors import (
    FieldProblem,
    Invalid,
    MarketError,
    NotAllowed,
    NotFound,
    NotSignedIn,
    TooLarge,
    Unavailable,
    Unreadable,
)

logger = logging.getLogger(__name__)
RETRY_AFTER_S: Final = 2  # the database of an embedded run is back by then


class StrictParser(Parser):
    """No NUL and no lone surrogates in what comes in: no database column can hold them. Raises Invalid by the field."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The JSON body. Raises Unreadable where it is no JSON."""
        try:
            body = super().parse_body(request)
        except (ValueError, RecursionError) as error:
            raise Unreadable(_t("Send JSON in UTF-8, not nested too deep.")) from error
        _refuse_odd_text(body, ())
        return body

    def parse_querydict(self, data: Any, list_fields: list[str], request: HttpRequest) -> Any:
        """Query and form fields."""
        found = super().parse_querydict(data, list_fields, request)
        _refuse_odd_text(found, ())
        return found


def _refuse_odd_text(value: Any, path: tuple[str, ...]) -> None:
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
            field = ".".join(path) or "body"
            raise Invalid.field(_plain(field), _t("holds a NUL or half a character"), _t("send whole characters"))
    elif isinstance(value, dict):
        for name, member in value.items():
            _refuse_odd_text(name, (*path, str(name)))
            _refuse_odd_text(member, (*path, str(name)))
    elif isinstance(value, list):
        for number, member in enumerate(value):
            _refuse_odd_text(member, (*path, str(number)))


def _plain(field: str) -> str:
    return field.encode("utf-8", "replace").decode().replace("\0", "?")


# Keys first: with the session first, ninja's CSRF check would refuse every POST that comes with a key.
api = NinjaAPI(
    title="Data-element market",
    version="1",
    urls_namespace="api",
    docs_url=None,
    openapi_url="/openapi.json",
    auth=[KeyAuth(), MemberSession()],
    parser=StrictParser(),
)
ROUTERS = {
    "": "market.participants.api.router",
    "/log": "provenance.api.router",
    "/listings": "listings.api.router",
    "/contracts": "contracts.api.router",
    "/settlement": "settlement.api.router",
    "/delivery": "delivery.api.router",
    "/supervision": "supervision.api.router",
}
for prefix, router in ROUTERS.items():
    api.add_router(prefix, import_string(router))
doors.state(api)


@api.exception_handler(MarketError)
def render_refusal(request: HttpRequest, error: MarketError) -> HttpResponse:
    """Refusals of verbs and doors."""
    return problems.answer(request, error)


@api.exception_handler(OperationalError)
@api.exception_handler(InterfaceError)
def render_away(request: HttpRequest, error: Exception) -> HttpResponse:
    """The database is away or ended the transaction: nobody can say whether a change took effect, asking can."""
    logger.error("%s %s: the database did not answer", request.method, request.path, exc_info=error)
    detail = _t("The database does not answer. Send the same request again in a moment.")
    return problems.answer(request, Unavailable(detail, retry_after_s=RETRY_AFTER_S))


@api.exception_handler(ValidationError)
def render_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """A payload that does not fit its schema: which field, why."""
    fields = [
        FieldProblem(
            field=".".join(str(part) for part in each["loc"][2:]) or str(each["loc"][-1]),
            reason=each["msg"],
            fix="",
        )
        for each in error.errors
    ]
    return problems.answer(request, Invalid(fields))


@api.exception_handler(AuthenticationError)
def render_unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """No key, a wrong key, or no session."""
    return problems.answer(request, NotSignedIn(_t("Send a key as Authorization: Bearer, or sign in.")))


@api.exception_handler(AuthorizationError)
def render_forbidden(request: HttpRequest, error: AuthorizationError) -> HttpResponse:
    """Refused by the framework, e.g. for CSRF."""
    return problems.answer(request, NotAllowed())


@api.exception_handler(Http404)
def render_missing(request: HttpRequest, error: Http404) -> HttpResponse:
    """Nothing at this address."""
    return problems.answer(request, NotFound())


@api.exception_handler(UnreadablePostError)
def render_cut(request: HttpRequest, error: UnreadablePostError) -> HttpResponse:
    """A body that broke off: nothing of it was kept."""
    return problems.answer(request, Unreadable(_t("It broke off before the end that its Content-Length states.")))


@api.exception_handler(RequestDataTooBig)
def render_too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    """JSON or form fields beyond what is held in memory; files have limits of their own."""
    return problems.answer(request, TooLarge(limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE))


@api.exception_handler(MultiPartParserError)
def render_malformed(request: HttpRequest, error: MultiPartParserError) -> HttpResponse:
    """A form that is not what its Content-Type says."""
    return problems.answer(request, Unreadable(_t("It is no form as its Content-Type says.")))


@api.exception_handler(HttpError)
def render_http(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What the framework itself refuses, and what it wrapped: our own refusal of a body lies under its 400."""
    if error.status_code == HTTPStatus.BAD_REQUEST:
        cause = error.__cause__
        return problems.answer(request, cause if isinstance(cause, MarketError) else Unreadable())
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": str(error),
        "status": error.status_code,
        "instance": request.path,
    }
    return JsonResponse(body, status=error.status_code, content_type=problems.CONTENT_TYPE)
