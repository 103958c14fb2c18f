"""The platform's fee and the VAT inside it, by the rule that was fixed when the obligation was opened."""

from dataclasses import dataclass
from typing import Any, Final

from market import rules
from market.kernel import money

RULE: Final = "fee.platform"
TAX_RULE: Final = "tax.vat"


@dataclass(frozen=True, slots=True)
class Shares:
    """How an amount is divided, in minor units; the three sum to the amount."""

    payee_minor: int
    fee_minor: int  # net of VAT
    vat_minor: int

    @property
    def fee_gross_minor(self) -> int:
        """What the platform takes, with its VAT."""
        return self.fee_minor + self.vat_minor


def in_force() -> dict[str, Any]:
    """The fee rule of today as an agreement fixes it: name, version and values."""
    rule = rules.current(RULE)
    return {"name": rule.name, "version": rule.version, "value": rule.value}


def tax_rate_bp() -> int:
    """The VAT rate of today, in basis points."""
    rate: int = rules.current(TAX_RULE).value["rate_bp"]
    return rate


def check(fee: dict[str, Any], tax_rate: int) -> None:
    """Raise ValueError unless the fixed rule can be computed: a wrong one must stop the opening, not the release."""
    value = fee["value"] if set(fee) == {"name", "version", "value"} else None
    if not isinstance(value, dict) or set(value) != {"share_bp", "minimum_minor", "maximum_minor"}:
        raise ValueError(f"not a fixed fee rule: {fee!r}")
    share, least, most = value["share_bp"], value["minimum_minor"], value["maximum_minor"]
    if not (isinstance(share, int) and 0 <= share <= money.BASIS_POINTS and isinstance(least, int) and least >= 0):
        raise ValueError(f"not a fee that can be taken: {value!r}")
    if most is not None and not (isinstance(most, int) and most >= least):
        raise ValueError(f"a maximum below the minimum: {value!r}")
    if not 0 <= tax_rate <= money.BASIS_POINTS:
        raise ValueError(f"not a tax rate: {tax_rate}")


def divide(amount_minor: int, fee: dict[str, Any], tax_rate: int) -> Shares:
    """Divide an amount: the fee by share, minimum and maximum (never above the amount), VAT inside the fee.

    Half a minor unit is rounded up, once for the fee and once for the VAT; the payee has all the rest.
    """
    value = fee["value"]
    gross = max(money.share(amount_minor, value["share_bp"]), value["minimum_minor"])
    if value["maximum_minor"] is not None:
        gross = min(gross, value["maximum_minor"])
    gross = min(gross, amount_minor)
    vat = money.tax_inside(gross, tax_rate)
    return Shares(payee_minor=amount_minor - gross, fee_minor=gross - vat, vat_minor=vat)
