"""Help: how a trade goes, what every refusal means, and how accessible the pages are."""

import inspect
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from frontend import endpoints, formats, refusals
from market import access, rules
from market.kernel.errors import MarketError
from market.participants import terms as participant_terms

# What a reader can do, by status: every refusal of a class with this status has the same way out.
WAYS_OUT: Final[dict[int, Promise]] = {
    400: _("Change the request as the sentence says, and send it again."),
    401: _("Sign in, or send a key with the request."),
    403: _("Act for another organisation, or ask its administrator for the role that is named."),
    404: _("Check the address or number. What is not for this organisation looks the same as what does not exist."),
    409: _("Something else happened in the meantime. Open the page again, look at the present state, then decide."),
    405: _("Use one of the methods that the header Allow names."),
    410: _("It was withdrawn. Its record stays on the ledger; the step cannot be taken any more."),
    412: _("A newer version exists. Open the page again and repeat the change on it."),
    411: _("Send the body with its length, not in chunks."),
    416: _("Ask for a range that lies inside the file."),
    413: _("Send less at once; the limit is named in the sentence."),
    422: _("Correct the fields that are named and send the form again. What was typed is still there."),
    423: _("The hold names its reason and its legal basis. Once it is lifted the step can be taken."),
    429: _("Wait until the time that is named, then try again."),
    503: _("Something the market depends on does not answer. Try again in a few minutes."),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One class of refusal, explained."""

    slug: str
    title: str
    status: int
    meaning: str
    way_out: str


def explain(kind: type[MarketError]) -> Problem:
    """The class's own title and sentence, and the way out of its status. Raises KeyError for a status without one."""
    sentence = inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].replace("\n", " ")
    return Problem(
        slug=kind.slug(),
        title=str(kind.title),
        status=int(kind.status),
        meaning=_t(sentence) if sentence else "",
        way_out=str(WAYS_OUT[int(kind.status)]),
    )


@access.allow(access.PUBLIC)
def help_page(request: HttpRequest) -> HttpResponse:
    """How a trade goes, the words, and how to check the ledger oneself."""
    return render(request, "frontend/guide/help.html", {"terms_version": rules.current("terms.participant").version})


@access.allow(access.PUBLIC)
def programs(request: HttpRequest) -> HttpResponse:
    """The API: every address, what it does, who may call it, what it takes."""
    return render(request, "frontend/guide/api.html", {"rooms": endpoints.rooms()})


@access.allow(access.PUBLIC)
def terms(request: HttpRequest, version: int) -> HttpResponse:
    """What a participant accepts on admission; earlier versions stay readable."""
    found = participant_terms.VERSIONS.get(version)
    if found is None:
        raise Http404
    is_zh = formats.is_chinese(get_language())
    context = {
        "version": version,
        "is_current": rules.current("terms.participant").version == version,
        "sha256": participant_terms.sha256(version),
        "clauses": [(each.title_zh, each.zh) if is_zh else (each.title_en, each.en) for each in found],
    }
    return render(request, "frontend/guide/terms.html", context)


@access.allow(access.PUBLIC)
def accessibility(request: HttpRequest) -> HttpResponse:
    """What the pages promise to readers who do not use a mouse, a screen or scripts."""
    return render(request, "frontend/guide/accessibility.html")


@access.allow(access.PUBLIC)
def robots(request: HttpRequest) -> HttpResponse:
    """What crawlers leave alone (RFC 9309): desks, sign-in, the API. Listings and ledger are there to be found."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in ("/workbench/", "/desk/", "/accounts/", "/api/"))]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@access.allow(access.PUBLIC)
def problems(request: HttpRequest) -> HttpResponse:
    """Every refusal the market can answer with, by status."""
    found = {kind.slug(): kind for kind in refusals.known() if kind is not MarketError}
    rows = sorted((explain(kind) for kind in found.values()), key=lambda row: (row.status, row.slug))
    return render(request, "frontend/guide/problems.html", {"problems": rows})


@access.allow(access.PUBLIC)
def problem(request: HttpRequest, slug: str) -> HttpResponse:
    """One refusal: the page behind `type` in problem details."""
    kind = next((kind for kind in refusals.known() if kind.slug() == slug), None)
    if kind is None:
        raise Http404
    row = explain(kind)
    return render(request, "frontend/guide/problem.html", {"problem": row, "phrase": HTTPStatus(row.status).phrase})
