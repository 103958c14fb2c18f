"""Where a product, a trade or a resource comes from: as a page with a picture, or as PROV for programs."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from contracts import lineage
from frontend import kinds, lineages
from market import access
from market.participants.members import TRADING_ROLES, Member
from market.requests import MemberRequest
from provenance.prov import forms
from provenance.prov.graph import Graph, Kind


@require_safe
@access.allow(access.PUBLIC, ceiling="look_up")
def version(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Of a version, as far as it is public. Raises NotFound."""
    member: Member | None = getattr(request, "member", None) or None
    return _answer(request, lineage.of_version(version_id, reader=member), f"product-{version_id}")


@require_safe
@access.allow(*TRADING_ROLES)
def trade(request: MemberRequest, trade_id: UUID) -> HttpResponse:
    """Of a trade, for its parties. Raises NotFound."""
    return _answer(request, lineage.of_trade(trade_id, by=request.member), f"trade-{trade_id}")


@require_safe
@access.allow(*TRADING_ROLES)
def resource(request: MemberRequest, resource_id: UUID) -> HttpResponse:
    """Of a resource, for its supplier. Raises NotFound."""
    return _answer(request, lineage.of_resource(resource_id, by=request.member), f"resource-{resource_id}")


def _answer(request: HttpRequest, graph: Graph, name: str) -> HttpResponse:
    """The form that is asked for by ?format= or by Accept; 406 with the list of forms for any other."""
    wanted = forms.wanted(request.headers.get("Accept", ""), request.GET.get("format", ""))
    if wanted == forms.HTML:
        response = _page(request, graph)
    elif wanted is None:
        offered = "\n".join([*forms.WRITERS, forms.HTML, ""])
        response = HttpResponse(offered, status=406, content_type="text/plain; charset=utf-8")
    else:
        response = HttpResponse(forms.WRITERS[wanted](graph), content_type=f"{wanted}; charset=utf-8")
        ending = next(ending for ending, kind in forms.NAMES.items() if kind == wanted)
        response.headers["Content-Disposition"] = f'inline; filename="{name}.{ending}"'
    patch_vary_headers(response, ["Accept"])
    return response


def _page(request: HttpRequest, graph: Graph) -> HttpResponse:
    steps = [
        {"what": kinds.words(each.label), "at": each.at, "index": dict(each.said)["tlog:index"]}
        for each in sorted(graph.of(Kind.ACTIVITY), key=lambda each: int(dict(each.said)["tlog:index"]))
    ]
    context = {
        "picture": lineages.draw(graph, _t("Lineage")),
        "lines": lineages.lines(graph),
        "agents": [each.label for each in graph.of(Kind.AGENT) if each.label],
        "steps": steps,
        "forms": [("PROV-JSON", "json"), ("PROV-N", "provn"), ("PROV-O Turtle", "ttl"), ("PROV-O JSON-LD", "jsonld")],
    }
    return render(request, "frontend/ledger/lineage.html", context)
