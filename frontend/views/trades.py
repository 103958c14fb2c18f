"""Trades: the list of both sides, and one trade from request to proof."""

from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from contracts import papers
from contracts.models import Side
from contracts.queries import trades
from contracts.queries.trades import TradeDetail
from contracts.states import PeriodState, TradeState
from contracts.turns import TRADERS, Ask
from frontend import answers, menus, paging, places, progress, turns
from frontend.turns import Action
from market import access
from market.kernel.errors import MarketError
from market.participants.members import TRADING_ROLES, Member
from market.requests import MemberRequest
from settlement import custody

SIDES: Final = {str(side): side for side in Side}


@require_safe
@access.allow(*TRADING_ROLES)
def listing(request: MemberRequest) -> HttpResponse:
    """The organisation's trades, by state and side."""
    shown = request.GET.get("shown", "running")
    shown = shown if shown in trades.SHOWN else "running"
    side = SIDES.get(request.GET.get("side", ""))
    page = trades.trade_page(request.member, shown=shown, side=side, number=paging.number(request))
    counts = trades.trade_counts(request.member)
    words = {"running": _t("Running"), "closed": _t("Closed"), "ended": _t("Ended early"), "all": _t("All")}
    chosen_side = f"&side={side}" if side else ""
    tabs = [
        {"url": f"?shown={each}{chosen_side}", "label": words[each], "count": counts[each], "is_current": each == shown}
        for each in trades.SHOWN
    ]
    sides = [
        {"url": f"?shown={shown}{query}", "label": label, "is_current": side == each}
        for each, query, label in (
            (None, "", _t("Both sides")),
            (Side.BUYER, "&side=buyer", _t("As the buyer")),
            (Side.SUPPLIER, "&side=supplier", _t("As the supplier")),
        )
    ]
    rows = [
        (row, turns.whose(row.turn, row.side) if row.turn else "", turns.SHORT[row.turn.ask] if row.turn else "")
        for row in page.rows
    ]
    context = {"rows": rows, "tabs": tabs, "sides": sides, "pager": paging.pager(request, page), "shown": shown}
    return render(request, "frontend/trades/listing.html", context)


@require_safe
@access.allow(*TRADING_ROLES)
def detail(request: MemberRequest, trade_id: UUID) -> HttpResponse:
    """Where the money is, whose turn it is, the seven steps, the papers."""
    return page(request, trades.trade_detail(request.member, trade_id))


def page(
    request: MemberRequest, found: TradeDetail, *, refusal: MarketError | None = None, status: int = 200
) -> HttpResponse:
    """The page of a trade, also with the refusal of a step that was tried on it."""
    row = found.row
    at = progress.position(found)
    context = {
        "found": found,
        "row": row,
        "amount": places.amount(row.amount_minor, row.currency),
        "refusal": refusal,
        "places": places.places(found),
        "steps": progress.steps(found),
        "step": at if 0 < at <= progress.STEPS else 0,
        "steps_all": progress.STEPS,
        "turn": turn_box(found, request.member),
        "accept": _accept_dialog(found, request.member),
        "deadlines": progress.deadlines(found),
        "files": _files(found),
        "certifiable": _certifiable(found, request.member),
        "pay_to": custody.account() if found.money and found.period.state == PeriodState.DUE else None,
        "can_answer": request.member.has(*TRADERS) and not found.holds,
        "crumbs": answers.crumbs((_t("Trades"), reverse("frontend:trades")), (row.number, "")),
    }
    return render(request, "frontend/trades/detail.html", context, status=status)


def _certifiable(found: TradeDetail, member: Member) -> list[tuple[str, str]]:
    """Steps of the trade that can have a certificate of their own, with their buttons."""
    words = {
        papers.Kind.AGREEMENT: _t("Certificate of agreement"),
        papers.Kind.DELIVERY: _t("Certificate of delivery"),
        papers.Kind.SETTLEMENT: _t("Certificate of settlement"),
    }
    if not member.has(*TRADING_ROLES):
        return []
    return [(str(kind), words[kind]) for kind in papers.OF_TRADES if found.last(papers.STANDS_ON[kind][-1])]


