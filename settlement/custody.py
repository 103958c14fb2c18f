"""The account that buyers pay to. It holds clients' money apart from the operator's own."""

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Account:
    """Where a transfer goes. number is empty where there is no real account (a demonstration)."""

    holder: str
    number: str
    bank: str
    custodian: str  # who supervises it; empty: nobody, so no page may call it 监管账户

    @property
    def is_supervised(self) -> bool:
        """Whether a custodian really keeps the money."""
        return bool(self.custodian)


def account() -> Account:
    """The account of this market, by its settings."""
    return Account(
        holder=settings.ESCROW_HOLDER,
        number=settings.ESCROW_ACCOUNT,
        bank=settings.ESCROW_BANK,
        custodian=settings.CUSTODIAN,
    )
