"""Fetching what was bought: declare the purpose, get the signed address; and the bundle that proves the trade."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods, require_safe

from contracts import certificates
from contracts.models import Side
from contracts.queries import parties, trades
from contracts.queries.trades import TradeDetail
from delivery import queries, uses
from frontend import answers, refusals
from frontend.forms.trades import DownloadForm
from frontend.views import trades as pages
from market import access
from market.kernel.errors import MarketError, NotFound
from market.participants.members import TRADING_ROLES
from market.requests import MemberRequest


@require_http_methods(["GET", "HEAD", "POST"])
@access.allow(*uses.USERS)
def download(request: MemberRequest, trade_id: UUID) -> HttpResponse:
    """Declare a purpose; the signed contract is asked, the use is counted, its address follows on the next page."""
    found = _of_buyer(request, trade_id)
    form = DownloadForm(request.POST if request.method == "POST" else None, purposes=found.agreement.purposes)
    refusal, status = None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and found.grant is not None:
            try:
                opened = uses.open(
                    found.grant.id,
                    purpose=form.cleaned_data["purpose"],
                    key=form.cleaned_data["key"],
                    by=request.member,
                )
            except MarketError as error:
                refusal = refusals.place(form, error)
                status = int(error.status)
            else:
                return answers.see_other("frontend:trade_use", trade_id, opened.use.id)
    context = {
        "found": found,
        "row": found.row,
        "form": form,
        "refusal": refusal,
        "crumbs": _crumbs(found, _t("Download")),
    }
    return render(request, "frontend/trades/download.html", context, status=status)


@require_safe
@access.allow(*uses.USERS)
def use(request: MemberRequest, trade_id: UUID, use_id: UUID) -> HttpResponse:
    """The address of an opened use, with the fingerprint to compare and how to go on after a break."""
    found = _of_buyer(request, trade_id)
    taken = queries.address_of(use_id, by=request.member)
    if found.grant is None or taken.grant_id != found.grant.id:
        raise NotFound
    context = {"found": found, "row": found.row, "taken": taken, "crumbs": _crumbs(found, _t("Download"))}
    return render(request, "frontend/trades/use.html", context)


@require_safe
@access.allow(*TRADING_ROLES)
def bundle(request: MemberRequest, trade_id: UUID) -> HttpResponse:
    """One file that proves the trade offline; refused while its last step has no place on the ledger."""
    trade = parties.trade_of_party(request.member, trade_id)
    try:
        data = certificates.bundle(trade, request.member)
    except MarketError as error:
        found = trades.trade_detail(request.member, trade_id)
        return pages.page(request, found, refusal=error, status=int(error.status))
    response = HttpResponse(data, content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{trade.number}.bundle.json"'
    return response


def _of_buyer(request: MemberRequest, trade_id: UUID) -> TradeDetail:
    found = trades.trade_detail(request.member, trade_id)
    if found.row.side != Side.BUYER or found.grant is None:
        raise NotFound(_t("Nothing can be downloaded here now."))
    return found


def _crumbs(found: TradeDetail, here: str) -> list[dict[str, str]]:
    return answers.crumbs(
        (_t("Trades"), reverse("frontend:trades")),
        (found.row.number, reverse("frontend:trade", args=[found.row.id])),
        (here, ""),
    )
