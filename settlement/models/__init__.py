"""Every table of this room."""

from settlement.models.answers import StoredAnswer
from settlement.models.banking import BankAccount, Payout, PayoutFile, Statement, StatementLine
from settlement.models.bookings import AccountingPeriod, Booking
from settlement.models.journal import Account, Posting, Rollup, Transfer
from settlement.models.obligations import Obligation, Refund, Release

__all__ = [
    "Account",
    "AccountingPeriod",
    "BankAccount",
    "Booking",
    "Obligation",
    "Payout",
    "PayoutFile",
    "Posting",
    "Refund",
    "Release",
    "Rollup",
    "Statement",
    "StatementLine",
    "StoredAnswer",
    "Transfer",
]
