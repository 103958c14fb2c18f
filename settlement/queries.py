"""What can be asked about money: read-only, and only by those whose money it is, and the operator's desk."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, F, Model, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext as _t

from market.kernel import clock, ids, rows
from market.kernel.errors import Invalid, NotFound
from market.participants.members import Member, Role
from settlement import accounts, bank_accounts, books, ledger
from settlement.models import BankAccount, Obligation, Payout, PayoutFile, Statement, StatementLine
from settlement.obligations import due_at
from settlement.states import LineState, ObligationState, PayoutKind, PayoutState

DESK: Final = (Role.CLERK, Role.APPROVER, Role.AUDITOR)
M = TypeVar("M", bound=Model)


def cut(found: QuerySet[M], page: int, size: int) -> list[M]:
    """One page; at most PAGE_SIZE_MAX rows whatever is asked."""
    size = max(1, min(size, settings.PAGE_SIZE_MAX))
    return list(found[(page - 1) * size : page * size])


def require_desk(for_: Member) -> None:
    """Raise NotAllowed unless the operator's money desk asks."""
    for_.require(*DESK)


def obligation(reference: str, *, for_: Member) -> Obligation:
    """What is owed for a reference. Raises NotFound for strangers too: they may not know of it."""
    waiting = StatementLine.objects.filter(obligation=OuterRef("id"), state=LineState.SUSPENSE, is_incoming=True)
    found = (
        Obligation.objects.select_related("release")
        .annotate(has_suspended=Exists(waiting))
        .filter(reference=ids.from_urn(reference))
        .first()
    )
    if found is None or not (for_.organisation_id in {found.payer_id, found.payee_id} or for_.has(*DESK)):
        raise NotFound
    return found


def obligations(*, for_: Member, state: ObligationState | None = None, page: int = 1, size: int) -> list[Obligation]:
    """The caller's obligations on either side, or all for the desk, newest first."""
    found = Obligation.objects.order_by("-id")
    if not for_.has(*DESK):
        found = found.filter(Q(payer_id=for_.organisation_id) | Q(payee_id=for_.organisation_id))
    return cut(found.filter(state=state) if state else found, page, size)


def is_funded(reference: str) -> bool:
    """Whether the whole amount for a reference lies in escrow now."""
    return rows.get(Obligation, reference=ids.from_urn(reference), state=ObligationState.FUNDED) is not None


def payment_of(reference: str) -> dict[str, Any] | None:
    """How the amount for a reference is paid and whether it was; None where nothing is owed."""
    found = rows.get(Obligation, "payer", reference=ids.from_urn(reference))
    if found is None:
        return None
    return {
        "payment_reference": found.payment_reference,
        "amount_minor": found.amount_minor,
        "currency": found.currency,
        "due_at": due_at(found),
        "state": found.state,
        "payer_name": found.payer.name,
    }


@dataclass(frozen=True, slots=True)
class Balance:
    """What an organisation has with the custodian, in minor units."""

    currency: str
    available_minor: int
    requested_minor: int  # of it, asked for and not approved yet
    reserved_minor: int
    payout_minor: int  # on its way to the bank account
    refund_minor: int  # on its way back as refunds


def balance(*, for_: Member, currency: str = "CNY") -> Balance:
    """The caller's own balance."""
    own = for_.organisation_id
    purposes = (accounts.org, accounts.org_reserved, accounts.payout_out, accounts.refund_due)
    keys = [purpose(own, currency) for purpose in purposes]
    found = ledger.balances(*keys)
    available, reserved, payout, refund = (found[key] for key in keys)
    return Balance(
        currency=currency,
        available_minor=available,
        requested_minor=_requested(own, currency),
        reserved_minor=reserved,
        payout_minor=payout,
        refund_minor=refund,
    )


def _requested(organisation_id: UUID, currency: str) -> int:
    asked = Payout.objects.filter(
        organisation_id=organisation_id, currency=currency, kind=PayoutKind.EARNINGS, state=PayoutState.REQUESTED
    )
    return sum(asked.values_list("amount_minor", flat=True))


def free_minor(organisation_id: UUID, currency: str = "CNY") -> int:
    """What an organisation can still ask to be paid out, in minor units; for the inbox, which acts for nobody."""
    return ledger.balance(accounts.org(organisation_id, currency)) - _requested(organisation_id, currency)


def owner_of_payout(payout_id: UUID) -> UUID | None:
    """Whose money a payout is; None where nobody owns it."""
    return Payout.objects.values_list("organisation_id", flat=True).get(id=payout_id)


@dataclass(frozen=True, slots=True)
class Escrowed:
    """What lies in escrow for an organisation's trades, in minor units."""

    to_come_minor: int  # it is the payee: less the fee, its own once the buyer accepts
    paid_minor: int  # it is the payer


def escrowed(*, for_: Member, currency: str = "CNY") -> Escrowed:
    """What the caller's organisation has paid, and is to get, that is still in escrow."""
    own = for_.organisation_id
    lying = F("amount_minor") - F("refunded_minor")
    found = Obligation.objects.filter(
        Q(payee_id=own) | Q(payer_id=own), state=ObligationState.FUNDED, currency=currency
    )
    return Escrowed(
        **found.aggregate(
            to_come_minor=Sum(lying, filter=Q(payee_id=own), default=0),
            paid_minor=Sum(lying, filter=Q(payer_id=own), default=0),
        )
    )


