"""Payment references survive people: a slip of the hand is found, spelling does not matter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement import references

numbers = st.integers(min_value=0, max_value=10**10 - 1)


def test_a_reference_has_two_letters_ten_digits_and_two_check_digits() -> None:
    # by hand: T=29, Y=34, so 98 - (2934 0000000042 00 mod 97)
    assert references.of("TY", 42) == f"TY0000000042{98 - int('2934000000004200') % 97:02d}"


@given(number=numbers, place=st.integers(2, 13), digit=st.integers(0, 9))
def test_any_one_wrong_digit_is_found(number: int, place: int, digit: int) -> None:
    right = references.of("TY", number)
    wrong = right[:place] + str(digit) + right[place + 1 :]

    assert references.is_valid(wrong) == (wrong == right)


@given(number=numbers, place=st.integers(2, 12))
def test_any_two_swapped_neighbours_are_found(number: int, place: int) -> None:
    right = references.of("TY", number)
    wrong = right[:place] + right[place + 1] + right[place] + right[place + 2 :]

    assert references.is_valid(wrong) == (wrong == right)


def test_a_payout_reference_is_not_a_payment_reference_with_other_letters() -> None:
    right = references.of("TY", 42)

    assert not references.is_valid("PO" + right[2:])


@pytest.mark.parametrize(
    "memo",
    ["{}", "货款{}", "付 {} 合同款", "{}/2026年11月", "ref:{}."],
    ids=["alone", "after chinese", "between", "before a slash", "before a stop"],
)
def test_a_reference_is_found_in_a_memo(memo: str) -> None:
    reference = references.of("TY", 4711)

    assert references.find(memo.format(reference)) == [reference]


@pytest.mark.parametrize("written", ["ty{} {} {}", "TY-{}-{}-{}", "ＴＹ{}　{}{}"])
def test_spelling_does_not_matter(written: str) -> None:
    reference = references.of("TY", 4711)
    digits = reference[2:]
    text = written.format(digits[:4], digits[4:8], digits[8:])

    assert references.find(text) == [reference]
    assert references.parse(text) == reference


@pytest.mark.parametrize("around", ["{}7", "A{}", "9{}"])
def test_a_longer_number_or_word_is_not_a_reference(around: str) -> None:
    assert references.find(around.format(references.of("TY", 4711))) == []


def test_two_references_are_both_found_once() -> None:
    first, second = references.of("TY", 1), references.of("TY", 2)

    assert references.find(f"{first} {second} {first}") == [first, second]


@pytest.mark.parametrize("text", ["", "TY", "TY000000004200", "货款", "TY00000000421"])
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a payment reference"):
        references.parse(text)


def slips(right: str) -> dict[str, str]:
    """The reference as a hurried hand writes it."""
    digits = right[2:]
    return {
        "a wrong digit": f"TY{digits[:5]}{(int(digits[5]) + 3) % 10}{digits[6:]}",
        "two swapped": f"TY{digits[:-4]}{digits[-3]}{digits[-4]}{digits[-2:]}",
        "one missing": f"TY{digits[:7]}{digits[8:]}",
        "one too many": f"TY{digits[:7]}{digits[7]}{digits[7:]}",
        "no letters": digits,
    }


@pytest.mark.parametrize("slip", ["a wrong digit", "two swapped", "one missing", "one too many", "no letters"])
def test_a_reference_one_slip_away_is_among_the_near_ones(slip: str) -> None:
    right = references.of("TY", 9_284_713_605)
    written = slips(right)[slip]

    found = references.near(f"货款{written}。")

    assert references.find(f"货款{written}。") == []
    assert right in found
    assert all(map(references.is_valid, found))
    assert len(found) < 20  # of some hundred numbers, check digits leave few


def test_an_exact_reference_is_not_called_near() -> None:
    right = references.of("TY", 4711)

    assert right not in references.near(f"货款 {right}")
    assert references.near("电费 11 月") == []
