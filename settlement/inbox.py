"""Whose turn it is with money: lines in suspense, payouts to approve or to send; and who is told how they ended."""

from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from market.events.dispatch import News
from market.kernel import ids, money
from market.notifications import kinds, todo
from market.notifications.todo import Turn
from market.participants.members import OrganisationKind, Role
from market.participants.models import Organisation
from settlement.models import Payout, Statement, StatementLine
from settlement.states import Doubt, LineState, PayoutState

_STATEMENT: Final = "/desk/statements/{subject}/"
_PAYOUT: Final = "/desk/payouts/{subject}/"
_SENDING: Final = "/desk/payouts/?shown=approved"  # all approved ones go into one file
_MONEY: Final = "/workbench/money/"

kinds.declare("suspense.decide", title=_("Decide about %(count)d lines of statement %(name)s"), path=_STATEMENT)
kinds.declare("payout.approve", title=_("Approve payout %(number)s of %(amount)s"), path=_PAYOUT)
kinds.declare("payout.send", title=_("Send payout %(number)s of %(amount)s to the bank"), path=_SENDING)
kinds.declare("payout.confirmed", title=_("%(amount)s was paid out (%(number)s)"), path=_MONEY)
kinds.declare("payout.failed", title=_("The bank did not make payout %(number)s of %(amount)s"), path=_MONEY)
kinds.declare("payout.returned", title=_("Payout %(number)s of %(amount)s came back"), path=_MONEY)

_TURNS = {PayoutState.REQUESTED: "payout.approve", PayoutState.APPROVED: "payout.send"}
_ENDS = frozenset({"payout.confirmed", "payout.failed", "payout.returned"})


def hear_statement(news: News) -> None:
    """A statement was imported. Heard twice, it changes nothing."""
    _follow_statement(ids.from_urn(news.subject))


def hear_line(news: News) -> None:
    """Somebody decided about a line, or it was judged again."""
    _follow_statement(StatementLine.objects.values_list("statement_id", flat=True).get(id=ids.from_urn(news.subject)))


def hear_payout(news: News) -> None:
    """A payout took a step; its owner's finance is told how it ended."""
    payout = Payout.objects.get(id=ids.from_urn(news.subject))
    _follow_payout(payout.id)
    for statement_id in set(payout.lines.values_list("statement_id", flat=True)):
        _follow_statement(statement_id)  # a return that failed waits in suspense again
    if news.kind in _ENDS and payout.organisation_id:
        turn = Turn(news.kind, payout.organisation_id, [Role.FINANCE], _params(payout))
        todo.notify(news.event_id, turn, subject=payout.id)


def hear_file(news: News) -> None:
    """An order went to the bank: its payouts wait for nobody here."""
    for payout_id in Payout.objects.filter(file_id=ids.from_urn(news.subject)).values_list("id", flat=True):
        _follow_payout(payout_id)


def _follow_statement(statement_id: UUID) -> None:
    todo.follow(statement_id, lambda: statement_turns(statement_id))


def _follow_payout(payout_id: UUID) -> None:
    todo.follow(payout_id, lambda: payout_turns(payout_id))


def statement_turns(statement_id: UUID) -> list[Turn]:
    """The clerk's turn while lines of the statement wait for a person; what a hold stops waits for its lifting."""
    waiting = StatementLine.objects.filter(statement_id=statement_id, state=LineState.SUSPENSE)
    count = waiting.exclude(doubt=Doubt.HELD).count()
    if not count:
        return []
    name = Statement.objects.values_list("name", flat=True).get(id=statement_id)
    return [Turn("suspense.decide", desk, [Role.CLERK], {"count": count, "name": name}) for desk in _operators()]


def payout_turns(payout_id: UUID) -> list[Turn]:
    """The approver's turn, twice: to approve, and to send."""
    payout = Payout.objects.get(id=payout_id)
    kind = _TURNS.get(PayoutState(payout.state))
    return [Turn(kind, desk, [Role.APPROVER], _params(payout)) for desk in _operators()] if kind else []


def _params(payout: Payout) -> dict[str, str]:
    return {"number": payout.payment_reference, "amount": money.text(payout.amount_minor, payout.currency)}


def _operators() -> list[UUID]:
    return list(Organisation.objects.filter(kind=OrganisationKind.OPERATOR).values_list("id", flat=True))
