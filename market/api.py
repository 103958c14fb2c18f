"""The one API: routers of all rooms, authentication, and the rendering of refusals."""

import logging
from typing import Any, Final

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _t
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, AuthorizationError, HttpError, ValidationError
from ninja.parser import Parser

from market import doors
from market.authentication import KeyAuth, MemberSession
from market.kernel import problems
from market.kernel.errors import FieldProblem, Invalid, MarketError, NotAllowed, NotFound, NotSignedIn, Unavailable

logger = logging.getLogger(__name__)
RETRY_AFTER_S: Final = 2  # the database of an embedded run is back by then


class StrictParser(Parser):
    """No NUL and no lone surrogates in what comes in: no database column can hold them."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The JSON body; ninja answers 400 to the ValueError."""
        body = super().parse_body(request)
        _refuse_odd_text(body)
        return body

    def parse_querydict(self, data: Any, list_fields: list[str], request: HttpRequest) -> Any:
        """Query and form fields."""
        found = super().parse_querydict(data, list_fields, request)
        try:
            _refuse_odd_text(found)
        except ValueError as error:
            raise HttpError(400, "Cannot parse request") from error
        return found


def _refuse_odd_text(value: Any) -> None:
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError("NUL is not text")
        value.encode("utf-8")  # UnicodeEncodeError is a ValueError
    elif isinstance(value, dict):
        for name, member in value.items():
            _refuse_odd_text(name)
            _refuse_odd_text(member)
    elif isinstance(value, list):
        for member in value:
            _refuse_odd_text(member)


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


@api.exception_handler(HttpError)
def render_http(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What the framework itself refuses, e.g. a body that is not JSON."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": str(error),
        "status": error.status_code,
        "instance": request.path,
    }
    return JsonResponse(body, status=error.status_code, content_type=problems.CONTENT_TYPE)
