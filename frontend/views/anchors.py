"""Anchors: which roots of the log stand on a chain, how far each is, and what hinders."""

from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from market import access
from provenance import anchors
from provenance.anchor_models import Anchoring

PAGE: Final = 20


@access.allow(access.PUBLIC)
def page(request: HttpRequest) -> HttpResponse:
    """How anchoring stands, then the anchors, the newest first."""
    before = request.GET.get("before", "")
    is_number = before.isascii() and before.isdigit() and len(before) < 17
    rows = anchors.latest(PAGE + 1, before=int(before) if is_number else None)
    standing = anchors.standing()
    context: dict[str, Any] = {
        "standing": standing,
        "problem": Anchoring.Problem(standing.problem).label if standing.problem else "",
        "rows": [(each, bytes(each.root).hex()) for each in rows[:PAGE]],
        "next_url": "?" + urlencode({"before": anchors.position(rows[PAGE - 1])}) if len(rows) > PAGE else "",
    }
    return render(request, "frontend/ledger/anchors.html", context)
