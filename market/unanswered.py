"""Problem details for what no endpoint answered: programs get JSON from every address under /api/."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from market.kernel import problems
from market.kernel.errors import MarketError, NotFound, WrongMethod

API: Final = "/api/"
_REFUSALS: Final[dict[int, type[MarketError]]] = {
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.METHOD_NOT_ALLOWED: WrongMethod,
}


class UnansweredMiddleware:
    """Renders Django's own refusals under /api/ (no such address, no such method) as RFC 9457 problem details."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        refusal = _REFUSALS.get(response.status_code)
        if (
            refusal is None
            or not request.path.startswith(API)
            or response.headers.get("Content-Type") == problems.CONTENT_TYPE
        ):
            return response
        answer = problems.answer(request, refusal())
        if "Allow" in response.headers:
            answer.headers["Allow"] = response.headers["Allow"]
        return answer
