"""Rendering of refusals as RFC 9457 problem details."""

from typing import Any

from django.http import HttpRequest, JsonResponse

from market.kernel.errors import MarketError

CONTENT_TYPE = "application/problem+json"


def of(error: MarketError, *, instance: str) -> dict[str, Any]:
    """The body: `type` is the path of a page that explains the refusal."""
    return error.extra | {
        "type": f"/problems/{error.slug()}",
        "title": str(error.title),
        "status": int(error.status),
        "detail": str(error.detail),
        "instance": instance,
    }


def answer(request: HttpRequest, error: MarketError) -> JsonResponse:
    """The refusal as a response, with Retry-After where it names a time."""
    response = JsonResponse(
        of(error, instance=request.path),
        status=int(error.status),
        content_type=CONTENT_TYPE,
        json_dumps_params={"ensure_ascii": False},
    )
    if "retry_after_s" in error.extra:
        response.headers["Retry-After"] = str(error.extra["retry_after_s"])
    return response