def in_escrow_minor(references: QuerySet[Any, Any] | None = None, *, currency: str = "CNY") -> int:
    """What lies in escrow for all references, or for those that an upper room names; in minor units."""
    found = Obligation.objects.filter(state=ObligationState.FUNDED, currency=currency)
    if references is not None:
        found = found.filter(reference__in=references)
    return int(found.aggregate(lying=Sum(F("amount_minor") - F("refunded_minor"), default=0))["lying"])


def own_key(for_: Member, currency: str) -> accounts.Key:
    """The account of the caller's available money."""
    return accounts.org(for_.organisation_id, currency)


def account_statement(
    first_on: date, last_on: date, *, for_: Member, currency: str = "CNY", page: int = 1, size: int
) -> books.AccountStatement:
    """The caller's available money over calendar days, both included. Raises Invalid."""
    if last_on < first_on:
        raise Invalid.field("last_on", _t("lies before the first day"), _t("give the later day last"))
    key = own_key(for_, currency)
    return books.account_statement(key, first_on, last_on, page=page, size=min(size, settings.PAGE_SIZE_MAX))


def statements(*, for_: Member, page: int = 1, size: int) -> list[Statement]:
    """Imported statements with their counts, newest first; for the desk."""
    require_desk(for_)
    return cut(_counted(Statement.objects.order_by("-imported_at", "-number")), page, size)


def statement(statement_id: UUID, *, for_: Member) -> Statement:
    """One imported statement. Raises NotFound."""
    require_desk(for_)
    found = _counted(Statement.objects.filter(id=statement_id)).first()
    if found is None:
        raise NotFound
    return found


def _counted(found: QuerySet[Statement]) -> QuerySet[Statement]:
    return found.annotate(
        matched=Count("lines", filter=Q(lines__state=LineState.MATCHED)),
        suspended=Count("lines", filter=Q(lines__state=LineState.SUSPENSE)),
    )


def lines(statement_id: UUID, *, for_: Member, page: int = 1, size: int) -> list[StatementLine]:
    """The lines of a statement in the order of the file; for the desk."""
    require_desk(for_)
    found = StatementLine.objects.filter(statement_id=statement_id).select_related("obligation", "payout")
    return cut(found.order_by("row"), page, size)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A line in suspense and how long it has been there."""

    line: StatementLine
    age: timedelta


def suspense(*, for_: Member, page: int = 1, size: int) -> list[Waiting]:
    """What waits in suspense, oldest first; for the desk."""
    require_desk(for_)
    found = StatementLine.objects.filter(state=LineState.SUSPENSE).select_related("statement", "obligation", "payout")
    ordered = found.order_by("statement__imported_at", "statement_id", "row")
    now = clock.now()
    return [Waiting(line, now - line.statement.imported_at) for line in cut(ordered, page, size)]


@dataclass(frozen=True, slots=True)
class SuspenseTotal:
    """How much waits, in minor units, and since when."""

    currency: str
    count: int
    in_minor: int
    out_minor: int
    oldest_at: datetime


def suspense_totals(*, for_: Member) -> list[SuspenseTotal]:
    """Head figures of the suspense page, one row a currency."""
    require_desk(for_)
    totals: dict[str, SuspenseTotal] = {}
    waiting = StatementLine.objects.filter(state=LineState.SUSPENSE).order_by("id")
    for currency, amount, is_incoming, at in waiting.values_list(
        "currency", "amount_minor", "is_incoming", "statement__imported_at"
    ).iterator():
        known = totals.get(currency) or SuspenseTotal(currency, 0, 0, 0, at)
        totals[currency] = SuspenseTotal(
            currency,
            known.count + 1,
            known.in_minor + (amount if is_incoming else 0),
            known.out_minor + (0 if is_incoming else amount),
            known.oldest_at,
        )
    return list(totals.values())


def bank_account(*, for_: Member) -> BankAccount:
    """The caller's bank account in use. Raises NotFound."""
    found = bank_accounts.in_use(for_.organisation_id)
    if found is None:
        raise NotFound
    return found


def payout(payout_id: UUID, *, for_: Member) -> Payout:
    """One payout, for its owner and the desk. Raises NotFound."""
    found = Payout.objects.select_related("organisation", "file").filter(id=payout_id).first()
    if found is None or not (for_.has(*DESK) or found.organisation_id == for_.organisation_id):
        raise NotFound
    return found


def payouts(*, for_: Member, state: PayoutState | None = None, page: int = 1, size: int) -> list[Payout]:
    """The caller's payouts, or all for the desk, newest first."""
    found = Payout.objects.select_related("organisation", "file").order_by("-id")
    if not for_.has(*DESK):
        found = found.filter(organisation_id=for_.organisation_id)
    return cut(found.filter(state=state) if state else found, page, size)


def payout_files(*, for_: Member, page: int = 1, size: int) -> list[PayoutFile]:
    """Orders to the bank, newest first; for the desk."""
    require_desk(for_)
    return cut(PayoutFile.objects.order_by("-id"), page, size)


def trial_balance(*, for_: Member, at: datetime | None = None) -> list[books.TrialRow]:
    """The trial balance now or as it stood at a moment, for the desk."""
    require_desk(for_)
    return books.trial_balance(at=at)


def findings(*, for_: Member) -> list[books.Finding]:
    """What must agree in the books and does not, for the desk."""
    require_desk(for_)
    return books.check()
