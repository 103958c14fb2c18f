"""Deadlines stand still while a hold stops the step: what a hold took is given back, to the second.

The rows keep the deadline as the contract sets it; what holds added follows from the holds themselves, so that no
second tally can part from them. A deadline begins to run with a verb that no hold stopped.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from contracts.models import Negotiation, Period
from contracts.states import NEGOTIATION_ENDED, PeriodState, TradeState
from delivery import queries as delivery
from listings.models import Offer
from market import holds
from market.holds import Standstill

RUNNING = frozenset({PeriodState.DUE, PeriodState.FUNDED, PeriodState.DELIVERING})


def subjects_of_negotiation(negotiation: Negotiation) -> list[UUID]:
    """Everything that a hold may stand on and that stops the talks; the offer's version is loaded."""
    version = negotiation.offer.version
    return [negotiation.thread, negotiation.supplier_id, negotiation.buyer_id, version.id, version.product_id]


def subjects_of_period(period: Period, grant_id: UUID | None) -> list[UUID]:
    """Everything that a hold may stand on and that stops the period, the download of its data included."""
    trade = period.trade
    found = [period.id, trade.id, trade.supplier_id, trade.buyer_id, trade.version_id, trade.product_id]
    return found if grant_id is None else [*found, grant_id]


def give_back_to_negotiations(negotiations: Iterable[Negotiation]) -> None:
    """Move `expires_at` of these rows to where it stands now: for readers, the rows are not to be saved."""
    running = [each for each in negotiations if each.state not in NEGOTIATION_ENDED]
    offers = Offer.objects.filter(id__in=[each.offer_id for each in running])
    sold = {found: sold for found, *sold in offers.values_list("id", "version_id", "version__product_id")}
    subjects = {each.id: [each.thread, each.supplier_id, each.buyer_id, *sold[each.offer_id]] for each in running}
    still = _standstill(subjects.values())
    for each in running:
        each.expires_at = still.moved(each.expires_at, since=each.requested_at, subjects=subjects[each.id])


def give_back_to_periods(periods: Iterable[Period], *, grants: Mapping[str, UUID] | None = None) -> None:
    """Move `due_at` and `acceptance_due_at` of these rows to where they stand now: as above, not to be saved.

    grants: the grants' ids by period, where the caller has read them already.
    """
    running = [each for each in periods if each.state in RUNNING]
    if grants is None:
        grants = delivery.grant_ids_of([each.urn for each in running if each.state != PeriodState.DUE])
    subjects = {each.id: subjects_of_period(each, grants.get(each.urn)) for each in running}
    still = _standstill(subjects.values())
    days = _days_to_pay([each for each in running if each.state == PeriodState.DUE]) if still.by_subject else {}
    for each in running:
        if each.state == PeriodState.DUE and each.due_at is not None and each.trade_id in days:
            since = each.due_at - days[each.trade_id]
            each.due_at = still.moved(each.due_at, since=since, subjects=subjects[each.id])
        began_at = each.delivered_at or each.funded_at
        if each.acceptance_due_at is not None and began_at is not None:
            each.acceptance_due_at = still.moved(each.acceptance_due_at, since=began_at, subjects=subjects[each.id])


def expires_at(negotiation: Negotiation) -> datetime:
    """When an open negotiation lapses, held time given back."""
    subjects = subjects_of_negotiation(negotiation)
    return holds.standstill(subjects).moved(negotiation.expires_at, since=negotiation.requested_at, subjects=subjects)


def payment_due_at(period: Period) -> datetime | None:
    """By when the period is to be paid, held time given back; None before both have signed."""
    if period.due_at is None:
        return None
    subjects = subjects_of_period(period, None)
    since = period.due_at - _days_to_pay([period])[period.trade_id]
    return holds.standstill(subjects).moved(period.due_at, since=since, subjects=subjects)


def acceptance_due_at(period: Period) -> datetime | None:
    """When silence accepts, held time given back; None where it accepts nothing or the days do not run yet."""
    began_at = period.delivered_at or period.funded_at
    if period.acceptance_due_at is None or began_at is None:
        return None
    subjects = subjects_of_period(period, delivery.grant_id_of(period.urn))
    return holds.standstill(subjects).moved(period.acceptance_due_at, since=began_at, subjects=subjects)


def lasted(period: Period, *, since: datetime, until: datetime) -> timedelta:
    """How long holds stopped the period between two moments."""
    subjects = subjects_of_period(period, delivery.grant_id_of(period.urn))
    return holds.standstill(subjects).lasted(since=since, until=until, subjects=subjects)


def touched(subject: UUID) -> list[tuple[UUID, UUID]]:
    """The running negotiations and trades that a hold on a subject stops: negotiation and thread of each."""
    open_ones = ~Q(state__in=NEGOTIATION_ENDED) | Q(agreement__trade__state=TradeState.RUNNING)
    held = (
        Q(thread=subject)
        | Q(supplier_id=subject)
        | Q(buyer_id=subject)
        | Q(offer__version_id=subject)
        | Q(offer__version__product_id=subject)
        | Q(thread__in=delivery.threads_of(subject))
        | Q(agreement__trade__periods=subject)
    )
    return list(Negotiation.objects.filter(open_ones, held).distinct().values_list("id", "thread"))


def _standstill(subjects: Iterable[Sequence[UUID]]) -> Standstill:
    asked = {each for some in subjects for each in some}
    return holds.standstill(asked) if asked else Standstill({})


def _days_to_pay(periods: Sequence[Period]) -> dict[UUID, timedelta]:
    """The days for payment that each period's contract gives, by trade."""
    found = Negotiation.objects.filter(thread__in=[each.trade_id for each in periods])
    return {thread: timedelta(days=days) for thread, days in found.values_list("thread", "terms__payment_due_days")}
