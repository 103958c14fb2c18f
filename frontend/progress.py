"""A trade in words: its seven steps with who acts, and its deadlines."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _t
from django.utils.translation import ngettext

from contracts.models import Side
from contracts.queries.trades import Told, TradeDetail
from contracts.states import PeriodState, TradeState
from frontend import formats
from frontend.places import amount, escrow_name
from provenance.queries import EntryRow

STEPS: Final = 7


@dataclass(frozen=True, slots=True)
class Step:
    """One step for components/timeline.html."""

    state: str  # done, now, next
    name: str
    who: str
    text: str
    at: datetime | None = None
    due_at: datetime | None = None
    proof: EntryRow | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """One line of the deadlines."""

    label: str
    at: datetime
    is_day: bool


_NOW: Final[dict[PeriodState, int]] = {
    PeriodState.DUE: 3,
    PeriodState.FUNDED: 4,
    PeriodState.DELIVERING: 5,
    PeriodState.ACCEPTED: 6,
    PeriodState.SETTLED: 7,
}


def position(found: TradeDetail) -> int:
    """Which of the seven steps is being taken, from 1; 8 once all are done; 0 where the trade ended before."""
    if found.row.state in {TradeState.CANCELLED, TradeState.EXPIRED, TradeState.REFUNDED}:
        return 0
    if found.row.state == TradeState.AGREED:
        return 2
    if found.row.period_state == PeriodState.SETTLED and found.certificate_id:
        return 8
    return _NOW[found.row.period_state]


def steps(found: TradeDetail) -> list[Step]:
    """All seven, those to come already written out; an ended trade shows what was done and how it ended."""
    now = position(found)
    makers: list[Callable[[TradeDetail, str], Step]] = [
        _negotiated, _signed, _paid, _delivered, _accepted, _settled, _proven,
    ]  # fmt: skip
    if now == 0:
        reached = _reached(found)
        return [*(make(found, "done") for make in makers[:reached]), _ended(found)]
    states = ["done" if n < now else "now" if n == now else "next" for n in range(1, STEPS + 1)]
    return [make(found, state) for make, state in zip(makers, states, strict=True)]


def _reached(found: TradeDetail) -> int:
    """How many steps an ended trade had taken."""
    if found.period.delivered_at:
        return 4
    if found.period.funded_at:
        return 3
    return 2 if found.last("agreement.finalized") else 1


def _step(state: str, name: str, who: str, text: str, told: Told | None, due_at: datetime | None = None) -> Step:
    if state != "done" or told is None:
        return Step(state, name, who, text, due_at=due_at if state == "now" else None)
    return Step(state, name, who, text, at=told.entry.at, proof=told.entry)


def _negotiated(found: TradeDetail, state: str) -> Step:
    agreement = found.agreement
    terms = (
        ngettext("%(count)d clause changed", "%(count)d clauses changed", agreement.changed)
        % {"count": agreement.changed}
        if agreement.changed
        else _t("on standard terms")
    )
    rounds = ngettext("agreed in %(count)d round", "agreed in %(count)d rounds", agreement.rounds)
    text = _t(", ").join([terms[:1].upper() + terms[1:], rounds % {"count": agreement.rounds}])
    told = found.last("negotiation.accepted", "negotiation.offered", "negotiation.requested")
    return _step(state, _t("Talks"), _t("both"), text, told)


def _signed(found: TradeDetail, state: str) -> Step:
    name, who = _t("Signature"), _t("both")
    providers = found.agreement.providers
    if state != "done":
        return _step(state, name, who, _t("The supplier has signed, the buyer is to sign"), None)
    text = _t("Both have signed: supplier with %(supplier)s, buyer with %(buyer)s") % {
        "supplier": _key(providers.get(Side.SUPPLIER, "")),
        "buyer": _key(providers.get(Side.BUYER, "")),
    }
    return _step(state, name, who, text, found.last("agreement.finalized", "negotiation.agreed"))


def _key(provider: str) -> str:
    return _t("a key kept by the platform") if provider == "sealed_key" else _t("its own key")


def _paid(found: TradeDetail, state: str) -> Step:
    row = found.row
    name = _t("Payment into the %(account)s") % {"account": escrow_name()}
    if row.amount_minor == 0:
        return _step(state, name, _t("nobody has to act"), _t("Free: nothing is paid"), found.last("period.funded"))
    reference = found.money.payment_reference if found.money else ""
    sum_ = amount(row.amount_minor, row.currency)
    text = _t("%(amount)s, payment reference %(reference)s") % {"amount": sum_, "reference": reference}
    return _step(
        state,
        name,
        _t("buyer"),
        text if reference else _t("%(amount)s by bank transfer") % {"amount": sum_},
        found.last("payment.received"),
        found.period.due_at,
    )


def _delivered(found: TradeDetail, state: str) -> Step:
    name, who = _t("Delivery"), _t("buyer fetches")
    told = found.last("period.delivered")
    if found.grant is None:
        return _step(state, name, who, _t("The market opens the file as soon as the money has arrived"), told)
    size = formats.size(found.grant.file_bytes)
    text = (
        _t("1 file, %(size)s; its fingerprint is the one in the contract")
        if state == "done"
        else _t("1 file, %(size)s, open for download")
    )
    return _step(state, name, who, text % {"size": size}, told)


def _accepted(found: TradeDetail, state: str) -> Step:
    name, who = _t("Acceptance"), _t("buyer")
    due_at = found.period.acceptance_due_at
    if state == "done":
        text = _t("By silence, as the contract says") if found.period.accepted_by_silence else _t("By the buyer")
    elif found.open_dispute:
        text, due_at = _t("Stopped by an objection; the days for acceptance stand still"), None
    else:
        text = _t("Check the data, then accept or object")
    return _step(state, name, who, text, found.last("period.accepted"), due_at)


def _settled(found: TradeDetail, state: str) -> Step:
    name, who = _t("Settlement"), _t("market, by itself")
    if found.shares is None:
        return _step(state, name, who, _t("Free: nothing is divided"), found.last("period.settled"))
    text = _t("Supplier %(supplier)s, fee %(fee)s") % {
        "supplier": amount(found.shares.payee_minor, found.row.currency),
        "fee": amount(found.shares.fee_gross_minor, found.row.currency),
    }
    if state != "done":
        text = _t("; ").join([text, _t("at once on acceptance")])
    return _step(state, name, who, text, found.last("escrow.released", "period.settled"))


def _proven(found: TradeDetail, state: str) -> Step:
    text = _t("The certificate can be checked by both sides and by anybody")
    return _step(state, _t("Proof"), _t("market, by itself"), text, found.last("certificate.issued"))


def _ended(found: TradeDetail) -> Step:
    told = found.last("trade.ended")
    why = found.last("period.cancelled", "period.refunded")
    reason = str(why.values.get("reason", "")) if why else ""
    text = {
        TradeState.CANCELLED: _t("Given up before payment"),
        TradeState.EXPIRED: _t("Not paid in time; nothing is charged"),
        TradeState.REFUNDED: _t("The escrow went back to the buyer and access ended"),
    }[found.row.state]
    return Step(
        "done",
        str(found.row.state.label).capitalize(),
        "",
        _t(": ").join([text, reason]) if reason else text,
        at=found.ended_at,
        proof=told.entry if told else None,
    )


def deadlines(found: TradeDetail) -> list[Deadline]:
    """Every date that this trade sets, the nearest first; those behind it are left out."""
    agreement, period = found.agreement, found.period
    runs = found.row.state in {TradeState.AGREED, TradeState.RUNNING}
    listed = [
        (_t("Payment"), period.due_at if runs and period.state == PeriodState.DUE else None, False),
        (_t("Acceptance"), period.acceptance_due_at if runs and not found.open_dispute else None, False),
        (_t("Download and use"), agreement.use_ends_at if found.row.state != TradeState.REFUNDED else None, True),
        (_t("Deletion receipt"), agreement.delete_by_at if found.grant else None, True),
    ]
    if found.row.state in {TradeState.CANCELLED, TradeState.EXPIRED}:
        return []
    return [Deadline(label, at, is_day) for label, at, is_day in listed if at is not None]
