"""What the operator's money desk reads: lists with their counts, one payout with its journal, the books at a glance."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _t

from market import holds
from market.kernel import ids
from market.kernel.errors import NotFound
from market.paging import Page, cut
from market.participants.members import Member, Role
from market.participants.models import Person
from provenance import queries as log
from provenance.queries import EntryRow
from settlement import books, payments, payouts, refunds
from settlement.accounts import Code
from settlement.books import Finding, TrialRow
from settlement.models import Booking, Payout, PayoutFile, Posting, Refund, Statement, StatementLine
from settlement.models.journal import Account
from settlement.queries import require_desk
from settlement.states import PAYOUT_FOLLOWS, BookingState, LineState, PayoutState, TransferKind

_OF_LINES: Final = ("statement", "obligation__payer", "payout")


def statement_page(*, for_: Member, number: int) -> Page[Statement]:
    """Imported statements with their counts and who imported them, newest first."""
    require_desk(for_)
    counted = with_counts(Statement.objects.select_related("imported_by"))
    return cut(counted.order_by("-imported_at", "-number"), number, list)


def statement(statement_id: UUID, *, for_: Member) -> Statement:
    """One statement with its counts. Raises NotFound."""
    require_desk(for_)
    found = with_counts(Statement.objects.select_related("imported_by").filter(id=statement_id)).first()
    if found is None:
        raise NotFound
    return found


def newest_statement(*, for_: Member) -> Statement | None:
    """The statement that was imported last, or None."""
    require_desk(for_)
    return Statement.objects.order_by("-imported_at", "-number").first()


def counts_of(statement: Statement) -> dict[LineState, int]:
    """How many lines of a statement from here are in each state."""
    return {
        LineState.MATCHED: statement.matched,  # type: ignore[attr-defined]  # the three are counted below
        LineState.SUSPENSE: statement.suspended,  # type: ignore[attr-defined]
        LineState.RETURNED: statement.returned,  # type: ignore[attr-defined]
    }


def with_counts(found: QuerySet[Statement]) -> QuerySet[Statement]:
    """Statements that know how many of their lines are in each state: matched, suspended, returned."""
    return found.annotate(
        matched=Count("lines", filter=Q(lines__state=LineState.MATCHED)),
        suspended=Count("lines", filter=Q(lines__state=LineState.SUSPENSE)),
        returned=Count("lines", filter=Q(lines__state=LineState.RETURNED)),
    )


def statement_lines(
    statement_id: UUID, *, for_: Member, state: LineState | None = None, number: int = 1
) -> Page[StatementLine]:
    """The lines of a statement in the order of the file, with what they were for."""
    require_desk(for_)
    found = StatementLine.objects.filter(statement_id=statement_id).select_related(*_OF_LINES)
    return cut((found.filter(state=state) if state else found).order_by("row"), number, list)


def waiting(*, for_: Member, number: int) -> Page[StatementLine]:
    """Lines in suspense, the oldest first."""
    require_desk(for_)
    found = StatementLine.objects.filter(state=LineState.SUSPENSE).select_related(*_OF_LINES)
    return cut(found.order_by("statement__imported_at", "statement_id", "row"), number, list)


def decided(*, for_: Member, number: int) -> Page[StatementLine]:
    """Lines that a person, or the lifting of a hold, took out of suspense, the newest decision first."""
    require_desk(for_)
    found = StatementLine.objects.filter(decided_at__isnull=False).exclude(state=LineState.SUSPENSE)
    return cut(found.select_related(*_OF_LINES).order_by("-decided_at", "-id"), number, list)


def line(line_id: UUID, *, for_: Member) -> StatementLine:
    """One line with what it was for. Raises NotFound."""
    require_desk(for_)
    found = StatementLine.objects.select_related(*_OF_LINES).filter(id=line_id).first()
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class Side:
    """One account of a journal entry: its purpose, and whose or what for."""

    code: Code
    owner: str


@dataclass(frozen=True, slots=True)
class Booked:
    """One posting: an amount in minor units from the debited account to the credited one."""

    transfer: UUID
    kind: TransferKind
    at: datetime
    booked_on: date
    debit: Side
    credit: Side
    amount_minor: int
    currency: str


def journal(sources: Iterable[tuple[str, UUID]], *, for_: Member) -> list[Booked]:
    """What these nouns moved, oldest first. sources: as transfers name them, e.g. ("payout", id)."""
    require_desk(for_)
    named = Q(pk__in=[])
    for kind, identifier in sources:
        named |= Q(transfer__source_kind=kind, transfer__source_id=identifier)
    # all kinds are named so that the unique index, which begins with the kind, finds the few rows
    found = Posting.objects.filter(named, transfer__kind__in=TransferKind.values)
    rows = found.select_related("transfer", "debit__org", "credit__org").order_by("transfer__created_at", "pk")
    return [
        Booked(
            transfer=row.transfer_id,
            kind=TransferKind(row.transfer.kind),
            at=row.transfer.created_at,
            booked_on=row.transfer.booked_on,
            debit=_side(row.debit),
            credit=_side(row.credit),
            amount_minor=row.amount,
            currency=row.currency,
        )
        for row in rows
    ]


def _side(account: Account) -> Side:
    return Side(Code(account.code), account.org.name if account.org else "")


def _reversals_of(line: StatementLine) -> list[UUID]:
    """Bookings by hand that reversed what a person had booked from the line."""
    found = Booking.objects.filter(reverses__source_kind=payments.SOURCE, reverses__source_id=line.id)
    return list(found.filter(state=BookingState.BOOKED).values_list("id", flat=True))


def line_sources(line: StatementLine) -> list[tuple[str, UUID]]:
    """The nouns that moved a line's money: itself, and the payout by which it was sent back."""
    own = [(payments.SOURCE, line.id)]
    own += [("booking", each) for each in _reversals_of(line)]
    is_back = line.payout is not None and line.payout.organisation_id is None
    return [*own, (payouts.SOURCE, line.payout.id)] if line.payout and is_back else own


