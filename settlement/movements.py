"""Movements of the custodian's account become entries: each line of a statement is judged, booked and told of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from market.events import outbox
from market.holds import Held
from market.kernel import ids
from market.participants.members import Member
from settlement import accounts, bank_accounts, ledger, matching, obligations, payments, payouts, references
from settlement.accounts import Code, Key
from settlement.ledger import Draft, Entry
from settlement.models import Obligation, Payout, Statement, StatementLine
from settlement.rails.base import Line
from settlement.states import Doubt, LineState, ObligationState, TransferKind


@dataclass(slots=True)
class Batch:
    """The lines of one statement on their way into the journal; everything is posted in one statement."""

    statement: Statement
    by: Member
    lines: list[StatementLine] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    paid: list[tuple[Obligation, UUID]] = field(default_factory=list)
    settled: list[tuple[Payout, str, UUID]] = field(default_factory=list)
    waiting: list[tuple[StatementLine, UUID]] = field(default_factory=list)

    def judge(self, fresh: Sequence[tuple[bytes, Line]]) -> None:
        """Decide what each line is, under locks on every obligation and payout that the lines name."""
        found = {key: references.find(line.memo) for key, line in fresh}
        names = sorted({name for each in found.values() for name in each})
        owed = _locked_obligations([name for name in names if not references.is_payout(name)])
        sent = payouts.locked([name for name in names if references.is_payout(name)])
        for key, line in fresh:
            row = self._row(key, line, found[key])
            self.lines.append(row)
            doubt = matching.doubt_of_reference(found[key], owed.keys() | sent.keys())
            if doubt is not None:
                self._suspend(row, doubt)
            elif payout := sent.get(row.payment_reference):
                self._judge_payout(row, payout)
            else:
                self._judge_payment(row, owed[row.payment_reference])

    def _row(self, key: bytes, line: Line, found: list[str]) -> StatementLine:
        return StatementLine(
            statement=self.statement,
            row=line.row,
            key=key,
            is_incoming=line.is_incoming,
            amount_minor=line.amount_minor,
            currency=line.currency,
            booked_on=line.booked_on,
            booked_time=line.booked_time,
            serial=line.serial,
            counterparty=line.counterparty,
            account_sealed=bank_accounts.seal(line.account) if line.account else None,
            account_masked=bank_accounts.mask(line.account),
            bank=line.bank,
            memo=line.memo,
            balance_minor=line.balance_minor,
            payment_reference=found[0] if len(found) == 1 else "",
            state=LineState.MATCHED,
        )

    def _judge_payment(self, row: StatementLine, obligation: Obligation) -> None:
        """An exact reference: into escrow where state, currency, amount and holds allow it."""
        row.obligation = obligation
        doubt = (
            matching.doubt_of_payment(row.amount_minor, row.currency, row.counterparty, obligation)
            if row.is_incoming
            else Doubt.UNKNOWN_REFERENCE
        )
        if doubt is None:
            try:
                obligations.check_holds(obligation)
            except Held:
                doubt = Doubt.HELD
        if doubt is not None:
            self._suspend(row, doubt)
            return
        obligations.move(obligation, ObligationState.FUNDED)
        entries = payments.entries(self._bank(row), obligation, row.amount_minor)
        transfer = self._draft(TransferKind.PAYMENT_IN, row, entries, obligation.reference, obligation.thread)
        self.paid.append((obligation, transfer))

    def _judge_payout(self, row: StatementLine, payout: Payout) -> None:
        """A payout's reference: going out it confirms the payout, coming in it brings the money back."""
        row.payout = payout
        doubt = matching.doubt_of_payout(row, payout)
        if doubt is None and row.is_incoming and payout.organisation_id is None:
            doubt = Doubt.PAYOUT_RETURNED  # nobody's money: a person decides again
        if doubt is not None and doubt != Doubt.PAYOUT_RETURNED:
            self._suspend(row, doubt)
            return
        payouts.end_by_bank(payout, is_back=row.is_incoming)
        if doubt is not None:
            transfer = self._suspend(row, doubt)
        elif row.is_incoming:
            entries = [Entry(self._bank(row), payouts.home(payout), row.amount_minor)]
            transfer = self._draft(TransferKind.PAYOUT_BACK, row, entries, payout.reference, payout.thread)
        else:
            entries = [Entry(payouts.account(payout), self._bank(row), row.amount_minor)]
            transfer = self._draft(TransferKind.PAYOUT_OUT, row, entries, payout.reference, payout.thread)
        self.settled.append((payout, payout.state, transfer))

    def _suspend(self, row: StatementLine, doubt: Doubt) -> UUID:
        """Into suspense, or out of it for money that left and that no payout of ours explains."""
        row.state, row.doubt = LineState.SUSPENSE, doubt
        suspense = accounts.common(Code.SUSPENSE, row.currency)
        sides = (self._bank(row), suspense) if row.is_incoming else (suspense, self._bank(row))
        transfer = self._draft(TransferKind.LINE_SUSPENDED, row, [Entry(*sides, row.amount_minor)])
        self.waiting.append((row, transfer))
        return transfer

    def _bank(self, row: StatementLine) -> Key:
        return accounts.bank(row.currency, self.statement.rail)

    def _draft(
        self,
        kind: TransferKind,
        row: StatementLine,
        entries: list[Entry],
        reference: UUID | None = None,
        thread: UUID | None = None,
    ) -> UUID:
        draft = Draft(
            kind=kind,
            source=(payments.SOURCE, row.id),
            entries=entries,
            actor=self.by.urn,
            reference=reference,
            thread=thread,
        )
        self.drafts.append(draft)
        return draft.id

    def book(self) -> None:
        """Post everything, write the lines, and record one event for each thing that changed."""
        ledger.post_all(self.drafts)
        StatementLine.objects.bulk_create(self.lines, batch_size=1000)
        obligations.save_funded([obligation for obligation, _ in self.paid])
        payouts.save_ended([payout for payout, _, _ in self.settled])
        for obligation, transfer in self.paid:
            payments.tell(obligation, transfer, self.by)
        for payout, state, transfer in self.settled:
            payouts.tell_of_bank(payout, state, transfer, self.by)
        for row, transfer in self.waiting:
            outbox.record(
                "receipt.suspended",
                subject=row.urn,
                actor=self.by.urn,
                thread=row.obligation.thread_urn if row.obligation else None,
                parties=[row.obligation.payer_id] if row.obligation else [],
                amount_minor=row.amount_minor,
                currency=row.currency,
                doubt=str(row.doubt),
                incoming=row.is_incoming,
                transfer=ids.urn(transfer),
            )


def _locked_obligations(names: list[str]) -> dict[str, Obligation]:
    """The obligations of these payment references, locked in the order of their ids."""
    if not names:
        return {}
    found = Obligation.objects.select_for_update(of=("self",), no_key=True).select_related("payer")
    found = found.filter(payment_reference__in=names).order_by("id")
    return {obligation.payment_reference: obligation for obligation in found}
