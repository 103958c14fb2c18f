"""Payouts: money that leaves the custodian's account. Asked for, approved, sent in a file, confirmed by the bank."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _t

from market import holds, rules
from market.events import outbox
from market.kernel import clock, ids, rows
from market.kernel.errors import IllegalStep, Invalid, NotAllowed, NotFound
from market.kernel.money import MINOR_MAX
from market.participants.members import Actor, Member, Role, system
from market.rules import Rule
from market.verbs import verb
from settlement import accounts, bank_accounts, ledger, references
from settlement.accounts import Key
from settlement.errors import NeedsSecondPerson, NoBankAccount, NotCovered, OtherTerms
from settlement.ledger import Entry
from settlement.models import Payout, StatementLine
from settlement.states import PAYOUT_FOLLOWS, Doubt, LineState, PayoutKind, PayoutState, TransferKind

SOURCE: Final = "payout"
RULE: Final = "payout.second_person_above_minor"
_BY_RULE: Final = system("payout-rule")


@verb("payout.requested")
def request(*, amount_minor: int, currency: str = "CNY", key: UUID | None = None, by: Member) -> Payout:
    """Ask for earned money. The same key again answers the first payout.

    amount_minor > 0 and at most what is available and not asked for yet. At or below the rule's amount it is approved
    at once, above it a second person must. Raises NotCovered, NoBankAccount, OtherTerms, Invalid, Held, NotAllowed.
    """
    by.require_trading(Role.FINANCE)
    if not 0 < amount_minor <= MINOR_MAX:
        raise Invalid.field("amount_minor", _t("is no amount to pay out"), _t("more than zero"))
    own = accounts.org(by.organisation_id, currency)
    available = ledger.lock(own, accounts.payout_out(by.organisation_id, currency))[own]
    stored = Payout.objects.filter(organisation_id=by.organisation_id, key=key).first() if key else None
    if stored is not None:
        if (stored.amount_minor, stored.currency) != (amount_minor, currency):
            raise OtherTerms(payment_reference=stored.payment_reference)
        outbox.unchanged()
        return stored
    holds.check(by.organisation_urn)
    account = bank_accounts.in_use(by.organisation_id)
    if account is None:
        raise NoBankAccount
    asked = Payout.objects.filter(
        organisation_id=by.organisation_id,
        currency=currency,
        kind=PayoutKind.EARNINGS,
        state=PayoutState.REQUESTED,
    ).values_list("amount_minor", flat=True)
    if amount_minor > available - sum(asked):
        raise NotCovered(_t("Nothing was moved."), available_minor=max(0, available - sum(asked)))
    payout = Payout(
        kind=PayoutKind.EARNINGS,
        organisation_id=by.organisation_id,
        key=key,
        amount_minor=amount_minor,
        currency=currency,
        holder=account.holder,
        number_sealed=account.number_sealed,
        number_masked=account.number_masked,
        bank=account.bank,
        bank_code=account.bank_code,
    )
    add(payout, by=by)
    rule = rules.current(RULE)
    if amount_minor <= rule.value["amount_minor"]:
        _approve(payout, rule, _BY_RULE)
    return payout


def add(payout: Payout, *, by: Actor) -> None:
    """Write a new payout and tell of it; inside a verb, which has booked or will book its money."""
    payout.payment_reference = references.next_one(payout=True)
    payout.requested_by = by.urn
    rows.create(payout)
    outbox.record(
        "payout.requested",
        subject=ids.urn(payout.id),
        actor=by.urn,
        thread=_thread(payout),
        parties=_parties(payout),
        payout_kind=str(payout.kind),
        amount_minor=payout.amount_minor,
        currency=payout.currency,
        payment_reference=payout.payment_reference,
    )


@verb("payout.approved")
def approve(payout_id: UUID, *, by: Member) -> Payout:
    """Let a payout go into the next file to the bank. Never by the person who asked for it.

    Raises NeedsSecondPerson, NotCovered, IllegalStep, NotFound, Held, NotAllowed.
    """
    by.require(Role.APPROVER)
    payout = _lock(payout_id)
    if needs_another(payout, by):
        raise NeedsSecondPerson
    if payout.state == PayoutState.APPROVED and payout.approved_by == by.urn:
        outbox.unchanged()
        return payout
    check_holds(payout)
    _approve(payout, rules.current(RULE), by)
    return payout


def needs_another(payout: Payout, by: Member) -> bool:
    """Whether somebody else has to approve: the caller asked for the payout, or its money is the caller's own."""
    return payout.requested_by == by.urn or payout.organisation_id == by.organisation_id


