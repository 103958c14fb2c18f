"""Accounting periods: calendar months that close. The database refuses every entry into a closed one or before it."""

import hashlib
from datetime import date, timedelta
from typing import Final

from django.utils.translation import gettext as _t

from market.events import outbox
from market.kernel import canonical_json, clock, prepared
from market.kernel.errors import Conflict, IllegalStep, Invalid, NotFound
from market.participants.members import Member, Role
from market.verbs import verb
from settlement import books, ledger, payouts
from settlement.errors import BooksDisagree, NeedsSecondPerson
from settlement.models import AccountingPeriod, Transfer
from settlement.states import PERIOD_FOLLOWS, PeriodState

# Each entry into a month takes the shared lock (trigger of migration 0005): the closing waits for those on their way.
_LOCK: Final = "SELECT pg_advisory_xact_lock(%s::int, %s::int)"
LOCKS: Final = 5_301  # the class of these locks; keys are year × 12 + month, and 0 for any day of a past month


def end_of(first_on: date) -> date:
    """The last day of the month that begins here."""
    return (first_on + timedelta(days=31)).replace(day=1) - timedelta(days=1)


@verb("accounting_period.closed")
def close(first_on: date, *, by: Member) -> AccountingPeriod:
    """Close a month that has ended, over books that agree, after all earlier months. Again: answers the closed one.

    Raises Invalid unless it is a first day, Conflict, BooksDisagree, NotAllowed. Reads the whole journal; entries of
    other months go on meanwhile.
    """
    by.require(Role.APPROVER)
    period = _locked(first_on)
    if period.state in {PeriodState.CLOSED, PeriodState.ASKED} and not period._state.adding:
        outbox.unchanged()
        return period
    if period.last_on >= clock.now().astimezone(ledger.ZONE).date():
        raise Conflict(_t("The month has not ended yet."))
    earlier = _first_open_before(first_on)
    if earlier is not None:
        raise Conflict(_t("An earlier month is open: %(month)s.") % {"month": f"{earlier:%Y-%m}"})
    findings = books.check()
    if findings:
        raise BooksDisagree(_t("Nothing was closed."), findings=[each.name for each in findings])
    period.state, period.closed_by, period.closed_at = PeriodState.CLOSED, by.urn, clock.now()
    period.transfers = Transfer.objects.filter(booked_on__range=(first_on, period.last_on)).count()
    period.trial_sha256 = sha256_of(books.trial_balance(last_on=period.last_on))
    _save(period)
    outbox.record(
        "accounting_period.closed",
        subject=period.urn,
        actor=by.urn,
        first_on=first_on.isoformat(),
        transfers=period.transfers,
        trial_sha256=period.trial_sha256,
    )
    return period


@verb("accounting_period.reopening_asked")
def ask_reopening(first_on: date, *, reason: str, document: str, by: Member) -> AccountingPeriod:
    """Ask for the month that was closed last to be opened again; it stays closed until a second person agrees.

    Raises Invalid, NotFound, Conflict while a later month is closed, IllegalStep, NotAllowed.
    """
    by.require(Role.CLERK, Role.APPROVER)
    payouts.need_reason(reason)
    if not document.strip():
        raise Invalid.field("document", _t("is empty"), _t("say where the paper lies"))
    period = _known(first_on)
    if AccountingPeriod.objects.filter(first_on__gt=first_on).exclude(state=PeriodState.OPEN).exists():
        raise Conflict(_t("A later month is closed: it opens first."))
    _move(period, PeriodState.ASKED)
    period.asked_by, period.asked_at, period.reopened_by, period.reopened_at = by.urn, clock.now(), "", None
    period.reason, period.document = reason.strip()[:200], document.strip()[:120]
    _save(period)
    outbox.record(
        "accounting_period.reopening_asked",
        subject=period.urn,
        actor=by.urn,
        first_on=first_on.isoformat(),
        reason=period.reason,
        document=period.document,
    )
    return period


@verb("accounting_period.reopened")
def reopen(first_on: date, *, by: Member) -> AccountingPeriod:
    """Agree to a reopening that another person asked for.

    Raises NeedsSecondPerson, NotFound, IllegalStep, NotAllowed.
    """
    by.require(Role.APPROVER)
    period = _known(first_on)
    if period.asked_by == by.urn:
        raise NeedsSecondPerson
    if period.state == PeriodState.OPEN and period.reopened_by == by.urn:
        outbox.unchanged()
        return period
    _move(period, PeriodState.OPEN)
    period.reopened_by, period.reopened_at = by.urn, clock.now()
    _save(period)
    outbox.record(
        "accounting_period.reopened",
        subject=period.urn,
        actor=by.urn,
        first_on=first_on.isoformat(),
        reason=period.reason,
        document=period.document,
        asked_by=period.asked_by,
    )
    return period


def sha256_of(rows: list[books.TrialRow]) -> str:
    """The fingerprint of a trial balance, so that a closed month can be compared later."""
    plain = [
        {"book": row.book, "code": str(row.code), "currency": row.currency}
        | {"debits": str(row.debits), "credits": str(row.credits)}
        for row in rows
        if row.debits or row.credits
    ]
    return hashlib.sha256(canonical_json.dumps(plain)).hexdigest()


def _locked(first_on: date) -> AccountingPeriod:
    """The month's row, or a new one; no entry into the month is on its way any more."""
    if first_on.day != 1:
        raise Invalid.field("first_on", _t("is not the first day of a month"), _t("give the month's first day"))
    for key in (0, first_on.year * 12 + first_on.month):  # in the order of the trigger
        prepared.run(_LOCK, [LOCKS, key])
    found = AccountingPeriod.objects.select_for_update(no_key=True).filter(first_on=first_on).first()
    return found or AccountingPeriod(first_on=first_on, last_on=end_of(first_on))


def _save(period: AccountingPeriod) -> None:
    if period._state.adding:
        period.save(force_insert=True)
    else:
        period.save(update_fields=AccountingPeriod.CHANGEABLE)


def _known(first_on: date) -> AccountingPeriod:
    period = _locked(first_on)
    if period._state.adding:
        raise NotFound
    return period


def _move(period: AccountingPeriod, to: PeriodState) -> None:
    if to not in PERIOD_FOLLOWS[PeriodState(period.state)]:
        label = PeriodState(period.state).label
        raise IllegalStep(_t("The month is %(state)s.") % {"state": label}, state=period.state)
    period.state = to


def _first_open_before(first_on: date) -> date | None:
    """The earliest month before this one that has entries, or was open again, and is not closed."""
    closed = set(AccountingPeriod.objects.exclude(state=PeriodState.OPEN).values_list("first_on", flat=True))
    used = {day.replace(day=1) for day in Transfer.objects.filter(booked_on__lt=first_on).dates("booked_on", "month")}
    again = set(AccountingPeriod.objects.filter(state=PeriodState.OPEN).values_list("first_on", flat=True))
    return min((each for each in (used | again) - closed if each < first_on), default=None)
