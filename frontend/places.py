"""Where the money of a trade is: three places, since when, and who moves it next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _t

from contracts.queries.trades import TradeDetail
from contracts.states import TradeState
from frontend import formats
from settlement import custody
from settlement.whereabouts import Pile, Place


@dataclass(frozen=True, slots=True)
class Spot:
    """One of three places for components/money_places.html. minor: in minor units."""

    role: str
    name: str
    minor: int
    currency: str
    note: str
    is_now: bool


def amount(minor: int, currency: str) -> str:
    """Exact, in the reader's language."""
    return formats.money(minor, currency, language=get_language())


def escrow_name() -> str:
    """监管账户 only where a custodian's account really holds the money."""
    if custody.account().is_supervised:
        return pgettext("with a custodian", "escrow account")
    return _t("escrow account")


_AT: Final[dict[Place, int]] = {
    Place.WITH_PAYER: 0,
    Place.PAYER_ACCOUNT: 0,
    Place.REFUND_DUE: 0,
    Place.PAID_BACK: 0,
    Place.SUSPENSE: 1,
    Place.ESCROW: 1,
    Place.RESERVED: 2,
    Place.PAYEE_ACCOUNT: 2,
}


def places(found: TradeDetail) -> list[Spot]:
    """Buyer, escrow, supplier, with what lies there now; nothing where no money ever moves."""
    is_unpaid = found.row.state in {TradeState.CANCELLED, TradeState.EXPIRED} and not found.last("payment.received")
    if found.row.amount_minor == 0 or (is_unpaid and not (found.money and found.money.piles)):
        return []
    piles: list[list[Pile]] = [[], [], []]
    for pile in found.money.piles if found.money else []:
        if pile.place in _AT:  # the operator's share is told in the supplier's note
            piles[_AT[pile.place]].append(pile)
    # What waits in suspense is not in escrow: it is the amount only while nothing else is there.
    held = [pile for pile in piles[1] if pile.place == Place.ESCROW]
    sums = [sum(pile.amount_minor for pile in each) for each in (piles[0], held or piles[1], piles[2])]
    if found.money is None:
        sums[0] = found.row.amount_minor
    most = max(sums)
    now = sums.index(most) if most else -1
    notes = (_buyer_note(found, piles[0]), _escrow_note(found, piles[1]), _supplier_note(found, piles[2]))
    heads = ((_t("Buyer"), found.buyer), (escrow_name(), ""), (_t("Supplier"), found.supplier))
    return [
        Spot(role, name, minor, found.row.currency, note, n == now)
        for n, ((role, name), minor, note) in enumerate(zip(heads, sums, notes, strict=True))
    ]


def _since(pile: Pile) -> str:
    return formats.when(pile.since, language=get_language(), form="short")


def _buyer_note(found: TradeDetail, piles: Sequence[Pile]) -> str:
    said = []
    for pile in piles:
        match pile.place:
            case Place.WITH_PAYER if pile.until:
                until = formats.when(pile.until, language=get_language(), form="short")
                said.append(_t("to be paid by %(time)s") % {"time": until})
            case Place.PAYER_ACCOUNT:
                said.append(_t("at the buyer's disposal since %(time)s") % {"time": _since(pile)})
            case Place.REFUND_DUE:
                said.append(_t("on its way back since %(time)s") % {"time": _since(pile)})
            case Place.PAID_BACK:
                said.append(_t("paid back on %(time)s") % {"time": _since(pile)})
    if not said:
        paid = found.last("payment.received")
        if paid is None:
            return _t("to be paid once both have signed") if found.money is None else ""
        return _t("paid %(amount)s") % {"amount": amount(found.row.amount_minor, found.row.currency)}
    return _t("; ").join(said)


def _escrow_note(found: TradeDetail, piles: Sequence[Pile]) -> str:
    said = []
    held = [pile for pile in piles if pile.place == Place.ESCROW]
    if held:
        since = _t("since %(time)s; moves only when the buyer accepts or the supplier gives it back")
        said.append(since % {"time": _since(held[0])})
    unclear = [pile for pile in piles if pile.place == Place.SUSPENSE]
    if held and unclear:
        more = amount(sum(pile.amount_minor for pile in unclear), found.row.currency)
        text = _t("%(amount)s more received %(time)s, the market is finding out what it is for")
        said.append(text % {"amount": more, "time": _since(unclear[0])})
    elif unclear:
        text = _t("received %(time)s, the market is finding out what it is for")
        said.append(text % {"time": _since(unclear[0])})
    return _t("; ").join(said)


def _supplier_note(found: TradeDetail, piles: Sequence[Pile]) -> str:
    if not piles:
        if found.shares is None or found.row.state not in {TradeState.AGREED, TradeState.RUNNING}:
            return ""
        return _t("gets %(amount)s on acceptance") % {"amount": amount(found.shares.payee_minor, found.row.currency)}
    pile = piles[0]
    fee = found.shares.fee_gross_minor if found.shares else 0
    if pile.place == Place.RESERVED and pile.until:
        until = formats.when(pile.until, language=get_language(), form="short")
        first = _t("earned, free on %(time)s") % {"time": until}
    else:
        first = _t("at its disposal since %(time)s") % {"time": _since(pile)}
    return _t("; ").join([first, _t("fee %(amount)s taken") % {"amount": amount(fee, found.row.currency)}])
