"""The chart of accounts: which purposes money may have, and the key by which each account is found."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from uuid import UUID, uuid5

from django.db import models
from django.utils.translation import gettext_lazy as _

from market.kernel import prepared

_NAMESPACE: Final = UUID("6d61726b-6574-5f61-8363-6f756e740000")
BANK_RAIL: Final = "bank"


class Code(models.TextChoices):
    """Purposes of money. The first nine are clients' money (book C), the rest the operator's own (book O)."""

    BANK = "bank", _("custodian's bank account")
    ORG = "org", _("available to an organisation")
    ORG_RESERVED = "org_reserved", _("earned, not free yet")
    ESCROW = "escrow", _("escrow")
    SUSPENSE = "suspense", _("receipts that nobody owns yet")
    REFUND_DUE = "refund_due", _("refunds on their way")
    PAYOUT_OUT = "payout_out", _("payouts on their way")
    DUE_TO_OPERATOR = "due_to_operator", _("fees earned, still with clients' money")
    OPERATOR_FUND = "operator_fund", _("operator's money placed for bank fees")
    DUE_FROM_CLIENT = "due_from_client", _("fees earned, to be taken from clients' money")
    FEE = "fee", _("platform fee without VAT")
    VAT_OUT = "vat_out", _("output VAT")
    RAIL_COST = "rail_cost", _("bank and provider fees")
    PREFUND = "prefund", _("own money placed with the custodian")
    OWN_BANK = "own_bank", _("operator's own bank account")


@dataclass(frozen=True, slots=True)
class Purpose:
    """How accounts of one code behave."""

    book: str
    is_debit_normal: bool
    is_kept: bool  # four sums updated with each posting; else rolled: summed from postings, so nobody waits for it
    is_guarded: bool  # never overdrawn


_OWNED = Purpose(book="C", is_debit_normal=False, is_kept=True, is_guarded=True)
CHART: Final[dict[Code, Purpose]] = {
    Code.BANK: Purpose(book="C", is_debit_normal=True, is_kept=False, is_guarded=False),
    Code.ORG: _OWNED,
    Code.ORG_RESERVED: _OWNED,
    Code.ESCROW: _OWNED,
    Code.SUSPENSE: Purpose(book="C", is_debit_normal=False, is_kept=False, is_guarded=False),
    Code.REFUND_DUE: _OWNED,
    Code.PAYOUT_OUT: _OWNED,
    Code.DUE_TO_OPERATOR: Purpose(book="C", is_debit_normal=False, is_kept=False, is_guarded=False),
    Code.OPERATOR_FUND: Purpose(book="C", is_debit_normal=False, is_kept=False, is_guarded=False),
    Code.DUE_FROM_CLIENT: Purpose(book="O", is_debit_normal=True, is_kept=False, is_guarded=False),
    Code.FEE: Purpose(book="O", is_debit_normal=False, is_kept=False, is_guarded=False),
    Code.VAT_OUT: Purpose(book="O", is_debit_normal=False, is_kept=False, is_guarded=False),
    Code.RAIL_COST: Purpose(book="O", is_debit_normal=True, is_kept=False, is_guarded=False),
    Code.PREFUND: Purpose(book="O", is_debit_normal=True, is_kept=False, is_guarded=False),
    Code.OWN_BANK: Purpose(book="O", is_debit_normal=True, is_kept=False, is_guarded=False),
}


@dataclass(frozen=True)
class Key:
    """One account by what it is for. The id follows from the key, so no look-up is needed to post to it."""

    code: Code
    org_id: UUID | None = None
    reference: UUID | None = None
    rail: str | None = None
    currency: str = "CNY"

    @cached_property
    def id(self) -> UUID:
        """UUIDv5 of the key."""
        return uuid5(
            _NAMESPACE, f"{self.code}|{self.org_id or ''}|{self.reference or ''}|{self.rail or ''}|{self.currency}"
        )

    @property
    def purpose(self) -> Purpose:
        """How it behaves."""
        return CHART[self.code]


def bank(currency: str, rail: str = BANK_RAIL) -> Key:
    """The custodian's account behind a rail."""
    return Key(Code.BANK, rail=rail, currency=currency)


def org(org_id: UUID, currency: str) -> Key:
    """What an organisation may use or withdraw."""
    return Key(Code.ORG, org_id=org_id, currency=currency)


def org_reserved(org_id: UUID, currency: str) -> Key:
    """What an organisation has earned and may not withdraw yet."""
    return Key(Code.ORG_RESERVED, org_id=org_id, currency=currency)


def escrow(reference: UUID, currency: str) -> Key:
    """What is kept for one reference until both sides are content."""
    return Key(Code.ESCROW, reference=reference, currency=currency)


def refund_due(org_id: UUID | None, currency: str) -> Key:
    """What is on its way back to an organisation; None: to payers whom nobody knows."""
    return Key(Code.REFUND_DUE, org_id=org_id, currency=currency)


def payout_out(org_id: UUID, currency: str) -> Key:
    """What is on its way to an organisation's bank account."""
    return Key(Code.PAYOUT_OUT, org_id=org_id, currency=currency)


def common(code: Code, currency: str) -> Key:
    """An account that there is once for each currency: suspense, due_to_operator, fee, …"""
    return Key(code, currency=currency)


_OPEN: Final = """
INSERT INTO settlement_account (id, code, book, org_id, reference, rail, currency, mode, guarded,
                                posted_debits, posted_credits, pending_debits, pending_credits)
SELECT *, 0, 0, 0, 0 FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::uuid[], %s::uuid[], %s::text[],
                                 %s::text[], %s::text[], %s::boolean[])
ON CONFLICT DO NOTHING
"""


def open_missing(keys: Iterable[Key]) -> None:
    """Make the accounts that are not there yet; those that are stay as they are. One statement."""
    wanted = sorted(set(keys), key=lambda key: key.id)  # one order for all, or two openers wait for each other
    prepared.run(
        _OPEN,
        [
            [key.id for key in wanted],
            [str(key.code) for key in wanted],
            [key.purpose.book for key in wanted],
            [key.org_id for key in wanted],
            [key.reference for key in wanted],
            [key.rail for key in wanted],
            [key.currency for key in wanted],
            ["kept" if key.purpose.is_kept else "rolled" for key in wanted],
            [key.purpose.is_guarded for key in wanted],
        ],
    )
