"""What a reader sees when a page cannot be shown: what happened, why, and what can be done now."""

import logging
import secrets
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext

from frontend import context
from market import unanswered
from market.kernel import clock, problems

logger = logging.getLogger(__name__)

# Without 0 O 1 I L: a reference is read out over the telephone.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: this reader may not see the page."""
    return _page(request, "frontend/errors/403.html", 403)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose proof of origin is missing or old: nothing was sent on."""
    return _page(request, "frontend/errors/stale_form.html", 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: nothing stands at this address, or it is not for this reader."""
    return _page(request, "frontend/errors/404.html", 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, with a reference that the log holds too. Asks neither database nor session: they may be what failed."""
    reference = new_reference()
    logger.error("reference %s: %s %s", reference, request.method, request.path)
    is_reading = request.method in SAFE_METHODS
    if request.path.startswith(unanswered.API):
        return _fault(request, reference)
    frame = context.Frame(request)
    html = render_to_string(
        "frontend/errors/500.html",
        {
            "frame": {"name": frame.name, "theme": frame.theme, "demonstration": settings.DEMONSTRATION},
            "reference": reference,
            # Opening a page changes nothing; after a sent form nobody here can promise that.
            "is_reading": is_reading,
            "address": request.get_full_path() if is_reading else "",
        },
    )
    return whole_page(HttpResponse(html, status=500))


def _fault(request: HttpRequest, reference: str) -> HttpResponse:
    """A fault of ours as a program reads it: no refusal of the market, so it has no page of its own."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus.INTERNAL_SERVER_ERROR.phrase,
        "status": 500,
        "detail": gettext("Ask for the present state before the step is repeated: it may have been taken."),
        "instance": request.path,
        "reference": reference,
    }
    return JsonResponse(body, status=500, content_type=problems.CONTENT_TYPE, json_dumps_params={"ensure_ascii": False})


def whole_page(response: HttpResponse) -> HttpResponse:
    """Tell htmx to put the page in place of the whole open one, wherever its answer was meant to go."""
    response["HX-Retarget"] = "#main"
    response["HX-Reselect"] = "#main"
    response["HX-Reswap"] = "outerHTML show:window:top"
    return response


def _page(request: HttpRequest, template: str, status: int) -> HttpResponse:
    return whole_page(render(request, template, status=status))


def new_reference() -> str:
    """E-7F3K-20261123: four random characters and the day in UTC."""
    mark = "".join(secrets.choice(ALPHABET) for _ in range(4))
    return f"E-{mark}-{clock.now():%Y%m%d}"
