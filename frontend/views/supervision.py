"""Trade supervision: what needs somebody, every open trade with whose turn it is, what has just happened; one trade."""

from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods, require_safe

from contracts import oversight
from contracts.oversight import Choice, WatchedRow, WatchedTrade
from contracts.turns import Turn
from frontend import answers, formats, kinds, paging, places, progress, refusals, subjects, turns
from frontend.forms.desk import ReasonForm
from frontend.forms.supervision import TradeFilterForm
from market import access
from market.holds import Scope
from market.kernel import clock, ids
from market.kernel.errors import MarketError
from market.participants.members import OPERATOR_ROLES, Member, Role
from market.places import district, sector
from market.requests import MemberRequest
from provenance import queries as log
from supervision import queries

LATE_S: Final = 60  # news and events older than this are behind


@require_safe
@access.allow(*oversight.READERS)
def overview(request: MemberRequest) -> HttpResponse:
    """The live view. For htmx only what changes by itself: figures, what needs somebody, the latest events."""
    member = request.member
    everything = oversight.stage_counts(member, Choice())
    live = _live(member, everything)
    if getattr(request, "htmx", False):
        return render(request, "frontend/desk/live.html", live | {"is_part": True})
    stage = request.GET.get("stage", "open")
    stage = stage if stage in oversight.STAGES else "open"
    form = TradeFilterForm(request.GET, by=member)
    choice = form.choice(stage)
    is_narrowed = bool(choice.words or choice.district)
    counts = oversight.stage_counts(member, choice) if is_narrowed else everything
    page = oversight.page(member, choice, counts=counts, number=paging.number(request))
    context = live | {
        "form": form,
        "rows": [_line(row) for row in page.rows],
        "tabs": _tabs(choice, counts),
        "stage": stage,
        "is_narrowed": is_narrowed,
        "reach": {
            "district": district(member.district) if member.district else "",
            "sector": str(sector(member.sector)) if member.sector else "",
        },
        "pager": paging.pager(request, page),
    }
    return render(request, "frontend/desk/supervision.html", context, status=422 if form.errors else 200)


def _tabs(choice: Choice, counts: dict[str, int]) -> list[dict[str, Any]]:
    words = {
        "open": _t("All open"),
        "sign": _t("To be signed"),
        "pay": _t("To be paid"),
        "fetch": _t("To be fetched"),
        "accept": _t("In acceptance"),
        "settle": _t("To be settled"),
        "disputed": _t("Objected to"),
        "held": _t("On hold"),
        "ended": _t("Finished"),
    }
    kept = {name: value for name, value in (("q", choice.words), ("district", choice.district)) if value}
    return [
        {
            "url": "?" + urlencode({"stage": stage} | kept),
            "label": words[stage],
            "count": counts.get(stage),
            "is_current": stage == choice.stage,
        }
        for stage in oversight.STAGES
        # A stage at which nothing can stand for long is shown when something does.
        if stage not in {"settle"} or counts.get(stage) or stage == choice.stage
    ]


def _line(row: WatchedRow) -> dict[str, Any]:
    language = get_language()
    return {
        "row": row,
        "url": reverse("frontend:desk_trade", args=[row.id]),
        "district": district(row.district),
        "whose": _whose(row.turn),
        "what": turns.SHORT[row.turn.ask] if row.turn else _t("settle"),
        "waited": formats.span(clock.now() - row.since),
        "since": formats.when(row.since, language=language, form="short"),
    }


def _whose(turn: Turn | None) -> str:
    return str(turn.side) if turn else "market"


def _live(member: Member, counts: dict[str, int]) -> dict[str, Any]:
    now = queries.overview(member)
    health = log.health()
    happened = queries.latest_of_trades(member)
    numbers = oversight.numbers(ids.from_urn(each.thread) for each in happened if each.thread)
    return {
        "at": now.at,
        "facts": _facts(member, counts, now, health),
        "needs": _needs(member, counts, now),
        "events": [_event(each, numbers) for each in happened],
    }


