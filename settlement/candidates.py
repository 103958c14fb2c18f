"""Candidates: what a line in suspense may be for, the likeliest first. A person decides; nothing here moves money."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import models
from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from settlement import references
from settlement.bank_accounts import plain_name
from settlement.models import Obligation, Payout, StatementLine
from settlement.states import ObligationState, PayoutState

SHOWN_MAX: Final = 5  # for one line
_READ_MAX: Final = 500  # for one page of lines
_BRACKETS: Final = str.maketrans("()", "（）")


class Sign(models.TextChoices):
    """What speaks for a candidate, the strongest first."""

    NAMED = "named", _("named in the text")
    NEAR = "near", _("one slip away from the text")
    AMOUNT = "amount", _("same amount")
    PARTY = "party", _("same name")


_WEIGHT: Final = {Sign.NAMED: 8, Sign.NEAR: 4, Sign.AMOUNT: 2, Sign.PARTY: 1}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One reference that a line may be for. missing_minor: still to be paid, in minor units; 0 once it has ended."""

    payment_reference: str
    party: str
    missing_minor: int
    currency: str
    state: ObligationState | PayoutState
    at: datetime  # until when it is due, or when it was asked for
    signs: tuple[Sign, ...]

    @property
    def weight(self) -> int:
        """How much speaks for it."""
        return sum(_WEIGHT[sign] for sign in self.signs)


def of(lines: Sequence[StatementLine]) -> dict[UUID, list[Candidate]]:
    """For each line at most SHOWN_MAX candidates: for a receipt what is owed, for money that left a payout at the bank.

    A candidate that the text names is shown whatever its state, because a receipt for it goes to its payer; all others
    must be open. Two queries, however many lines.
    """
    named = {line.id: set(references.find(line.memo)) for line in lines}
    near = {line.id: set(references.near(line.memo)) for line in lines}
    incoming = [line for line in lines if line.is_incoming]
    outgoing = [line for line in lines if not line.is_incoming]
    found: list[Candidate] = []
    if incoming:
        found += [_owed(each) for each in _obligations(incoming, _union(named, near, incoming))]
    owed = {line.id: found for line in incoming}
    sent = [_sent(each) for each in _payouts(outgoing, _union(named, near, outgoing))] if outgoing else []
    return {line.id: _ranked(line, owed.get(line.id, sent), named[line.id], near[line.id]) for line in lines}


def _union(named: dict[UUID, set[str]], near: dict[UUID, set[str]], lines: Iterable[StatementLine]) -> set[str]:
    return {reference for line in lines for reference in named[line.id] | near[line.id]}


def _obligations(lines: Sequence[StatementLine], wanted: set[str]) -> QuerySet[Obligation]:
    """What one of the lines may pay: named, or due to the amount, or due from somebody of the name."""
    names = _spellings(lines)
    amounts = {line.amount_minor for line in lines}
    left = Q(missing__in=amounts) | Q(payer__name__in=names)
    return (
        Obligation.objects.annotate(missing=F("amount_minor") - F("received_minor"))
        .filter(Q(payment_reference__in=wanted) | Q(state=ObligationState.DUE) & left)
        .filter(currency__in={line.currency for line in lines})
        .select_related("payer")
        .order_by(_first(wanted, Q(payer__name__in=names)), "due_at", "id")[:_READ_MAX]
    )


def _payouts(lines: Sequence[StatementLine], wanted: set[str]) -> QuerySet[Payout]:
    """What one of the outgoing lines may have paid: payouts at the bank of exactly the amount, as the verb asks."""
    amounts = {line.amount_minor for line in lines}
    return Payout.objects.filter(
        state=PayoutState.INSTRUCTED, amount_minor__in=amounts, currency__in={line.currency for line in lines}
    ).order_by(_first(wanted, Q(holder__in=_spellings(lines))), "id")[:_READ_MAX]


def _first(wanted: set[str], is_party: Q) -> Case:
    return Case(
        When(payment_reference__in=wanted, then=Value(0)),
        When(is_party, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )


def _spellings(lines: Iterable[StatementLine]) -> set[str]:
    """The lines' names as banks and as people write them: brackets of either width."""
    plain = {unicodedata.normalize("NFKC", line.counterparty).strip() for line in lines}
    return ({line.counterparty.strip() for line in lines} | plain | {name.translate(_BRACKETS) for name in plain}) - {
        ""
    }


def _owed(row: Obligation) -> Candidate:
    is_due = row.state == ObligationState.DUE
    missing = row.amount_minor - row.received_minor if is_due else 0
    state = ObligationState(row.state)
    return Candidate(row.payment_reference, row.payer.name, missing, row.currency, state, row.due_at, ())


def _sent(row: Payout) -> Candidate:
    state = PayoutState(row.state)
    return Candidate(row.payment_reference, row.holder, row.amount_minor, row.currency, state, row.requested_at, ())


def _ranked(line: StatementLine, found: Iterable[Candidate], named: set[str], near: set[str]) -> list[Candidate]:
    """Those that something speaks for, the most convincing first, the earliest due first among equals."""
    party = plain_name(line.counterparty)
    ranked = []
    for each in found:
        says = {
            Sign.NAMED: each.payment_reference in named,
            Sign.NEAR: each.payment_reference in near,
            Sign.AMOUNT: each.missing_minor == line.amount_minor,
            Sign.PARTY: bool(party) and plain_name(each.party) == party,
        }
        signs = tuple(sign for sign, is_so in says.items() if is_so)
        if signs and each.currency == line.currency and (each.missing_minor or Sign.NAMED in signs):
            ranked.append(
                Candidate(
                    each.payment_reference, each.party, each.missing_minor, each.currency, each.state, each.at, signs
                )
            )
    return sorted(ranked, key=lambda each: (-each.weight, each.at, each.payment_reference))[:SHOWN_MAX]