@dataclass(frozen=True, slots=True)
class Pile:
    """Payouts in one state, in minor units of one currency."""

    state: PayoutState
    currency: str
    count: int
    total_minor: int


def payout_piles(*, for_: Member) -> list[Pile]:
    """How many payouts are in each state, and their sums."""
    require_desk(for_)
    found = Payout.objects.values_list("state", "currency").annotate(Count("id"), Sum("amount_minor")).order_by()
    return [Pile(PayoutState(state), currency, count, total) for state, currency, count, total in found]


@dataclass(frozen=True, slots=True)
class PayoutRow:
    """One line of the list of payouts."""

    payout: Payout
    is_held: bool


def payout_page(states: Collection[PayoutState], *, for_: Member, number: int) -> Page[PayoutRow]:
    """Payouts in these states: what waits, the oldest first; what has ended, the newest first."""
    require_desk(for_)
    found = Payout.objects.filter(state__in=states).select_related("organisation", "file")
    waits = all(PAYOUT_FOLLOWS[state] - {PayoutState.RETURNED} for state in states)
    return cut(found.order_by("id" if waits else "-id"), number, _with_holds)


def _with_holds(rows: list[Payout]) -> list[PayoutRow]:
    held = holds.among({subject for row in rows for subject in _subjects(row)})
    return [PayoutRow(row, not held.isdisjoint(_subjects(row))) for row in rows]


def _subjects(row: Payout) -> list[UUID]:
    return [subject for subject in (row.organisation_id, row.reference, row.thread) if subject]


@dataclass(frozen=True, slots=True)
class Sendable:
    """What the next order to the bank would pay, in minor units; held: approved payouts that it leaves behind."""

    currency: str
    count: int
    total_minor: int
    held: int


def sendable(*, for_: Member) -> list[Sendable]:
    """The next order to the bank, one a currency; empty when no payout is approved."""
    require_desk(for_)
    rows = _with_holds(list(Payout.objects.filter(state=PayoutState.APPROVED).order_by("id")))
    answer = []
    for currency in sorted({row.payout.currency for row in rows}):
        here = [row for row in rows if row.payout.currency == currency]
        free = [row.payout.amount_minor for row in here if not row.is_held]
        answer.append(Sendable(currency, len(free), sum(free), len(here) - len(free)))
    return answer


@dataclass(frozen=True, slots=True)
class Steps:
    """Which steps the reader may take with a payout now, as the verbs will judge; holds are asked by the verbs."""

    approve: bool
    cancel: bool
    fail: bool
    needs_another: bool  # it waits for approval, and the reader may not be the one


