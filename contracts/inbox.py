"""Whose turn it is, told to the inbox: opens and closes 待办 with each step from the request to the payout."""

from functools import partial
from typing import Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contracts import standstills, turns
from contracts.models import Negotiation, Side, Trade
from contracts.turns import Ask
from market.events.dispatch import News
from market.kernel import ids, money
from market.notifications import kinds, todo
from market.notifications.todo import Turn
from market.participants.members import Role
from settlement import queries

_NEGOTIATION: Final = "/workbench/negotiations/{subject}/"
_CONTRACT: Final = "/workbench/negotiations/{subject}/contract/"
_TRADE: Final = "/workbench/trades/{thread}/"
# What the inbox and the letter say; the page of the address says the rest.
_SAID: Final[dict[Ask, tuple[str | Promise, str]]] = {
    Ask.ANSWER_REQUEST: (_("Answer %(other)s: a request for %(title)s, %(amount)s"), _NEGOTIATION),
    Ask.ANSWER_OFFER: (_("Answer %(other)s: a counter-offer for %(title)s, %(amount)s"), _NEGOTIATION),
    Ask.SIGN_FIRST: (_("Sign the contract with %(other)s on %(title)s, %(amount)s"), _CONTRACT),
    Ask.SIGN_SECOND: (_("Sign the contract with %(other)s on %(title)s, %(amount)s"), _CONTRACT),
    Ask.PAY: (_("Pay %(amount)s for %(title)s"), _TRADE),
    Ask.FETCH: (_("Download %(title)s"), _TRADE),
    Ask.ACCEPT: (_("Accept %(title)s, %(amount)s, or object"), _TRADE),
    Ask.ANSWER_DISPUTE: (_("Answer the objection of %(other)s to %(title)s"), _TRADE),
}
PAYOUT: Final = "payout.possible"

for _ask, (_title, _path) in _SAID.items():
    kinds.declare(str(_ask), title=_title, path=_path)
kinds.declare(PAYOUT, title=_("%(amount)s can be paid out"), path="/workbench/money/")


def hear(news: News) -> None:
    """A negotiation or its trade took a step. Heard twice, late or out of order, it changes nothing."""
    if news.thread is None:
        raise RuntimeError(f"{news.kind} of {news.subject} names no trade")
    thread = ids.from_urn(news.thread)
    negotiation_id = Negotiation.objects.values_list("id", flat=True).get(thread=thread)
    todo.follow(negotiation_id, lambda: turns_of(negotiation_id), thread=thread)


def hear_hold(news: News) -> None:
    """A hold was placed or lifted: the tasks of whatever it stands on show the deadline as it is now."""
    subject = ids.from_urn(news.subject)
    for negotiation_id, thread in standstills.touched(subject):
        todo.follow(negotiation_id, partial(turns_of, negotiation_id), thread=thread)


def hear_reminder(news: News) -> None:
    """One side reminds the other: whoever is asked gets one more letter, if the step is still to be taken."""
    negotiation_id = ids.from_urn(news.subject)
    for turn in turns_of(negotiation_id):
        if turn.kind == news.fields["ask"]:
            todo.notify(news.event_id, turn, subject=negotiation_id, thread=ids.from_urn(news.thread or ""))


def turns_of(negotiation_id: UUID) -> list[Turn]:
    """Who has to act on the negotiation or its trade now: one side, or nobody."""
    negotiation = Negotiation.objects.select_related("supplier", "buyer").get(id=negotiation_id)
    turn = turns.of(negotiation)
    if turn is None:
        return []
    is_supplier = turn.side == Side.SUPPLIER
    asked, other = (
        (negotiation.supplier, negotiation.buyer) if is_supplier else (negotiation.buyer, negotiation.supplier)
    )
    params = {
        "title": negotiation.terms["product"]["title"],
        "other": other.name,
        "amount": money.text(negotiation.price_minor, negotiation.currency),
    }
    return [Turn(str(turn.ask), asked.id, turn.roles, params, due_at=turn.due_at)]


def hear_earnings(news: News) -> None:
    """Money became available to a supplier, came back to a buyer, or was asked for."""
    owner: UUID | None
    if news.kind.startswith("payout."):
        owner = queries.owner_of_payout(ids.from_urn(news.subject))
    else:
        trade = Trade.objects.only("supplier_id", "buyer_id").get(id=ids.from_urn(news.thread or ""))
        owner = trade.buyer_id if news.kind == "escrow.refunded" else trade.supplier_id
    if owner is not None:
        todo.follow(owner, lambda: payout_turns(owner))


def payout_turns(organisation_id: UUID) -> list[Turn]:
    """Finance may ask for what is available and not asked for yet."""
    free = queries.free_minor(organisation_id)
    if free <= 0:
        return []
    return [Turn(PAYOUT, organisation_id, [Role.FINANCE], {"amount": money.text(free)})]