def _approve(payout: Payout, rule: Rule, by: Actor) -> None:
    move(payout, PayoutState.APPROVED)
    payout.approved_by, payout.approved_at, payout.rule_version = by.urn, clock.now(), rule.version
    if payout.kind == PayoutKind.EARNINGS:  # refunds and returns lie ready since they were asked for
        entry = Entry(home(payout), account(payout), payout.amount_minor)
        _post(TransferKind.PAYOUT_APPROVED, payout, entry, by)
    payout.save(update_fields=["state", "approved_by", "approved_at", "rule_version"])
    outbox.record(
        "payout.approved",
        subject=ids.urn(payout.id),
        actor=by.urn,
        thread=_thread(payout),
        parties=_parties(payout),
        amount_minor=payout.amount_minor,
        currency=payout.currency,
        payment_reference=payout.payment_reference,
        rule_version=rule.version,
    )


@verb("payout.cancelled")
def cancel(payout_id: UUID, *, reason: str, by: Member) -> Payout:
    """Take back a payout that was not sent yet; its money is available to its owner again.

    By the owner's finance before approval, by an approver before sending. Raises IllegalStep, Invalid, NotFound,
    NotAllowed.
    """
    need_reason(reason)
    payout = _lock(payout_id)
    is_own = payout.organisation_id == by.organisation_id
    if not (is_own or by.has(Role.APPROVER)):
        raise NotFound
    by.require(Role.FINANCE if is_own else Role.APPROVER)
    if payout.state == PayoutState.APPROVED and is_own:
        raise NotAllowed(_t("It is approved already; the operator can still stop it."))
    had_left = payout.kind != PayoutKind.EARNINGS or payout.state == PayoutState.APPROVED
    move(payout, PayoutState.CANCELLED)
    payout.ended_at, payout.end_reason = clock.now(), reason[:200]
    if had_left:
        _bring_home(TransferKind.PAYOUT_CANCELLED, payout, reason, by)
    payout.save(update_fields=["state", "ended_at", "end_reason"])
    outbox.record(
        "payout.cancelled",
        subject=ids.urn(payout.id),
        actor=by.urn,
        thread=_thread(payout),
        parties=_parties(payout),
        payment_reference=payout.payment_reference,
        reason=reason,
    )
    return payout


@verb("payout.failed")
def fail(payout_id: UUID, *, reason: str, by: Member) -> Payout:
    """Write down that the bank did not make a payout; its money is available to its owner again.

    A payout that the bank made and sent back comes as an incoming line instead. Raises IllegalStep, Invalid,
    NotFound, NotAllowed.
    """
    by.require(Role.CLERK, Role.APPROVER)
    need_reason(reason)
    payout = _lock(payout_id)
    move(payout, PayoutState.FAILED)
    payout.ended_at, payout.end_reason = clock.now(), reason[:200]
    transfer = _bring_home(TransferKind.PAYOUT_FAILED, payout, reason, by)
    payout.save(update_fields=["state", "ended_at", "end_reason"])
    outbox.record(
        "payout.failed",
        subject=ids.urn(payout.id),
        actor=by.urn,
        thread=_thread(payout),
        parties=_parties(payout),
        amount_minor=payout.amount_minor,
        currency=payout.currency,
        payment_reference=payout.payment_reference,
        reason=reason,
        transfer=ids.urn(transfer),
    )
    return payout