def turn_box(found: TradeDetail, member: Member) -> turns.TurnBox | None:
    """Whose turn it is and what this reader can press."""
    row, turn = found.row, found.row.turn
    if turn is None:
        return None
    amount = places.amount(row.amount_minor, row.currency)
    give_up = Action(_t("Give the trade up"), _url("trade_cancel", found), kind="link")
    object_ = Action(_t("Object"), _url("trade_object", found))
    actions: list[Action] = []
    also: list[Action] = []
    if turn.side != row.side:
        also.append(turns.reminder(turn, found.agreement.negotiation_id))
    match turn.ask:
        case Ask.SIGN_SECOND:
            url = reverse("frontend:contract", args=[found.agreement.negotiation_id])
            actions = [Action(_t("Read the contract, then sign"), url, kind="filled")]
        case Ask.PAY:
            actions = [Action(_t("See how to pay"), "#payment", kind="filled")]
            also.append(give_up)
        case Ask.FETCH:
            actions = [Action(_t("Download the data"), _url("trade_download", found), kind="filled"), object_]
        case Ask.ACCEPT:
            label = _t("Accept and release %(amount)s") % {"amount": amount} if row.amount_minor else _t("Accept")
            again = Action(_t("Download once more"), _url("trade_download", found), kind="link")
            actions = [
                Action(label, _url("trade_accept", found), kind="filled", dialog="accept"),
                object_,
                again,
            ]
        case Ask.ANSWER_DISPUTE if found.open_dispute is not None:
            dispute = found.open_dispute.id
            url = reverse("frontend:dispute_concede", args=[row.id, dispute])
            label = _t("Agree and give %(amount)s back") % {"amount": amount} if row.amount_minor else _t("Agree")
            actions = [Action(label, url, kind="danger")]
            if row.side == Side.BUYER:
                back = reverse("frontend:dispute_withdraw", args=[row.id, dispute])
                also.append(Action(_t("Take the objection back"), back))
    return turns.box(
        turn,
        side=row.side,
        member=member,
        actions=actions,
        also=also,
        amount=amount,
        silence_clause=found.agreement.silence_clause,
        is_held=bool(found.holds),
    )


def _url(name: str, found: TradeDetail) -> str:
    return reverse(f"frontend:{name}", args=[found.row.id])


def accept_words(found: TradeDetail) -> dict[str, str]:
    """The question before acceptance, its consequence in numbers, and the verb."""
    row, shares = found.row, found.shares
    if shares is None:
        return {
            "title": _t("Accept the data?"),
            "text": _t("It cannot be taken back. The trade is closed; access goes on as the contract says."),
            "verb": _t("Accept"),
        }
    amount = places.amount(row.amount_minor, row.currency)
    return {
        "title": _t("Release %(amount)s to the supplier?") % {"amount": amount},
        "text": _t("It cannot be taken back. The supplier gets %(supplier)s, the fee is %(fee)s.")
        % {
            "supplier": places.amount(shares.payee_minor, row.currency),
            "fee": places.amount(shares.fee_gross_minor, row.currency),
        },
        "verb": _t("Release %(amount)s") % {"amount": amount},
    }


def _accept_dialog(found: TradeDetail, member: Member) -> dict[str, Any] | None:
    turn = found.row.turn
    is_ours = turn is not None and turn.ask == Ask.ACCEPT and found.row.side == Side.BUYER
    if not is_ours or not member.has(*TRADERS) or found.holds:
        return None
    return accept_words(found) | {"id": "accept", "url": _url("trade_accept", found)}


def _files(found: TradeDetail) -> list[dict[str, Any]]:
    """The papers of the trade: name, address, second line, fingerprint, place on the ledger."""
    agreement, grant, row = found.agreement, found.grant, found.row
    signed = found.last("agreement.finalized", "negotiation.agreed")
    files: list[dict[str, Any]] = [
        {
            "kind": "contract",
            "url": reverse("frontend:contract", args=[agreement.negotiation_id]),
            "hash": agreement.sha256,
            "entry": signed.entry if signed else None,
        }
    ]
    if grant is not None:
        opened = found.last("period.delivered", "grant.opened")
        may_fetch = row.side == Side.BUYER and grant.state == "open"
        files.append(
            {
                "kind": "data",
                "url": _url("trade_download", found) if may_fetch else "",
                "hash": grant.file_sha256,
                "entry": opened.entry if opened else None,
            }
        )
    paid = found.last("payment.received")
    if paid is not None:
        files.append({"kind": "payment", "entry": paid.entry})
    is_over = row.state not in {TradeState.AGREED, TradeState.RUNNING}
    last = found.told[-1].entry if is_over and found.told else None
    files.append({"kind": "bundle", "url": _url("trade_bundle", found) if is_over else "", "entry": last})
    if found.certificate_id:
        issued = found.last("certificate.issued")
        address = menus.address("frontend:certificate", found.certificate_id)
        files.append({"kind": "certificate", "url": address, "entry": issued.entry if issued else None})
    return files
