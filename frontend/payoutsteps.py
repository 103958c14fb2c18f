"""One payout in words: its facts, its four steps with who took them, and whose turn it is."""

from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _t

from frontend import formats
from frontend.turns import Action, TurnBox
from market.participants.members import Member
from settlement.desk import PayoutDetail
from settlement.models import Payout
from settlement.states import PayoutState

# How far a payout has come: the number of steps behind it.
_DONE: Final = {
    PayoutState.REQUESTED: 1,
    PayoutState.APPROVED: 2,
    PayoutState.INSTRUCTED: 3,
    PayoutState.CONFIRMED: 4,
    PayoutState.RETURNED: 4,
    PayoutState.FAILED: 4,
    PayoutState.CANCELLED: 4,
}


def facts(found: PayoutDetail) -> list[dict[str, str]]:
    """To whom, how much, from what."""
    payout = found.payout
    comma = pgettext("between names", ", ")
    owner = payout.organisation.name if payout.organisation else _t("nobody's receipt")
    return [
        {
            "label": _t("What it is"),
            "value": str(payout.get_kind_display()),
            "basis": _t("money of: %(owner)s") % {"owner": owner},
        },
        {"label": _t("Payee"), "value": payout.holder, "basis": _amount(payout)},
        {"label": _t("Account"), "value": payout.number_masked, "basis": comma.join(filter(None, _bank(payout)))},
        {"label": _t("Reference"), "value": payout.payment_reference, "basis": _t("on the bank's statement")},
    ]


def _bank(payout: Payout) -> tuple[str, str]:
    return payout.bank, payout.bank_code


def _amount(payout: Payout) -> str:
    return formats.money(payout.amount_minor, payout.currency, language=get_language())


def steps(found: PayoutDetail) -> list[dict[str, Any]]:
    """The steps taken and those to come; one that was cut short ends with what ended it."""
    payout = found.payout
    rows = [_requested(found), _approved(found), _sent(found), _ended(found)]
    if payout.state == PayoutState.CANCELLED:
        # what it never came to is left out
        rows = [row for row in rows if row["at"]]
    done = min(_DONE[PayoutState(payout.state)], len(rows))
    for n, row in enumerate(rows):
        row["state"] = "done" if n < done else "now" if n == done else "next"
    return rows


def _step(name: str, who: str, text: str, at: datetime | None, proof: object = None) -> dict[str, Any]:
    return {"name": name, "who": who, "text": text, "at": at, "proof": proof}


def _requested(found: PayoutDetail) -> dict[str, Any]:
    payout = found.payout
    who = found.names.get(payout.requested_by, "")
    return _step(
        _t("Asked for"), who, str(payout.get_kind_display()), payout.requested_at, found.entry("payout.requested")
    )


def _approved(found: PayoutDetail) -> dict[str, Any]:
    payout = found.payout
    who = found.names.get(payout.approved_by, _t("an approver, never who asked for it"))
    text = ""
    if payout.rule_version is not None:
        text = _t("by the rule on second persons, version %(n)d") % {"n": payout.rule_version}
    return _step(_t("Approved"), who, text, payout.approved_at, found.entry("payout.approved"))


def _sent(found: PayoutDetail) -> dict[str, Any]:
    file = found.payout.file
    if file is None:
        return _step(_t("Sent to the bank"), _t("an approver"), _t("in the next payout file"), None)
    text = _t("in payout file %(number)s") % {"number": file.number}
    return _step(_t("Sent to the bank"), str(file.made_by), text, file.made_at, found.entry("payout.instructed"))


def _ended(found: PayoutDetail) -> dict[str, Any]:
    payout = found.payout
    if payout.ended_at is None:
        return _step(_t("Paid out"), _t("the bank"), _t("the next bank statement confirms it"), None)
    entry = found.entry(f"payout.{payout.state}")
    if payout.state == PayoutState.CONFIRMED:
        return _step(_t("Paid out"), _t("the bank"), _t("confirmed by its statement"), payout.ended_at, entry)
    if payout.state == PayoutState.RETURNED:
        text = _t("paid, and sent back by the payee's bank")
        return _step(_t("Returned"), _t("the bank"), text, payout.ended_at, entry)
    name = _t("Failed") if payout.state == PayoutState.FAILED else _t("Cancelled")
    return _step(name, "", payout.end_reason, payout.ended_at, entry)


def turn(found: PayoutDetail, by: Member) -> TurnBox | None:
    """Whose turn it is and what this reader can press; None once the payout has ended."""
    payout, may = found.payout, found.steps
    amount = {"amount": _amount(payout)}
    cancel = Action(_t("Cancel the payout"), reverse("frontend:desk_payout_cancel", args=[payout.id]), kind="danger")
    match payout.state:
        case PayoutState.REQUESTED:
            approve = Action(
                _t("Approve %(amount)s") % amount,
                reverse("frontend:payout_approve", args=[payout.id]),
                kind="filled",
                is_get=False,
            )
            note = (
                _t("A second person must approve: this one was asked for by the reader.") if may.needs_another else ""
            )
            return _box(
                found,
                _t("Approve the payout, or cancel it"),
                may.approve,
                ([approve] if may.approve else []) + ([cancel] if may.cancel else []),
                note or _t("After approval it goes into the next order to the bank."),
            )
        case PayoutState.APPROVED:
            send = Action(_t("Go to the payout file"), reverse("frontend:payouts") + "?shown=approved", kind="filled")
            return _box(
                found,
                _t("Put it into a payout file"),
                may.cancel,
                [send, cancel] if may.cancel else [],
                _t("All approved payouts that no hold stops go together."),
            )
        case PayoutState.INSTRUCTED:
            file = reverse("frontend:payout_file", args=[payout.file_id])
            see = Action(_t("See the payout file"), file, kind="link")
            failed = Action(_t("The bank did not make it"), reverse("frontend:payout_fail", args=[payout.id]))
            return _box(
                found,
                _t("The bank pays; its statement confirms"),
                False,
                [failed, see] if may.fail else [see],
                _t("A payout that comes back appears as an incoming line and needs no entry by hand."),
            )
        case _:
            return None


def _box(found: PayoutDetail, title: str, is_ours: bool, actions: list[Action], note: str) -> TurnBox:
    if found.holds and found.payout.state != PayoutState.INSTRUCTED:
        actions = [action for action in actions if action.kind == "danger"]
        note = _t("A hold stops this step. It can be taken once the hold is lifted.")
        is_ours = False
    return TurnBox(whose="ours" if is_ours else "market", title=title, note=note, actions=actions)
