"""The catalogue: search, facets and list under one address; on phones the facets are a page of their own."""

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from frontend import facets, formats, listings
from listings import search
from listings.search import Found, Question
from listings.search.asking import Sort, usual_sort
from market import access, holds
from market.kernel import clock

SORTS: Final[dict[Sort, str | Promise]] = {
    "match": _("Best match"),
    "newest": _("Newest"),
    "trades": _("Most traded"),
    "cheapest": _("Cheapest first"),
    "dearest": _("Dearest first"),
}


@require_safe
@access.allow(access.PUBLIC, ceiling="look_up")
def index(request: HttpRequest) -> HttpResponse:
    """The answer to the address; for htmx only what changes with it."""
    found = search.find(search.question(request.GET))
    is_part = bool(getattr(request, "htmx", False))
    response = render(request, f"frontend/catalogue/index.html{'#results' if is_part else ''}", _context(found))
    patch_vary_headers(response, ["HX-Request"])
    if is_part:
        # The address bar holds what can be shared, not every field that the form sent.
        response["HX-Push-Url"] = facets.address(found.question)
    return response


@require_safe
@access.allow(access.PUBLIC, ceiling="look_up")
def filters(request: HttpRequest) -> HttpResponse:
    """The facets alone, for narrow screens; its form leads back to the list."""
    found = search.find(search.question(request.GET))
    button = ngettext("Show %(count)s product", "Show %(count)s products", found.total) % {"count": f"{found.total:,}"}
    context = {
        "question": found.question,
        "facets": facets.of(found),
        "chips": facets.chips(found),
        "back": facets.address(found.question),
        "button": button,
        "sort": _sort_said(found.question),
    }
    return render(request, "frontend/catalogue/filters.html", context)


def _context(found: Found) -> dict[str, Any]:
    question = found.question
    rows = found.rows
    subjects = {each for row in rows for each in (row.version_id, row.product_id, row.supplier_id)}
    held = holds.among(subjects) if rows else set()
    return {
        "question": question,
        "total": f"{found.total:,}",
        "said": _said(found),
        "is_empty_market": found.market_total == 0,
        "lines": listings.lines(listings.cards(rows, wanted=question.words, held=held)),
        "facets": facets.of(found),
        "chips": facets.chips(found),
        "clear_url": facets.address(Question()),
        "filters_url": facets.address(question, route="frontend:catalogue_filters"),
        "sorts": [
            (code, name, code == question.sort) for code, name in SORTS.items() if code != "match" or question.words
        ],
        "sort": _sort_said(question),
        "pager": _pager(found),
        "empty": _empty(found) if found.total == 0 else None,
    }


def _sort_said(question: Question) -> str:
    """The order where it is not the usual one: what a form has to carry along."""
    return "" if question.sort == usual_sort(question.text) else question.sort


def _said(found: Found) -> str:
    numbers = {"total": f"{found.total:,}", "all": f"{found.market_total:,}", "count": found.question.chosen_count}
    if found.question.words and found.question.chosen_count:
        return _t("%(total)s meet the words and %(count)s filters, of %(all)s in the market") % numbers
    if found.question.words:
        return _t("%(total)s meet the words, of %(all)s in the market") % numbers
    if found.question.chosen_count:
        return (
            ngettext(
                "%(total)s meet %(count)s filter, of %(all)s in the market",
                "%(total)s meet %(count)s filters, of %(all)s in the market",
                found.question.chosen_count,
            )
            % numbers
        )
    return _t("%(all)s in the market") % numbers


def _pager(found: Found) -> dict[str, str]:
    question, size = found.question, settings.PAGE_SIZE
    first = (question.page - 1) * size + 1
    text = _t("%(first)s–%(last)s of %(total)s products, as of %(time)s") % {
        "first": f"{first:,}",
        "last": f"{first + len(found.rows) - 1:,}",
        "total": f"{found.total:,}",
        "time": formats.when(clock.now(), language=get_language()),
    }
    return {
        "text": text,
        "previous_url": facets.address(question.on(question.page - 1)) if question.page > 1 else "",
        "next_url": facets.address(question.on(question.page + 1)) if question.page < found.pages else "",
    }


def _empty(found: Found) -> dict[str, Any]:
    """Why there is nothing, and which questions nearby have answers."""
    question = found.question
    if found.market_total == 0:
        return {"title": _t("No product is listed yet"), "why": _t("A product is listed once its review has passed.")}
    count = question.chosen_count
    if question.words and not count:
        title = _t("No product holds “%(text)s”") % {"text": question.text}
    elif question.words:
        title = _t("No product holds “%(text)s” and meets the filters") % {"text": question.text}
    else:
        title = ngettext("No product meets this filter", "No product meets all %(count)d filters", count) % {
            "count": count
        }
    ways = []
    for way in found.ways_out:
        numbers = {"count": f"{way.total:,}"}
        go = ngettext("there is %(count)s", "there are %(count)s", way.total) % numbers
        ways.append({"label": _way(question, way.question, found), "url": facets.address(way.question), "go": go})
    why = _t("All %(count)s listed products were searched.") % {"count": f"{found.market_total:,}"}
    return {"title": title, "why": why, "ways": ways}


def _way(asked: Question, nearby: Question, found: Found) -> str:
    """What was left out of the question."""
    for group, values in asked.chosen.items():
        for value in values:
            if value not in nearby.chosen.get(group, ()):
                return _t("Without “%(name)s”") % {"name": facets.label_of(group, value, found)}
    if not nearby.text:
        return _t("Without the words “%(text)s”") % {"text": asked.text}
    return _t("Only “%(text)s”") % {"text": nearby.text}
