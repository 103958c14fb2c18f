"""The approver's desk: payouts from request to the bank's confirmation, by two people, and the orders to the bank."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from frontend import answers, formats, paging, payoutsteps, refusals
from frontend.forms.desk import ReasonForm
from market import access
from market.kernel.errors import MarketError, NotFound
from market.participants.members import Member, Role
from market.requests import MemberRequest
from settlement import desk, payout_files, payouts
from settlement.desk import PayoutDetail, Pile
from settlement.models import Payout
from settlement.queries import DESK
from settlement.states import PayoutState

# What the list can be narrowed to, and the states behind it.
SHOWN: Final[Mapping[str, tuple[PayoutState, ...]]] = {
    "requested": (PayoutState.REQUESTED,),
    "approved": (PayoutState.APPROVED,),
    "bank": (PayoutState.INSTRUCTED,),
    "ended": (PayoutState.CONFIRMED, PayoutState.FAILED, PayoutState.RETURNED, PayoutState.CANCELLED),
}
_WORDS: Final = {
    "requested": _("To approve"),
    "approved": _("To send"),
    "bank": _("At the bank"),
    "ended": _("Finished"),
}
_BLOCK: Final = 64 * 1024


@require_safe
@access.allow(*DESK)
def index(request: MemberRequest) -> HttpResponse:
    """Payouts by where they stand; without a choice, the first place at which one waits for a person."""
    return _index(request)


def _index(request: MemberRequest, *, refusal: MarketError | None = None, status: int = 200) -> HttpResponse:
    by = request.member
    piles = desk.payout_piles(for_=by)
    counts = {name: sum(pile.count for pile in piles if pile.state in states) for name, states in SHOWN.items()}
    shown = request.GET.get("shown", "")
    if shown not in SHOWN:
        shown = next((name for name, count in counts.items() if count), "requested")
    page = desk.payout_page(SHOWN[shown], for_=by, number=paging.number(request))
    context = {
        "rows": page.rows,
        "shown": shown,
        "facts": _facts(piles),
        "tabs": [
            {"url": f"?shown={name}", "label": str(word), "count": counts[name], "is_current": name == shown}
            for name, word in _WORDS.items()
        ],
        "orders": desk.sendable(for_=by) if shown == "approved" else [],
        "may_send": by.has(Role.APPROVER),
        "pager": paging.pager(request, page),
        "refusal": refusal,
    }
    return render(request, "frontend/desk/payouts.html", context, status=status)


def _facts(piles: list[Pile]) -> list[dict[str, str]]:
    """The sums that are on their way, by place; a currency a line."""
    facts = []
    for name, states in SHOWN.items():
        if name == "ended":
            continue
        here = [pile for pile in piles if pile.state in states]
        sums = [_money(pile.total_minor, pile.currency, "balance") for pile in here]
        count = sum(pile.count for pile in here)
        said = ngettext("%(count)d payout", "%(count)d payouts", count) % {"count": count}
        facts.append(
            {"label": str(_WORDS[name]), "value": " ".join(sums) or _money(0, "CNY", "balance"), "basis": said}
        )
    return facts


def _money(minor: int, currency: str, form: formats.MoneyForm = "exact") -> str:
    return formats.money(minor, currency, language=get_language(), form=form)


@require_safe
@access.allow(*DESK)
def show(request: MemberRequest, payout_id: UUID) -> HttpResponse:
    """One payout: to whom, by whom, its steps, what it moved, and what the reader may do with it."""
    return _page(request, payout_id)


def _page(
    request: MemberRequest, payout_id: UUID, *, refusal: MarketError | None = None, status: int = 200
) -> HttpResponse:
    found = desk.payout_detail(payout_id, for_=request.member)
    payout = found.payout
    context = {
        "found": found,
        "payout": payout,
        "amount": _money(payout.amount_minor, payout.currency),
        "facts": payoutsteps.facts(found),
        "steps": payoutsteps.steps(found),
        "turn": payoutsteps.turn(found, request.member),
        "refusal": refusal,
        "crumbs": _crumbs(payout.payment_reference),
    }
    return render(request, "frontend/desk/payout.html", context, status=status)


def _crumbs(last: str) -> list[dict[str, str]]:
    return answers.crumbs((_t("Payouts"), reverse("frontend:payouts")), (last, ""))


@require_POST
@access.allow(Role.APPROVER)
def approve(request: MemberRequest, payout_id: UUID) -> HttpResponse:
    """Let a payout go into the next order to the bank."""
    try:
        payout = payouts.approve(payout_id, by=request.member)
    except NotFound:
        raise
    except MarketError as error:
        return _page(request, payout_id, refusal=error, status=int(error.status))
    said = _t("Payout %(reference)s is approved and goes into the next order to the bank.")
    messages.success(request, said % {"reference": payout.payment_reference})
    return answers.see_other("frontend:desk_payout", payout.id)


@require_http_methods(["GET", "HEAD", "POST"])
@access.allow(Role.APPROVER)
def cancel(request: MemberRequest, payout_id: UUID) -> HttpResponse:
    """Take back a payout that was not sent yet."""
    words = {
        "title": _t("Cancel this payout?"),
        "verb": _t("Cancel the payout"),
        "done": _t("The payout is cancelled. Its money is back where it came from."),
    }
    return _end(request, payout_id, payouts.cancel, lambda found: found.steps.cancel, words)


@require_http_methods(["GET", "HEAD", "POST"])
@access.allow(Role.CLERK, Role.APPROVER)
def fail(request: MemberRequest, payout_id: UUID) -> HttpResponse:
    """Write down that the bank did not make a payout."""
    words = {
        "title": _t("Did the bank not make this payout?"),
        "verb": _t("Record the failure"),
        "done": _t("The failure is recorded. The money is back where it came from."),
    }
    return _end(request, payout_id, payouts.fail, lambda found: found.steps.fail, words)


def _end(
    request: MemberRequest,
    payout_id: UUID,
    step: Callable[..., Payout],
    may: Callable[[PayoutDetail], bool],
    words: dict[str, str],
) -> HttpResponse:
    """Ask why; then end the payout. A reader who may not is told by the verb, which is asked all the same."""
    form = ReasonForm(request.POST if request.method == "POST" else None)
    refusal, status = None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                step(payout_id, reason=form.cleaned_data["reason"], by=request.member)
            except MarketError as error:
                refusal, status = refusals.place(form, error), int(error.status)
            else:
                messages.success(request, words["done"])
                return answers.see_other("frontend:desk_payout", payout_id)
    found = desk.payout_detail(payout_id, for_=request.member)
    payout = found.payout
    steps = [(_t("Payouts"), reverse("frontend:payouts"))]
    steps += [(payout.payment_reference, reverse("frontend:desk_payout", args=[payout_id])), (words["verb"], "")]
    context = {
        "payout": payout,
        "form": form,
        "refusal": refusal,
        "may": may(found),
        "words": words,
        "consequence": _consequence(payout),
        "crumbs": answers.crumbs(*steps),
    }
    return render(request, "frontend/desk/payout_end.html", context, status=status)


def _consequence(payout: Payout) -> str:
    """Where the money is afterwards, in figures."""
    amount = {"amount": _money(payout.amount_minor, payout.currency)}
    if payout.organisation is None:
        return _t("%(amount)s waits in suspense again, and a clerk decides anew.") % amount
    return _t("%(amount)s is available to %(owner)s again at once.") % (amount | {"owner": payout.organisation.name})


@require_safe
@access.allow(*DESK)
def files(request: MemberRequest) -> HttpResponse:
    """Orders to the bank, newest first."""
    page = desk.file_page(for_=request.member, number=paging.number(request))
    context = {"rows": page.rows, "pager": paging.pager(request, page), "crumbs": _crumbs(_t("Payout files"))}
    return render(request, "frontend/desk/payout_files.html", context)


@require_POST
@access.allow(Role.APPROVER)
def make_file(request: MemberRequest) -> HttpResponse:
    """Put every approved payout that nothing holds into one order to the bank."""
    try:
        made = payout_files.make(currency=request.POST.get("currency", "CNY")[:3], by=request.member)
    except MarketError as error:
        return _index(request, refusal=error, status=int(error.status))
    messages.success(request, _t("The payout file %(number)s is made. Hand it to the bank.") % {"number": made.number})
    return answers.see_other("frontend:payout_file", made.id)


@require_safe
@access.allow(*DESK)
def show_file(request: MemberRequest, file_id: UUID) -> HttpResponse:
    """One order to the bank and what is in it; the file itself is for approvers."""
    file, rows = desk.payout_file(file_id, for_=request.member)
    steps = [(_t("Payouts"), reverse("frontend:payouts")), (_t("Payout files"), reverse("frontend:payout_files"))]
    context = {
        "file": file,
        "rows": rows,
        "open_count": sum(row.state == PayoutState.INSTRUCTED for row in rows),
        "may_download": _may_download(request.member),
        "crumbs": answers.crumbs(*steps, (file.number, "")),
    }
    return render(request, "frontend/desk/payout_file.html", context)


def _may_download(by: Member) -> bool:
    return by.has(Role.APPROVER)


@require_safe
@access.allow(Role.APPROVER)
def download(request: MemberRequest, file_id: UUID) -> StreamingHttpResponse:
    """The order as CSV, byte for byte as it was approved. It holds whole account numbers, so nothing keeps it."""
    file, data = payout_files.content(file_id, by=request.member)
    response = StreamingHttpResponse(_blocks(data), content_type="text/csv; charset=utf-8")
    response.headers["Content-Length"] = str(len(data))
    response.headers["Content-Disposition"] = f'attachment; filename="{file.number}.csv"'
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _blocks(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), _BLOCK):
        yield data[start : start + _BLOCK]
