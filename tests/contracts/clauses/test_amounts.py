"""Amounts in capital numerals, checked against a parser of their own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.clauses import amounts
from market.kernel.money import MINOR_MAX

DIGITS = {digit: value for value, digit in enumerate("零壹贰叁肆伍陆柒捌玖")}
PLACES = {"拾": 10, "佰": 100, "仟": 1_000}


def read(text: str) -> int:
    """Capital numerals back to fen; knows nothing of how they were written."""
    text = text.removeprefix("人民币").removesuffix("整")
    yuan, _, rest = text.rpartition("元")
    fen = 0
    for sign in rest:
        if sign in DIGITS:
            digit = DIGITS[sign]
        else:
            fen += digit * {"角": 10, "分": 1}[sign]
    return read_whole(yuan) * 100 + fen


def read_whole(text: str) -> int:
    for unit, value in (("亿", 100_000_000), ("万", 10_000)):
        if unit in text:
            high, _, low = text.rpartition(unit)
            return read_whole(high) * value + read_whole(low)
    total, digit = 0, 0
    for sign in text:
        if sign in DIGITS:
            digit = DIGITS[sign]
        else:
            total, digit = total + digit * PLACES[sign], 0
    return total + digit


@pytest.mark.parametrize(
    ("amount_minor", "written"),
    [
        (0, "人民币零元整"),
        (1, "人民币壹分"),
        (10, "人民币壹角"),
        (15, "人民币壹角伍分"),
        (100, "人民币壹元整"),
        (101, "人民币壹元零壹分"),
        (1_000, "人民币壹拾元整"),
        (10_050, "人民币壹佰元伍角"),
        (48_000, "人民币肆佰捌拾元整"),
        (32_504, "人民币叁佰贰拾伍元零肆分"),  # 支付结算办法, annex 1
        (140_950, "人民币壹仟肆佰零玖元伍角"),  # the same
        (600_714, "人民币陆仟零柒元壹角肆分"),  # the same
        (1_640_902, "人民币壹万陆仟肆佰零玖元零贰分"),  # the same
        (100_001_00, "人民币壹拾万零壹元整"),
        (100_000_000_00, "人民币壹亿元整"),
        (100_000_001_00, "人民币壹亿零壹元整"),
        (100_010_000_00, "人民币壹亿零壹万元整"),
        (1_000_000_000_000_00, "人民币壹万亿元整"),
        (MINOR_MAX, "人民币玖拾万零柒佰壹拾玖亿玖仟贰佰伍拾肆万柒仟肆佰零玖元玖角壹分"),
    ],
)
def test_edge_amounts_are_written_as_on_a_bill(amount_minor: int, written: str) -> None:
    assert amounts.capital(amount_minor) == written


@given(st.integers(0, MINOR_MAX) | st.integers(0, 10_000_000) | st.integers(0, 9_007_199).map(lambda n: n * 10**9))
def test_capital_numerals_say_the_amount_and_no_other(amount_minor: int) -> None:
    written = amounts.capital(amount_minor)

    assert read(written) == amount_minor
    assert "零零" not in written
    assert written.endswith("整") is (amount_minor % 100 == 0)


@pytest.mark.parametrize("amount_minor", [-1, MINOR_MAX + 1])
def test_an_amount_out_of_range_is_refused(amount_minor: int) -> None:
    with pytest.raises(ValueError, match="range"):
        amounts.capital(amount_minor)


def test_figures_keep_both_decimals() -> None:
    assert [amounts.figures(each) for each in (0, 5, 48_000, 123_456_789)] == ["0.00", "0.05", "480.00", "1,234,567.89"]