def _bring_home(kind: TransferKind, payout: Payout, reason: str, by: Actor) -> UUID:
    """Book the money back to its owner; a receipt without owner waits in suspense again."""
    transfer = _post(kind, payout, Entry(account(payout), home(payout), payout.amount_minor), by, reason)
    if payout.organisation_id is None:
        StatementLine.objects.filter(payout=payout, state=LineState.RETURNED).update(
            state=LineState.SUSPENSE, doubt=Doubt.PAYOUT_RETURNED
        )
    return transfer


def account(payout: Payout) -> Key:
    """Where the money lies once the payout is approved."""
    if payout.kind == PayoutKind.EARNINGS and payout.organisation_id:
        return accounts.payout_out(payout.organisation_id, payout.currency)
    return accounts.refund_due(payout.organisation_id, payout.currency)


def home(payout: Payout) -> Key:
    """Where the money goes when it comes back: to its owner."""
    if payout.organisation_id is None:
        return accounts.common(accounts.Code.SUSPENSE, payout.currency)
    return accounts.org(payout.organisation_id, payout.currency)


def _post(kind: TransferKind, payout: Payout, entry: Entry, by: Actor, reason: str = "") -> UUID:
    return ledger.post(
        kind,
        source=(SOURCE, payout.id),
        entries=[entry],
        actor=by.urn,
        reference=payout.reference,
        thread=payout.thread,
        reason=reason,
    )


def _lock(payout_id: UUID) -> Payout:
    payout = Payout.objects.select_for_update(no_key=True).filter(id=payout_id).first()
    if payout is None:
        raise NotFound
    return payout


def locked(names: list[str]) -> dict[str, Payout]:
    """The payouts of these references, locked in the order of their ids."""
    if not names:
        return {}
    found = Payout.objects.select_for_update(no_key=True).filter(payment_reference__in=names).order_by("id")
    return {payout.payment_reference: payout for payout in found}


def move(payout: Payout, to: PayoutState) -> None:
    """Take one step; the caller holds the row lock and saves. Raises IllegalStep."""
    if to not in PAYOUT_FOLLOWS[PayoutState(payout.state)]:
        raise IllegalStep(
            _t("The payout is %(state)s.") % {"state": PayoutState(payout.state).label}, state=payout.state
        )
    payout.state = to


def check_holds(payout: Payout) -> None:
    """Refuse the step while the owner, the period or the trade is held. Raises Held."""
    holds.check(payout.organisation_id, payout.reference, payout.thread)


def end_by_bank(payout: Payout, *, is_back: bool) -> None:
    """The statement shows that the payout was made, or that it came back; the caller saves."""
    move(payout, PayoutState.RETURNED if is_back else PayoutState.CONFIRMED)
    payout.ended_at = clock.now()


def save_ended(ended: Sequence[Payout]) -> None:
    """Write the states of payouts that the bank ended."""
    if ended:
        Payout.objects.bulk_update(ended, ["state", "ended_at"])


def tell_of_bank(payout: Payout, state: str, transfer: UUID, by: Actor) -> None:
    """Record what the bank did with a payout."""
    outbox.record(
        f"payout.{state}",
        subject=ids.urn(payout.id),
        actor=by.urn,
        thread=_thread(payout),
        parties=_parties(payout),
        amount_minor=payout.amount_minor,
        currency=payout.currency,
        payment_reference=payout.payment_reference,
        transfer=ids.urn(transfer),
    )


def need_reason(reason: str) -> None:
    """Raise Invalid for an empty reason."""
    if not reason.strip():
        raise Invalid.field("reason", _t("is empty"), _t("say why"))


def _thread(payout: Payout) -> str | None:
    return ids.urn(payout.thread) if payout.thread else None


def _parties(payout: Payout) -> list[UUID]:
    return [payout.organisation_id] if payout.organisation_id else []
