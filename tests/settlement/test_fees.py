"""Shares are exact for every amount and every rule."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.kernel.money import MINOR_MAX
from settlement import fees


def rule(share_bp: int, minimum: int = 0, maximum: int | None = None) -> dict[str, Any]:
    return {
        "name": "fee.platform",
        "version": 1,
        "value": {"share_bp": share_bp, "minimum_minor": minimum, "maximum_minor": maximum},
    }


@given(
    amount=st.integers(1, MINOR_MAX),
    share_bp=st.integers(0, 10_000),
    minimum=st.integers(0, 10**9),
    above=st.none() | st.integers(0, 10**9),
    tax=st.integers(0, 10_000),
)
def test_shares_sum_to_the_amount_and_none_is_negative(
    amount: int, share_bp: int, minimum: int, above: int | None, tax: int
) -> None:
    fee = rule(share_bp, minimum, None if above is None else minimum + above)
    fees.check(fee, tax)

    shares = fees.divide(amount, fee, tax)

    assert shares.payee_minor + shares.fee_minor + shares.vat_minor == amount
    assert min(shares.payee_minor, shares.fee_minor, shares.vat_minor) >= 0
    exact = Fraction(shares.fee_gross_minor * tax, 10_000 + tax)
    assert abs(shares.vat_minor - exact) <= Fraction(1, 2)


@pytest.mark.parametrize(
    ("amount", "fee", "shares"),
    [
        (48_000, rule(500), (45_600, 2_264, 136)),
        (1, rule(500), (1, 0, 0)),
        (10, rule(500), (9, 1, 0)),  # 0.5 fen is rounded up
        (48_000, rule(500, minimum=5_000), (43_000, 4_717, 283)),
        (100, rule(500, minimum=5_000), (0, 94, 6)),  # never above the amount
        (10_000_000, rule(500, maximum=100_000), (9_900_000, 94_340, 5_660)),
        (48_000, rule(0), (48_000, 0, 0)),
    ],
)
def test_shares_by_hand(amount: int, fee: dict[str, Any], shares: tuple[int, int, int]) -> None:
    found = fees.divide(amount, fee, 600)

    assert (found.payee_minor, found.fee_minor, found.vat_minor) == shares


@pytest.mark.parametrize(
    "fee",
    [
        {},
        {"name": "x", "version": 1, "value": {}},
        rule(10_001),
        rule(-1),
        rule(500, minimum=-1),
        rule(500, minimum=10, maximum=9),
    ],
)
def test_a_rule_that_cannot_be_computed_stops_the_opening(fee: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"fee|maximum"):
        fees.check(fee, 600)


@pytest.mark.parametrize("tax", [-1, 10_001])
def test_a_tax_rate_is_a_share(tax: int) -> None:
    with pytest.raises(ValueError, match="tax rate"):
        fees.check(rule(500), tax)
