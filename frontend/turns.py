"""The words of the turn box: what is asked, what silence brings, and for the other side who is waited for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from contracts.models import Side
from contracts.turns import TRADERS, Ask, Turn
from market.participants.members import Member

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Action:
    """One button of the box. kind: filled, empty (outlined), link or danger; dialog: the id of one it opens."""

    label: str
    url: str
    kind: str = ""
    is_get: bool = True
    dialog: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TurnBox:
    """What components/turn_box.html shows. whose: ours, supplier, buyer or market."""

    whose: str
    title: str
    due_at: datetime | None = None
    consequence: str = ""
    waiting_since: datetime | None = None
    note: str = ""
    actions: Sequence[Action] = ()


# Said to the side that is asked.
OURS: Final[Mapping[Ask, Text]] = {
    Ask.ANSWER_REQUEST: _("Sign the contract, or answer with other terms"),
    Ask.ANSWER_OFFER: _("Accept the counter-offer, or answer with other terms"),
    Ask.SIGN_FIRST: _("Read and sign the contract"),
    Ask.SIGN_SECOND: _("Read and sign the contract"),
    Ask.PAY: _("Pay %(amount)s by bank transfer"),
    Ask.FETCH: _("Download the data"),
    Ask.ACCEPT: _("Accept the data, or object"),
    Ask.ANSWER_DISPUTE: _("Answer the objection"),
}
# Said to the other side.
THEIRS: Final[Mapping[Ask, Text]] = {
    Ask.ANSWER_REQUEST: _("The supplier answers the request"),
    Ask.ANSWER_OFFER: _("The buyer answers the counter-offer"),
    Ask.SIGN_FIRST: _("The supplier signs the contract"),
    Ask.SIGN_SECOND: _("The buyer signs the contract"),
    Ask.PAY: _("The buyer pays %(amount)s into escrow"),
    Ask.FETCH: _("The buyer downloads the data"),
    Ask.ACCEPT: _("The buyer accepts the data or objects"),
    Ask.ANSWER_DISPUTE: _("The supplier answers the objection"),
}
# In a row of a list: the verb alone.
SHORT: Final[Mapping[Ask, Text]] = {
    Ask.ANSWER_REQUEST: _("answer"),
    Ask.ANSWER_OFFER: _("answer"),
    Ask.SIGN_FIRST: _("sign"),
    Ask.SIGN_SECOND: _("sign"),
    Ask.PAY: _("pay"),
    Ask.FETCH: _("download"),
    Ask.ACCEPT: _("accept"),
    Ask.ANSWER_DISPUTE: _("answer the objection"),
}
_LAPSE: Final = _("With no answer the negotiation ends by itself, and nothing is charged.")
# What happens when nobody acts; acceptance depends on the contract and is not in this table.
SILENCE: Final[Mapping[Ask, Text]] = {
    Ask.ANSWER_REQUEST: _LAPSE,
    Ask.ANSWER_OFFER: _LAPSE,
    Ask.SIGN_FIRST: _LAPSE,
    Ask.SIGN_SECOND: _LAPSE,
    Ask.PAY: _("Unpaid by then the contract lapses, and nothing is charged."),
    Ask.FETCH: _("The days for objections begin once the whole file has been downloaded."),
    Ask.ANSWER_DISPUTE: _("Until it is answered or taken back, the money stays where it is."),
}


def whose(turn: Turn, side: Side) -> str:
    """The key of the badge: ours, or the side that is waited for."""
    return "ours" if turn.side == side else str(turn.side)


def box(
    turn: Turn,
    *,
    side: Side,
    member: Member,
    actions: Sequence[Action] = (),
    also: Sequence[Action] = (),
    amount: str = "",
    silence_clause: str = "",
    is_held: bool = False,
) -> TurnBox:
    """The box for one reader, with nothing to press for who may not and while a hold stands.

    actions: what the asked side can press. also: what this reader can press whoever's turn it is. amount: as the page
    writes it. silence_clause: the paragraph by which silence accepts, empty where there is none.
    """
    is_ours = turn.side == side
    words = OURS if is_ours else THEIRS
    may = member.has(*(turn.roles if is_ours else TRADERS))
    note = ""
    if is_held:
        note = _t("A hold stops this step. It can be taken once the hold is lifted.")
    elif is_ours and not may:
        roles = pgettext("between names", ", ").join(str(role.label) for role in turn.roles)
        note = _t("Needed role: %(roles)s.") % {"roles": roles}
    return TurnBox(
        whose=whose(turn, side),
        title=str(words[turn.ask]) % {"amount": amount},
        due_at=turn.due_at,
        consequence=_consequence(turn, silence_clause),
        waiting_since=None if is_ours else turn.since,
        note=note,
        actions=() if is_held or not may else [*(actions if is_ours else ()), *also],
    )


def _consequence(turn: Turn, silence_clause: str) -> str:
    if turn.ask != Ask.ACCEPT:
        return str(SILENCE[turn.ask])
    if silence_clause:
        return _t("With no answer, clause %(clause)s counts it as accepted.") % {"clause": silence_clause}
    return _t("Silence accepts nothing: the money stays in escrow until there is an answer.")
