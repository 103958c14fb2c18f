"""What a rail is to the room: it reads what happened to the money outside, and writes orders to move it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Line:
    """One movement of the custodian's account, as the bank tells it."""

    row: int  # in the file, counted from 1
    is_incoming: bool
    amount_minor: int
    currency: str
    booked_on: date
    booked_time: str  # HH:MM:SS or empty
    serial: str
    voucher: str
    counterparty: str
    account: str
    bank: str
    memo: str
    balance_minor: int | None

    @property
    def change_minor(self) -> int:
        """What the line adds to the account's balance."""
        return self.amount_minor if self.is_incoming else -self.amount_minor


@dataclass(frozen=True, slots=True)
class Sheet:
    """A statement read whole, oldest line first. Where one line has a balance, all have."""

    lines: list[Line]
    account_number: str
    encoding: str
    repeated: int = 0  # rows that were the same movement once more

    @property
    def has_balances(self) -> bool:
        """Whether the running balance proves that no line is missing inside."""
        return bool(self.lines) and self.lines[0].balance_minor is not None


@dataclass(frozen=True, slots=True)
class Order:
    """One payment that the bank is to make."""

    payment_reference: str
    holder: str
    account: str
    bank: str
    bank_code: str
    amount_minor: int
    currency: str


class Rail(Protocol):
    """One way for money to come and go. A further rail is a further module with these two functions."""

    @property
    def name(self) -> str:
        """As statements, payout files and accounts name it."""
        ...

    def read_statement(self, data: bytes) -> Sheet:
        """The statement inside a file. Pure; raises UnreadableStatement naming rows and columns."""
        ...

    def write_orders(self, orders: Sequence[Order]) -> bytes:
        """The file that asks for payments. Pure and repeatable: the same orders give the same bytes."""
        ...
