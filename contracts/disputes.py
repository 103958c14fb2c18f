"""Disputes: the buyer objects, the supplier concedes or the buyer withdraws. Meanwhile nothing is released."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _t

from contracts import periods, standstills, trade
from contracts.errors import Disputed
from contracts.models import Dispute, Period
from contracts.states import DISPUTE_FOLLOWS, DisputeState, PeriodState
from market.events import outbox
from market.kernel import clock
from market.kernel.errors import IllegalStep, Invalid, NotAllowed, NotFound
from market.participants.members import Member, Role
from market.verbs import verb


@verb("dispute.opened")
def open(period_id: UUID, *, reason: str, by: Member) -> Dispute:
    """The buyer objects to what was, or was not, delivered. Raises Invalid, IllegalStep, Disputed, NotAllowed, Held."""
    by.require_trading(Role.TRADER, Role.SIGNATORY)
    period = periods.locked(id=period_id)
    if by.organisation_id != period.trade.buyer_id:
        raise NotAllowed(_t("Only the buyer may do this."))
    if period.state not in {PeriodState.FUNDED, PeriodState.DELIVERING}:
        raise IllegalStep(_t("There is nothing to object to now."), state=period.state)
    if len(reason.strip()) < 5:
        raise Invalid.field("reason", _t("is too short"), _t("say what differs from the contract, and where"))
    try:
        with transaction.atomic():
            dispute = Dispute.objects.create(period=period, reason=reason.strip(), opened_by_id=by.person_id)
    except IntegrityError as error:
        raise Disputed from error
    _record("dispute.opened", dispute, period, by, reason=dispute.reason)
    return dispute


@verb("dispute.withdrawn")
def withdraw(dispute_id: UUID, *, answer: str, by: Member) -> Dispute:
    """The buyer takes the objection back; acceptance by silence runs again, at least one more day."""
    by.require_trading(Role.TRADER, Role.SIGNATORY)
    dispute, period = _locked(dispute_id)
    if by.organisation_id != period.trade.buyer_id:
        raise NotAllowed(_t("Only the buyer may do this."))
    _end(dispute, DisputeState.WITHDRAWN, answer)
    if period.acceptance_due_at is not None:
        # What the quarrel took is given back: the remaining time starts again now. Holds give back their own part.
        now = clock.now()
        quarrelled = now - dispute.opened_at
        period.acceptance_due_at += quarrelled - standstills.lasted(period, since=dispute.opened_at, until=now)
        period.save(update_fields=["acceptance_due_at"])
    _record("dispute.withdrawn", dispute, period, by, answer=dispute.answer)
    return dispute


@verb("dispute.conceded", composes=True, durable=True)
def concede(dispute_id: UUID, *, answer: str, by: Member) -> Dispute:
    """The supplier agrees: the escrow goes back to the buyer and access ends."""
    by.require_trading(Role.TRADER, Role.SIGNATORY)
    dispute, period = _locked(dispute_id)
    if by.organisation_id != period.trade.supplier_id:
        raise NotAllowed(_t("Only the supplier may do this."))
    _end(dispute, DisputeState.CONCEDED, answer)
    _record("dispute.conceded", dispute, period, by, answer=dispute.answer)
    trade.refund(period, reason=dispute.reason, by=by)
    return dispute


def _locked(dispute_id: UUID) -> tuple[Dispute, Period]:
    found = Dispute.objects.filter(id=dispute_id).values_list("period_id", flat=True).first()
    if found is None:
        raise NotFound
    period = periods.locked(id=found)
    return Dispute.objects.select_for_update(no_key=True).get(id=dispute_id), period


def _end(dispute: Dispute, to: DisputeState, answer: str) -> None:
    if to not in DISPUTE_FOLLOWS[DisputeState(dispute.state)]:
        raise IllegalStep(_t("The dispute has ended."), state=dispute.state)
    dispute.state, dispute.answer, dispute.ended_at = to, answer.strip(), clock.now()
    dispute.save(update_fields=["state", "answer", "ended_at"])


def _record(kind: str, dispute: Dispute, period: Period, by: Member, **fields: str) -> None:
    outbox.record(
        kind,
        subject=period.urn,
        actor=by.urn,
        thread=period.trade.urn,
        parties=[period.trade.supplier_id, period.trade.buyer_id],
        dispute=dispute.urn,
        **fields,
    )