def _event(told: queries.Happening, numbers: dict[UUID, str]) -> dict[str, Any]:
    trade = ids.from_urn(told.thread) if told.thread else None
    number = numbers.get(trade, "") if trade else ""
    return {
        "what": kinds.words(told.kind),
        "at": formats.when(told.at, language=get_language(), form="short"),
        "number": number or str(told.values.get("number", "")),
        "url": reverse("frontend:desk_trade", args=[trade]) if number else "",
    }


def _facts(member: Member, counts: dict[str, int], now: queries.Overview, health: log.Health) -> list[dict[str, Any]]:
    language = get_language()
    stopped = [
        (counts["disputed"], _t("%(count)d objected to") % {"count": counts["disputed"]}),
        (counts["held"], _t("%(count)d on hold") % {"count": counts["held"]}),
    ]
    found: list[dict[str, Any]] = [
        {
            "label": _t("Open trades"),
            "value": f"{counts['open']:,}",
            "basis": _t(", ").join(text for count, text in stopped if count) or _t("none is stopped"),
        }
    ]
    escrow = oversight.in_escrow_minor(member)
    if escrow is not None:
        found.append(
            {
                "label": _t("In the %(account)s") % {"account": places.escrow_name()},
                "value": formats.money(escrow, "CNY", language=language, form="balance"),
                "basis": _t("paid by buyers, not yet released"),
            }
        )
    waits = (
        _t("%(count)d waiting, the longest %(seconds)d s")
        % {"count": health.pending, "seconds": health.oldest_pending_s}
        if health.pending
        else _t("nothing waits for its place")
    )
    found.append(
        {
            "label": _t("Ledger checkpoint"),
            "value": _t("%(span)s ago") % {"span": formats.span(now.at - health.signed_at)}
            if health.signed_at
            else _t("none yet"),
            "basis": _t("#%(size)s; %(waits)s") % {"size": f"{health.signed_size:,}", "waits": waits},
            "tone": "warn-text" if health.oldest_pending_s > LATE_S else "",
        }
    )
    found.append(
        {
            "label": _t("News behind"),
            "value": _t("%(seconds)d s") % {"seconds": now.news_oldest_s},
            "basis": ngettext("%(count)d message waits", "%(count)d messages wait", now.news_waiting)
            % {"count": now.news_waiting},
            "tone": "warn-text" if now.news_oldest_s > LATE_S else "",
        }
    )
    return found


def _needs(member: Member, counts: dict[str, int], now: queries.Overview) -> list[dict[str, Any]]:
    """What somebody has to look at, with its page; what nobody can act on here has none."""
    supervision, holds = reverse("frontend:supervision"), reverse("frontend:holds")
    is_ours = member.organisation_kind == "operator" and member.has(*OPERATOR_ROLES)
    admissions = reverse("frontend:admissions") if member.has(Role.REVIEWER, Role.AUDITOR) else ""
    standing = sum(now.holds_active.values()) if not member.district and not member.sector else 0
    listed = [
        (now.orders_open if is_ours else 0, _t("Orders that wait for a second person"), f"{holds}?shown=orders"),
        (counts["disputed"], _t("Trades with an objection"), f"{supervision}?stage=disputed"),
        (standing, _t("Holds that stand"), holds),
        (now.admissions_overdue if is_ours else 0, _t("Applications past their time limit"), admissions),
        (now.letters_given_up if is_ours else 0, _t("Letters that could not be delivered"), ""),
    ]
    return [{"count": f"{count:,}", "label": label, "url": url} for count, label, url in listed if count]


