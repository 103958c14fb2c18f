"""How a refusal of a verb reaches the reader: beside its field, in a box on the same page, or as a page of its own."""

from collections.abc import Callable, Iterator
from http import HTTPStatus

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from market.kernel.errors import Invalid, MarketError


def explain(form: forms.BaseForm, error: MarketError, *, prefix: str = "") -> None:
    """Put a refusal into a form: each wrong field beside its field, all else on top. What was typed stays.

    prefix: what the verb writes before the names of these fields (`usage.`).
    Usage: `except MarketError as error: refusals.explain(form, error)`, then render the form again with status 422.
    """
    if not isinstance(error, Invalid):
        form.add_error(None, str(error.detail))
        return
    for each in error.fields:
        sentence = gettext(", ").join(part for part in (each["reason"], each["fix"]) if part)
        if (name := each["field"].removeprefix(prefix)) in form.fields:
            form.add_error(name, sentence)
        else:
            form.add_error(None, f"{each['field']}: {sentence}")


def place(form: forms.BaseForm, error: MarketError) -> MarketError | None:
    """Put wrong fields beside their fields (None), and answer every other refusal, for the box above the form."""
    if isinstance(error, Invalid):
        explain(form, error)
        return None
    return error


def page(request: HttpRequest, error: MarketError) -> HttpResponse:
    """The refusal as a page, or for htmx as the box at the top of the page that is already open."""
    context = {"refusal": error, "status": int(error.status)}
    if getattr(request, "htmx", False):
        response = render(request, "components/refusal.html", context, status=int(error.status))
        response["HX-Retarget"] = "#refusal"
        response["HX-Reswap"] = "innerHTML show:top"
        return _come_back(response, error)
    missing = error.status == HTTPStatus.NOT_FOUND
    template = "frontend/errors/404.html" if missing else "frontend/errors/refused.html"
    return _come_back(render(request, template, context, status=int(error.status)), error)


def _come_back(response: HttpResponse, error: MarketError) -> HttpResponse:
    """Say to programs, too, when it is worth trying again."""
    if "retry_after_s" in error.extra:
        response.headers["Retry-After"] = str(error.extra["retry_after_s"])
    return response


class RefusalMiddleware:
    """Turns a MarketError that a page view let through into a page with its status; the API renders its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A page for refusals; faults of ours go on to the 500 page."""
        return page(request, exception) if isinstance(exception, MarketError) else None


def known(base: type[MarketError] = MarketError) -> Iterator[type[MarketError]]:
    """Every class of refusal that the loaded rooms can raise, the base first."""
    yield base
    for child in base.__subclasses__():
        yield from known(child)
