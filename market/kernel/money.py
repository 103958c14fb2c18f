"""Money in whole minor units. Nothing here rounds twice and nothing is a float."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MINOR_MAX: Final = 2**53 - 1  # the largest amount that travels through JSON unharmed
BASIS_POINTS: Final = 10_000
_AMOUNT: Final = re.compile(r"([+-]?)([0-9]{1,18})(?:\.([0-9]{0,2}))?")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the currency's minor unit, e.g. 48000 fen = ¥480.00."""

    minor: int
    currency: str = "CNY"

    def __post_init__(self) -> None:
        if not -MINOR_MAX <= self.minor <= MINOR_MAX:
            raise ValueError("amount out of range")
        if len(self.currency) != 3 or not self.currency.isupper():
            raise ValueError(f"not a currency code: {self.currency!r}")


def split(amount_minor: int, weights: Sequence[int]) -> list[int]:
    """Divide an amount by weights with the largest remainder; the parts always sum to the amount.

    amount_minor ≥ 0; weights ≥ 0 with a positive sum; ties go to the earlier party.
    """
    total = sum(weights)
    if amount_minor < 0 or total <= 0 or min(weights) < 0:
        raise ValueError("split needs an amount >= 0 and weights >= 0 with a positive sum")
    parts = [amount_minor * weight // total for weight in weights]
    remainders = [amount_minor * weight % total for weight in weights]
    left = amount_minor - sum(parts)
    for index in sorted(range(len(weights)), key=lambda i: (-remainders[i], i))[:left]:
        parts[index] += 1
    return parts


def share(amount_minor: int, basis_points: int) -> int:
    """A share in basis points, half a unit rounded up."""
    return (amount_minor * basis_points * 2 + BASIS_POINTS) // (2 * BASIS_POINTS)


def tax_inside(gross_minor: int, rate_basis_points: int) -> int:
    """The tax contained in a gross amount, half a unit rounded up (ledgers: F·r/(1+r))."""
    base = BASIS_POINTS + rate_basis_points
    return (gross_minor * rate_basis_points * 2 + base) // (2 * base)


def text(minor: int, currency: str = "CNY") -> str:
    """¥12,345.60, or the code for other currencies: USD 12.00."""
    sign, whole, cents = "-" if minor < 0 else "", abs(minor) // 100, abs(minor) % 100
    mark = "¥" if currency == "CNY" else f"{currency} "
    return f"{sign}{mark}{whole:,}.{cents:02d}"


def parse(value: str) -> int:
    """An amount as people and banks write it (1,234.50; ¥ and blanks allowed) in minor units. Raises ValueError."""
    cleaned = re.sub(r"[,¥￥]", "", value).strip()
    found = _AMOUNT.fullmatch(cleaned)
    if found is None:
        raise ValueError(f"not an amount with at most two decimals: {value[:40]!r}")
    sign, whole, cents = found.groups(default="")
    minor = int(whole) * 100 + int(cents.ljust(2, "0") or "0")
    if minor > MINOR_MAX:
        raise ValueError("amount out of range")
    return -minor if sign == "-" else minor
