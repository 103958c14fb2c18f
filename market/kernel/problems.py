"""Rendering of refusals as RFC 9457 problem details."""

from typing import Any

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