@require_http_methods(["GET", "HEAD", "POST"])
@access.allow(*oversight.READERS)
def trade(request: MemberRequest, trade_id: UUID) -> HttpResponse:
    """Ask why; then show the trade. A seat whose reach ends before it is refused, and that is recorded."""
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        number = oversight.require(trade_id, by=request.member).number
        return _page(request, number, form, status=422 if form.errors else 200)
    found = None
    try:
        found = oversight.read(trade_id, reason=form.cleaned_data["reason"], by=request.member)
    except MarketError as error:
        if refusals.place(form, error) is not None:
            raise
    if found is None:
        number = oversight.require(trade_id, by=request.member).number
        return _page(request, number, form, status=422)
    return _page(request, found.found.row.number, form, found=found)


def _page(
    request: MemberRequest, number: str, form: ReasonForm, *, found: WatchedTrade | None = None, status: int = 200
) -> HttpResponse:
    crumbs = answers.crumbs((_t("Trade supervision"), reverse("frontend:supervision")), (number, ""))
    context = {"number": number, "form": form, "crumbs": crumbs} | (_context(found, request.member) if found else {})
    response = render(request, "frontend/desk/trade.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _context(watched: WatchedTrade, member: Member) -> dict[str, Any]:
    found, row = watched.found, watched.found.row
    who = {"supplier": _t("supplier"), "buyer": _t("buyer"), "seat": _t("operator or authority")}
    turn = row.turn
    return {
        "found": found,
        "row": row,
        "facts": _trade_facts(watched),
        "places": places.places(found) if found.money else [],
        "steps": progress.steps(found) if watched.may_see_price else [],
        "whose": _whose(turn) if turn else "",
        "asked": str(turns.THEIRS[turn.ask]) % {"amount": ""} if turn else "",
        "holds": found.holds,
        "events": [
            {
                "what": kinds.words(each.entry.kind),
                "who": who.get(each.who, _t("market, by itself")),
                "entry": each.entry,
            }
            for each in watched.happened
        ],
        "contract_hash": found.agreement.sha256,
        "hold_links": [
            {"label": label, "url": subjects.hold_url(scope, subject, member)}
            for label, scope, subject in (
                (_t("Hold this trade"), Scope.TRADE, row.id),
                (_t("Hold the delivery"), Scope.DELIVERY, watched.grant_id),
                (_t("Hold the listing"), Scope.LISTING, watched.version_id),
                (_t("Hold the supplier"), Scope.PARTY, watched.supplier_id),
                (_t("Hold the buyer"), Scope.PARTY, watched.buyer_id),
            )
            if subject is not None and member.has(*subjects.MOVERS)
        ],
    }


def _trade_facts(watched: WatchedTrade) -> list[dict[str, Any]]:
    found, row, language = watched.found, watched.found.row, get_language()
    facts = [
        {"label": _t("Supplier"), "value": found.supplier, "basis": ""},
        {"label": _t("Buyer"), "value": found.buyer, "basis": ""},
        {
            "label": _t("District"),
            "value": district(watched.district),
            "basis": str(sector(watched.sector)),
        },
        {
            "label": _t("Begun"),
            "value": formats.when(row.created_at, language=language, form="date"),
            "basis": _t("ended %(day)s") % {"day": formats.when(found.ended_at, language=language, form="date")}
            if found.ended_at
            else _t("still open"),
        },
        {
            "label": _t("Contract"),
            "value": found.agreement.number,
            "basis": ngettext("%(count)d clause changed", "%(count)d clauses changed", found.agreement.changed)
            % {"count": found.agreement.changed}
            if found.agreement.changed
            else _t("standard terms"),
        },
        {"label": _t("Fingerprint"), "hash": found.agreement.sha256, "basis": _t("of the contract, SHA-256")},
    ]
    if watched.may_see_price:
        amount = formats.money(row.amount_minor, row.currency, language=language)
        facts.append({"label": _t("Amount"), "value": amount, "basis": found.plan})
    if found.grant:
        fetched = ngettext("fetched %(count)d time", "fetched %(count)d times", found.grant.use_count)
        size = formats.size(found.grant.file_bytes)
        facts.append({"label": _t("Delivery"), "value": size, "basis": fetched % {"count": found.grant.use_count}})
    return facts
