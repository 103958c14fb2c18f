"""The one API: routers of all rooms, authentication, and the rendering of refusals."""

import logging
import re
from functools import cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _t
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, AuthorizationError, HttpError, ValidationError
from ninja.security import HttpBearer, SessionAuth

from market import access
from market.kernel import problems
from market.kernel.errors import FieldProblem, Invalid, MarketError, NotAllowed, NotFound, NotSignedIn
from market.participants import keys, middleware, organisations
from market.participants.members import Member

logger = logging.getLogger(__name__)


class KeyAuth(HttpBearer):
    """A program's key: Authorization: Bearer dm_…"""

    def authenticate(self, request: HttpRequest, token: str) -> Member | None:
        """The member behind the key."""
        key = keys.find(token)
        if key is None:
            return None
        return _admitted(request, organisations.of(key.membership, frozenset(key.scopes)))


class MemberSession(SessionAuth):
    """The browser's session, with CSRF protection."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Member | None:
        """The member of the signed-in session."""
        member = middleware.of_session(request)
        if member is None and request.user.is_authenticated:
            raise NotAllowed(_t("Make or join an organisation first."))
        return _admitted(request, member) if member else None


def _admitted(request: HttpRequest, member: Member) -> Member:
    """Ask the door's rule before the payload is looked at: a stranger learns nothing from validation messages."""
    route = request.resolver_match.route if request.resolver_match else ""
    rule = _rules().get((str(request.method), _shape(route)))
    if rule is not None:
        access.check(rule, member, signed_in=True)
    return member


def _shape(route: str) -> str:
    """A route without the spelling of its parts: ninja writes {uuid:x}, Django <uuid:x>."""
    return re.sub(r"[{<](?:\w+:)?(\w+)[}>]", r"{\1}", route).strip("/")


@cache
def _rules() -> dict[tuple[str, str], access.AccessRule]:
    """The stated rule of every operation by method and route."""
    found: dict[tuple[str, str], access.AccessRule] = {}
    for prefix, router in api._routers:
        for path, operations in router.path_operations.items():
            for operation in operations.operations:
                rule = access.of(operation.view_func)
                for method in operation.methods if rule else ():
                    parts = ("api", prefix.strip("/"), path.strip("/"))
                    found[method, _shape("/".join(part for part in parts if part))] = rule  # type: ignore[assignment]
    return found


# Keys first: with the session first, ninja's CSRF check would refuse every POST that comes with a key.
api = NinjaAPI(
    title="Data-element market",
    version="1",
    urls_namespace="api",
    docs_url=None,
    openapi_url="/openapi.json",
    auth=[KeyAuth(), MemberSession()],
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


def problem(request: HttpRequest, error: MarketError) -> HttpResponse:
    """Any refusal as RFC 9457 problem details."""
    body = problems.of(error, instance=request.path)
    return JsonResponse(
        body,
        status=int(error.status),
        content_type=problems.CONTENT_TYPE,
        json_dumps_params={"ensure_ascii": False},
    )


@api.exception_handler(MarketError)
def render_refusal(request: HttpRequest, error: MarketError) -> HttpResponse:
    """Refusals of verbs and doors."""
    return problem(request, error)


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
    return problem(request, Invalid(fields))


@api.exception_handler(AuthenticationError)
def render_unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """No key, a wrong key, or no session."""
    return problem(request, NotSignedIn("Send a key as Authorization: Bearer, or sign in."))


@api.exception_handler(AuthorizationError)
def render_forbidden(request: HttpRequest, error: AuthorizationError) -> HttpResponse:
    """Refused by the framework, e.g. for CSRF."""
    return problem(request, NotAllowed())


@api.exception_handler(Http404)
def render_missing(request: HttpRequest, error: Http404) -> HttpResponse:
    """Nothing at this address."""
    return problem(request, NotFound())


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