def steps_of(payout: Payout, by: Member) -> Steps:
    """The reader's steps by role, state and the rule of two people."""
    follows = PAYOUT_FOLLOWS[PayoutState(payout.state)]
    is_approver = by.has(Role.APPROVER)
    is_open = PayoutState.APPROVED in follows
    is_second = not payouts.needs_another(payout, by)
    return Steps(
        approve=is_approver and is_open and is_second,
        cancel=is_approver and PayoutState.CANCELLED in follows and payout.organisation_id != by.organisation_id,
        fail=by.has(Role.CLERK, Role.APPROVER) and PayoutState.FAILED in follows,
        needs_another=is_approver and is_open and not is_second,
    )


@dataclass(frozen=True, slots=True)
class PayoutDetail:
    """One payout with all that its page tells."""

    payout: Payout
    steps: Steps
    lines: list[StatementLine]  # of statements: what confirmed it, brought it back, or is sent back by it
    booked: list[Booked]
    told: list[EntryRow]  # its events, with their places in the log
    names: dict[str, str]  # of the people who acted, by urn
    holds: list[holds.Hold]

    def entry(self, kind: str) -> EntryRow | None:
        """The event of this kind."""
        return next((row for row in self.told if row.kind == kind), None)


def payout_detail(payout_id: UUID, *, for_: Member) -> PayoutDetail:
    """One payout. Raises NotFound."""
    require_desk(for_)
    found = Payout.objects.select_related("organisation", "file__made_by", "refund").filter(id=payout_id).first()
    if found is None:
        raise NotFound
    lines = list(found.lines.select_related("statement").order_by("statement__imported_at", "row"))
    sources = [(payouts.SOURCE, found.id), *((payments.SOURCE, each.id) for each in lines)]
    refund: Refund | None = getattr(found, "refund", None)
    if refund is not None:
        sources.append((refunds.SOURCE, refund.id))
    subjects = [found.id, *([found.file_id] if found.file_id else [])]
    return PayoutDetail(
        payout=found,
        steps=steps_of(found, for_),
        lines=lines,
        booked=journal(sources, for_=for_),
        told=[row.entry for row in log.story(subjects, for_) if row.entry.kind.startswith("payout.")],
        names=names_of([found.requested_by, found.approved_by]),
        holds=holds.active(_subjects(found)),
    )


def names_of(urns: Iterable[str]) -> dict[str, str]:
    """The names of the people behind these actors; a process of the market is called a rule."""
    people: dict[UUID, str] = {}
    answer: dict[str, str] = {}
    for urn in {each for each in urns if each}:
        try:
            people[ids.from_urn(urn)] = urn
        except ValueError:
            answer[urn] = _t("a rule of the market")
    return answer | {people[person.id]: str(person) for person in Person.objects.filter(id__in=people)}


def file_page(*, for_: Member, number: int) -> Page[PayoutFile]:
    """Orders to the bank, newest first, with who made them."""
    require_desk(for_)
    return cut(PayoutFile.objects.select_related("made_by").order_by("-id"), number, list)


def payout_file(file_id: UUID, *, for_: Member) -> tuple[PayoutFile, list[Payout]]:
    """One order to the bank and the payouts in it, in the order of the file. Raises NotFound."""
    require_desk(for_)
    found = PayoutFile.objects.select_related("made_by").filter(id=file_id).first()
    if found is None:
        raise NotFound
    return found, list(found.payouts.order_by("id"))


@dataclass(frozen=True, slots=True)
class Books:
    """The trial balance, and whatever does not agree."""

    rows: list[TrialRow]
    findings: list[Finding]

    @property
    def currencies(self) -> list[str]:
        """All that were ever booked."""
        return sorted({row.currency for row in self.rows})

    def balance(self, code: Code, currency: str) -> int:
        """The balance of a purpose on its normal side, in minor units."""
        return sum(row.balance for row in self.rows if (row.code, row.currency) == (code, currency))

    def owed_minor(self, currency: str) -> int:
        """What the custodian's account has to cover, in minor units: all that clients and the operator have in it."""
        beside = {Code.BANK, Code.SUSPENSE}
        owed = [row for row in self.rows if row.book == "C" and row.code not in beside and row.currency == currency]
        # an overdrawn fund is owed by the operator: it does not lessen what clients are owed
        return sum(max(0, row.balance) if row.code == Code.OPERATOR_FUND else row.balance for row in owed)


def whole_books(*, for_: Member, at: datetime | None = None) -> Books:
    """The books as they are now; or as they stood at a moment, which is told and not compared. Reads the journal."""
    require_desk(for_)
    rows = books.trial_balance(at=at)
    return Books(rows, books.check(rows) if at is None else [])
