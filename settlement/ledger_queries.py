"""What the desk asks of the ledger itself: accounts, their statements and balances, manual bookings, periods."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _t

from market.kernel.errors import Invalid, NotFound
from market.participants.members import Member
from settlement import books, ledger
from settlement.accounts import CHART, Code, Key
from settlement.models import Account, AccountingPeriod, Booking
from settlement.queries import cut, require_desk
from settlement.states import BookingState


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account and its balance in minor units, on its normal side."""

    id: UUID
    book: str
    code: Code
    owner: str  # the organisation's name, or empty
    reference: UUID | None
    currency: str
    is_debit_normal: bool
    balance_minor: int


def accounts(
    *, for_: Member, code: Code | None = None, organisation: UUID | None = None, page: int = 1, size: int
) -> list[AccountRow]:
    """Accounts by purpose and owner, for the desk."""
    found = _known(for_)
    if code is not None:
        found = found.filter(code=code)
    if organisation is not None:
        found = found.filter(org_id=organisation)
    return [_row(each, None) for each in cut(found.order_by("book", "code", "id"), page, size)]


def account(account_id: UUID, *, for_: Member, at: datetime | None = None) -> AccountRow:
    """One account with its balance now, or at a moment. Raises NotFound."""
    return _row(_account(account_id, for_), at)


def account_statement(
    account_id: UUID, first_on: date, last_on: date, *, for_: Member, page: int = 1, size: int
) -> books.AccountStatement:
    """Opening, lines and closing of any account over calendar days, both included. Raises Invalid, NotFound."""
    if last_on < first_on:
        raise Invalid.field("last_on", _t("lies before the first day"), _t("give the later day last"))
    key = account_key(account_id, for_=for_)
    return books.account_statement(key, first_on, last_on, page=page, size=size)


def account_key(account_id: UUID, *, for_: Member) -> Key:
    """The key of an account, for the desk. Raises NotFound."""
    return ledger.key_of(_account(account_id, for_))


def bookings(*, for_: Member, state: BookingState | None = None, page: int = 1, size: int) -> list[Booking]:
    """Manual bookings, newest first, for the desk."""
    require_desk(for_)
    found = Booking.objects.select_related("line", "reverses").order_by("-id")
    return cut(found.filter(state=state) if state else found, page, size)


def periods(*, for_: Member) -> list[AccountingPeriod]:
    """Months that were closed at least once, newest first, for the desk."""
    require_desk(for_)
    return list(AccountingPeriod.objects.order_by("-first_on"))


def _known(for_: Member) -> QuerySet[Account]:
    require_desk(for_)
    return Account.objects.select_related("org")


def _account(account_id: UUID, for_: Member) -> Account:
    found = _known(for_).filter(id=account_id).first()
    if found is None:
        raise NotFound
    return found


def _row(found: Account, at: datetime | None) -> AccountRow:
    key = ledger.key_of(found)
    return AccountRow(
        id=found.id,
        book=found.book,
        code=key.code,
        owner=found.org.name if found.org else "",
        reference=found.reference,
        currency=found.currency,
        is_debit_normal=CHART[key.code].is_debit_normal,
        balance_minor=ledger.balance(key) if at is None else ledger.balance_at(key, at),
    )
