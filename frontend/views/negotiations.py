"""Negotiations: the request, the talks turn by turn, the counter-offer, the end."""

from dataclasses import replace
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contracts import negotiations, reminders
from contracts.models import Side
from contracts.queries import negotiations as asked
from contracts.queries import offers, trades
from contracts.queries.negotiations import NegotiationDetail
from contracts.turns import TRADERS, Ask
from frontend import answers, formats, menus, paging, refusals, turns
from frontend.forms.negotiations import CounterForm, ReasonForm, RequestForm
from frontend.turns import Action
from frontend.views import trades as trade_pages
from market import access
from market.kernel.errors import MarketError
from market.participants.members import TRADING_ROLES, Member, Role
from market.requests import MemberRequest

# Who may answer with other terms, by what is asked of them.
COUNTERED: Final = {Ask.ANSWER_REQUEST: negotiations.offer, Ask.ANSWER_OFFER: negotiations.counter}


@require_safe
@access.allow(*TRADING_ROLES)
def listing(request: MemberRequest) -> HttpResponse:
    """The organisation's negotiations on both sides."""
    shown = request.GET.get("shown", "open")
    shown = shown if shown in asked.SHOWN else "open"
    page = asked.negotiation_page(request.member, shown=shown, number=paging.number(request))
    words = {"open": pgettext("negotiations", "Open"), "ended": _t("Ended"), "all": _t("All")}
    tabs = [
        {"url": f"?shown={each}", "label": words[each], "count": None, "is_current": each == shown}
        for each in asked.SHOWN
    ]
    rows = [(row, turns.whose(row.turn, row.side) if row.turn else "") for row in page.rows]
    context = {"rows": rows, "tabs": tabs, "pager": paging.pager(request, page), "shown": shown}
    return render(request, "frontend/negotiations/listing.html", context)


@require_safe
@access.allow(*TRADING_ROLES)
def detail(request: MemberRequest, negotiation_id: UUID) -> HttpResponse:
    """What lies on the table and how it came there."""
    return _page(request, asked.negotiation_detail(request.member, negotiation_id))


@require_POST
@access.allow(*TRADERS)
def counter(request: MemberRequest, negotiation_id: UUID) -> HttpResponse:
    """Answer with other terms; whichever side's turn it is."""
    found = asked.negotiation_detail(request.member, negotiation_id)
    form = CounterForm(request.POST, usage=found.usage, days=found.acceptance_days)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    values = form.cleaned_data
    step = negotiations.offer if found.row.side == Side.SUPPLIER else negotiations.counter
    try:
        step(
            negotiation_id,
            price_minor=values["price_minor"],
            policy=values.get("policy"),
            acceptance_days=values["acceptance_days"],
            silence_accepts=values["silence_accepts"],
            note=values["note"],
            by=request.member,
        )
    except MarketError as error:
        refusal = refusals.place(form, error)
        return _page(request, found, form, refusal=refusal, status=int(error.status))
    messages.success(request, _t("The other terms are on the table. It is the other side's turn."))
    return answers.see_other("frontend:negotiation", negotiation_id)


@require_POST
@access.allow(*TRADERS)
def accept(request: MemberRequest, negotiation_id: UUID) -> HttpResponse:
    """The buyer accepts the counter-offer."""
    try:
        negotiations.accept(negotiation_id, by=request.member)
    except MarketError as error:
        found = asked.negotiation_detail(request.member, negotiation_id)
        return _page(request, found, refusal=error, status=int(error.status))
    messages.success(request, _t("Accepted. The supplier signs next."))
    return answers.see_other("frontend:negotiation", negotiation_id)


