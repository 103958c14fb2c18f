"""Money: neither made nor lost, however it is divided."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.kernel import money

amounts = st.integers(0, money.MINOR_MAX)
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(lambda found: sum(found) > 0)


@given(amounts, weights)
def test_the_parts_of_a_split_sum_to_the_whole(amount: int, shares: list[int]) -> None:
    parts = money.split(amount, shares)

    assert sum(parts) == amount
    assert len(parts) == len(shares)


@given(amounts, weights)
def test_no_part_is_a_fen_or_more_away_from_its_exact_share(amount: int, shares: list[int]) -> None:
    for part, share in zip(money.split(amount, shares), shares, strict=True):
        assert abs(part * sum(shares) - amount * share) < sum(shares)


@given(amounts)
def test_a_party_without_weight_gets_nothing(amount: int) -> None:
    assert money.split(amount, [0, 1, 0]) == [0, amount, 0]


@pytest.mark.parametrize(
    ("amount", "shares", "parts"),
    [(100, [1, 1, 1], [34, 33, 33]), (1, [1, 1], [1, 0]), (5, [3, 7], [2, 3]), (0, [1, 2], [0, 0])],
)
def test_the_largest_remainder_gets_the_odd_fen_and_the_earlier_of_equals(
    amount: int, shares: list[int], parts: list[int]
) -> None:
    assert money.split(amount, shares) == parts


@pytest.mark.parametrize(("amount", "shares"), [(-1, [1]), (1, []), (1, [0, 0]), (1, [2, -1])])
def test_a_split_that_means_nothing_is_refused(amount: int, shares: list[int]) -> None:
    with pytest.raises(ValueError, match="split needs"):
        money.split(amount, shares)


@given(amounts, st.integers(0, 10_000))
def test_a_share_and_a_tax_never_exceed_the_amount(amount: int, rate: int) -> None:
    assert 0 <= money.share(amount, rate) <= amount
    assert 0 <= money.tax_inside(amount, rate) <= amount


@pytest.mark.parametrize(("gross", "rate", "tax"), [(10_600, 600, 600), (1, 600, 0), (48_000, 600, 2_717)])
def test_the_tax_inside_a_gross_amount(gross: int, rate: int, tax: int) -> None:
    assert money.tax_inside(gross, rate) == tax


@given(st.integers(-money.MINOR_MAX, money.MINOR_MAX))
def test_what_is_written_is_read_back(minor: int) -> None:
    assert money.parse(money.text(minor)) == minor


@pytest.mark.parametrize(
    ("written", "minor"),
    [("1,234.50", 123_450), ("¥480.00", 48_000), ("-0.05", -5), (" 7 ", 700), ("+3.1", 310), ("￥-2", -200)],
)
def test_amounts_as_people_and_banks_write_them(written: str, minor: int) -> None:
    assert money.parse(written) == minor


@pytest.mark.parametrize("written", ["", "1.234", "1e5", "--5", "+-5", "-", ".5", "1.2.3", "١٢", "NaN", "9" * 30])
def test_what_is_no_amount_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        money.parse(written)


def test_an_amount_that_json_would_harm_is_no_money() -> None:
    with pytest.raises(ValueError, match="out of range"):
        money.Money(2**53)
    with pytest.raises(ValueError, match="currency"):
        money.Money(1, "cny")
