"""Chinese first: a reader's stored choice wins, else Chinese; the browser's list is not asked."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

KNOWN = {code for code, _ in settings.LANGUAGES}


class LanguageMiddleware:
    """Switches the language for one request; API answers follow Accept-Language when it names ours first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        if request.path.startswith("/api/") and language not in KNOWN:
            language = "zh-hans" if request.headers.get("Accept-Language", "").startswith("zh") else "en"
        with translation.override(language if language in KNOWN else settings.LANGUAGE_CODE):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", request.LANGUAGE_CODE or settings.LANGUAGE_CODE)
        return response
