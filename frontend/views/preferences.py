"""The reader's choices: theme, language, and the organisation they act for. Plain forms that need no script."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST

from frontend.context import THEME_COOKIE, THEMES
from market import access
from market.kernel.errors import Invalid
from market.participants import seats

YEAR_S = 365 * 24 * 3600


@require_POST
@access.allow(access.PUBLIC)
def theme(request: HttpRequest) -> HttpResponse:
    """Keep `light` or `dark` in a cookie; anything else follows the system again."""
    response = _back(request)
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        _keep(response, THEME_COOKIE, chosen)
    else:
        response.delete_cookie(THEME_COOKIE, samesite="Lax")
    return response


@require_POST
@access.allow(access.PUBLIC)
def language(request: HttpRequest) -> HttpResponse:
    """Keep the language of the pages in a cookie. Raises Invalid for one the market does not speak."""
    chosen = request.POST.get("language", "")
    if chosen not in dict(settings.LANGUAGES):
        raise Invalid.field("language", _t("is not a language of this market"), _t("choose 中文 or English"))
    response = _back(request)
    _keep(response, settings.LANGUAGE_COOKIE_NAME, chosen)
    return response


@require_POST
@access.allow(access.SIGNED_IN)
def seat(request: HttpRequest) -> HttpResponse:
    """Act for another of one's organisations. Raises Invalid for a malformed id, NotAllowed without a membership."""
    try:
        organisation_id = UUID(request.POST.get("organisation", ""))
    except ValueError as error:
        raise Invalid.field("organisation", _t("is not an organisation"), _t("choose one from the menu")) from error
    seats.choose(request, organisation_id)
    return HttpResponseRedirect("/")


def _keep(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name, value, max_age=YEAR_S, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE, httponly=True
    )


def _back(request: HttpRequest) -> HttpResponseRedirect:
    """To the page the choice was made on, never to another site."""
    address = request.POST.get("next", "/")
    is_ours = url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    return HttpResponseRedirect(address if is_ours else "/")