@require_http_methods(["GET", "HEAD", "POST"])
@access.allow(*TRADERS)
def end(request: MemberRequest, negotiation_id: UUID) -> HttpResponse:
    """End the talks; asks for the reason first."""
    found = asked.negotiation_detail(request.member, negotiation_id)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    refusal, status = None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                negotiations.terminate(negotiation_id, reason=form.cleaned_data["reason"], by=request.member)
            except MarketError as error:
                refusal = refusals.place(form, error)
                status = int(error.status)
            else:
                messages.success(request, _t("The negotiation has ended."))
                return answers.see_other("frontend:negotiation", negotiation_id)
    context = {"found": found, "form": form, "refusal": refusal, "crumbs": _crumbs(found, here=_t("End"))}
    return render(request, "frontend/negotiations/end.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@access.allow(*TRADERS)
def ask(request: MemberRequest, offer_id: UUID) -> HttpResponse:
    """The buyer asks for an offer: purpose, and its price or another one."""
    offer = offers.offer_detail(request.member, offer_id)
    price = formats.money(offer.price_minor, offer.currency, language=get_language())
    form = RequestForm(
        request.POST if request.method == "POST" else None,
        purposes=offer.purposes,
        price=price,
        is_negotiable=offer.is_negotiable,
    )
    refusal, status = None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = negotiations.request(
                    offer_id,
                    purpose=form.cleaned_data["purpose"],
                    price_minor=form.price,
                    note=form.cleaned_data["note"],
                    by=request.member,
                )
            except MarketError as error:
                offer = offers.offer_detail(request.member, offer_id)  # it may have moved on meanwhile
                refusal = refusals.place(form, error)
                status = int(error.status)
            else:
                return answers.see_other("frontend:negotiation", made.id)
    product = menus.address("frontend:product", offer.product_id)
    crumbs = [{"label": offer.title, "url": product}, {"label": _t("Request"), "url": ""}] if product else []
    context = {"offer": offer, "form": form, "refusal": refusal, "crumbs": crumbs}
    return render(request, "frontend/negotiations/request.html", context, status=status)


@require_POST
@access.allow(*TRADERS)
def remind(request: MemberRequest, negotiation_id: UUID) -> HttpResponse:
    """Ask the other side once more; back to the page of the trade, or of the talks while there is none."""
    found = asked.negotiation_detail(request.member, negotiation_id)
    trade_id = found.row.trade_id
    try:
        reminders.remind(negotiation_id, by=request.member)
    except MarketError as error:
        status = int(error.status)
        if trade_id is None:
            return _page(request, found, refusal=error, status=status)
        return trade_pages.page(request, trades.trade_detail(request.member, trade_id), refusal=error, status=status)
    messages.success(request, _t("The other side was reminded, and the reminder is recorded."))
    if trade_id is None:
        return answers.see_other("frontend:negotiation", negotiation_id)
    return answers.see_other("frontend:trade", trade_id)


def _page(
    request: MemberRequest,
    found: NegotiationDetail,
    form: CounterForm | None = None,
    *,
    refusal: MarketError | None = None,
    status: int = 200,
) -> HttpResponse:
    turn = found.row.turn
    is_ours = turn is not None and turn.side == found.row.side
    can_counter = is_ours and turn is not None and turn.ask in COUNTERED and request.member.has(*TRADERS)
    if form is None and can_counter:
        form = CounterForm.of_table(
            usage=found.usage, price_minor=found.row.price_minor, acceptance_days=found.acceptance_days
        )
    context = {
        "found": found,
        "row": found.row,
        "form": form if can_counter or (form and form.is_bound) else None,
        "refusal": refusal,
        "turn": _turn_box(found, request.member),
        "can_end": turn is not None and request.member.has(*TRADERS),
        "crumbs": _crumbs(found),
    }
    return render(request, "frontend/negotiations/detail.html", context, status=status)


def _turn_box(found: NegotiationDetail, member: Member) -> turns.TurnBox | None:
    turn = found.row.turn
    if turn is None:
        return None
    contract = reverse("frontend:contract", args=[found.row.id])
    other_terms = Action(_t("Answer with other terms"), "#counter")
    read = Action(_t("Read the contract, then sign"), contract, kind="filled")
    actions: list[Action] = []
    if turn.ask == Ask.ANSWER_REQUEST:
        actions = [read, other_terms]
        if not member.has(Role.SIGNATORY):  # a trader negotiates, only a signatory signs
            actions = [replace(other_terms, kind="filled"), replace(read, label=_t("Read the contract"), kind="")]
    elif turn.ask == Ask.ANSWER_OFFER:
        url = reverse("frontend:negotiation_accept", args=[found.row.id])
        actions = [Action(_t("Accept the counter-offer"), url, kind="filled", is_get=False), other_terms]
    else:
        actions = [read]
    return turns.box(
        turn,
        side=found.row.side,
        member=member,
        actions=actions,
        also=[] if turn.side == found.row.side else [turns.reminder(turn, found.row.id)],
        is_held=bool(found.holds),
    )


def _crumbs(found: NegotiationDetail, here: str = "") -> list[dict[str, str]]:
    up = (_t("Negotiations"), reverse("frontend:negotiations"))
    if not here:
        return answers.crumbs(up, (found.row.title, ""))
    return answers.crumbs(up, (found.row.title, reverse("frontend:negotiation", args=[found.row.id])), (here, ""))
