"""The steps that people take in a trade: accept, object, answer, give up. Each asks once more before it acts."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods, require_POST

from contracts import certificates, disputes, papers, trade
from contracts.queries import parties, trades
from contracts.queries.trades import TradeDetail
from contracts.turns import TRADERS
from frontend import answers, menus, places, refusals
from frontend.forms.negotiations import ReasonForm
from frontend.forms.trades import AnswerForm, ObjectionForm
from frontend.views import trades as pages
from market import access
from market.kernel.errors import MarketError
from market.participants.members import TRADING_ROLES
from market.requests import MemberRequest
from provenance.models import Certificate

asks_once_more = require_http_methods(["GET", "HEAD", "POST"])


@asks_once_more
@access.allow(*TRADERS)
def accept(request: MemberRequest, trade_id: UUID) -> HttpResponse:
    """Accept what was delivered: the escrow is divided and the trade is closed."""
    found = trades.trade_detail(request.member, trade_id)
    words = pages.accept_words(found)
    return _step(
        request,
        found,
        forms.Form,
        lambda _values: trade.accept(found.period.id, by=request.member),
        words | {"kind": "filled", "here": _t("Acceptance"), "done": _t("Accepted. The trade is closed.")},
    )


@asks_once_more
@access.allow(*TRADERS)
def object_(request: MemberRequest, trade_id: UUID) -> HttpResponse:
    """Object to what was, or was not, delivered."""
    found = trades.trade_detail(request.member, trade_id)
    return _step(
        request,
        found,
        ObjectionForm,
        lambda values: disputes.open(found.period.id, reason=values["reason"], by=request.member),
        {
            "title": _t("Object to the delivery"),
            "text": _t(
                "The money stays where it is and silence accepts nothing, until the supplier gives it back"
                " or the objection is taken back."
            ),
            "verb": _t("Object"),
            "kind": "filled",
            "here": _t("Objection"),
            "done": _t("The objection is recorded. It is the supplier's turn."),
        },
    )


@asks_once_more
@access.allow(*TRADERS)
def withdraw(request: MemberRequest, trade_id: UUID, dispute_id: UUID) -> HttpResponse:
    """The buyer takes the objection back."""
    found = trades.trade_detail(request.member, trade_id)
    return _step(
        request,
        found,
        AnswerForm,
        lambda values: disputes.withdraw(dispute_id, answer=values["answer"], by=request.member),
        {
            "title": _t("Take the objection back?"),
            "text": _t("The days for acceptance go on where they stood still."),
            "verb": _t("Take it back"),
            "kind": "filled",
            "here": _t("Objection"),
            "done": _t("The objection is taken back."),
        },
    )


@asks_once_more
@access.allow(*TRADERS)
def concede(request: MemberRequest, trade_id: UUID, dispute_id: UUID) -> HttpResponse:
    """The supplier agrees with the objection: the escrow goes back and access ends."""
    found = trades.trade_detail(request.member, trade_id)
    amount = places.amount(found.row.amount_minor, found.row.currency)
    return _step(
        request,
        found,
        AnswerForm,
        lambda values: disputes.concede(dispute_id, answer=values["answer"], by=request.member),
        {
            "title": _t("Give %(amount)s back to the buyer?") % {"amount": amount},
            "text": _t(
                "It cannot be taken back. The buyer gets the whole amount, its access ends, and the trade is over."
            ),
            "verb": _t("Give %(amount)s back") % {"amount": amount},
            "kind": "danger",
            "here": _t("Objection"),
            "done": _t("The money goes back to the buyer; the trade is over."),
        },
    )


@asks_once_more
@access.allow(*TRADERS)
def cancel(request: MemberRequest, trade_id: UUID) -> HttpResponse:
    """Give an unpaid trade up."""
    found = trades.trade_detail(request.member, trade_id)
    return _step(
        request,
        found,
        ReasonForm,
        lambda values: trade.cancel(trade_id, reason=values["reason"], by=request.member),
        {
            "title": _t("Give the trade up?"),
            "text": _t(
                "Nothing was paid and nothing will be charged. Money that arrives later goes to the buyer's account."
            ),
            "verb": _t("Give it up"),
            "kind": "danger",
            "here": _t("Give up"),
            "done": _t("The trade was given up."),
        },
    )


@require_POST
@access.allow(*TRADING_ROLES)
def certify(request: MemberRequest, trade_id: UUID) -> HttpResponse:
    """The certificate of a trade, made at the first asking."""
    made = certificates.of(parties.trade_of_party(request.member, trade_id), by=request.member)
    if menus.address("frontend:certificate", made.id):
        return answers.see_other("frontend:certificate", made.id)
    return answers.see_other("frontend:trade", trade_id)


@require_POST
@access.allow(*TRADING_ROLES)
def certify_step(request: MemberRequest, trade_id: UUID, kind: str) -> HttpResponse:
    """The certificate of the trade's agreement, delivery or settlement, made at the first asking."""
    if kind not in papers.OF_TRADES:
        raise Http404
    trade = parties.trade_of_party(request.member, trade_id)
    made = papers.of_trade(trade, Certificate.Kind(kind), by=request.member)
    return answers.see_other("frontend:certificate", made.id)


def _step(
    request: MemberRequest,
    found: TradeDetail,
    kind: type[forms.Form],
    act: Callable[[dict[str, Any]], object],
    words: dict[str, str],
) -> HttpResponse:
    """Ask, act, go back to the trade; a refusal stands above the question with its own status."""
    form = kind(request.POST if request.method == "POST" else None)
    refusal, status = None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                act(form.cleaned_data)
            except MarketError as error:
                refusal = refusals.place(form, error)
                status = int(error.status)
            else:
                messages.success(request, words["done"])
                return answers.see_other("frontend:trade", found.row.id)
    context = {
        "found": found,
        "row": found.row,
        "form": form,
        "refusal": refusal,
        "words": words,
        "crumbs": answers.crumbs(
            (_t("Trades"), reverse("frontend:trades")),
            (found.row.number, reverse("frontend:trade", args=[found.row.id])),
            (words["here"], ""),
        ),
    }
    return render(request, "frontend/trades/step.html", context, status=status)
