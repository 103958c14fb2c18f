"""Check digits of organisations and people, against published and computed vectors and another implementation."""

from datetime import timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from market.kernel import clock
from market.participants import codes

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
digits = st.text(st.sampled_from("0123456789"), min_size=6, max_size=6)
firsts_17 = st.tuples(
    st.sampled_from(["11", "12", "51", "91", "92", "93", "N1"]),
    digits,
    st.text(st.sampled_from(ALPHABET), min_size=9, max_size=9),
).map("".join)


@pytest.mark.parametrize("code", ["91140100MA0GT0001Q", "91140100MA00000190", " 91140100ma0gt0001q "])
def test_a_good_code_has_no_problem(code: str) -> None:
    assert codes.uscc_problems(code) == []


@pytest.mark.parametrize("code", ["91140100MA0GT0001Q", "91140100MA00000190"])
def test_any_single_wrong_character_is_found(code: str) -> None:
    for place in range(18):
        for char in ALPHABET:
            if char != code[place]:
                assert codes.uscc_problems(code[:place] + char + code[place + 1 :]), (place, char)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("91140100MA0GT0001X", "第18位应为Q"),
        ("91140100MA00000191", "第18位应为0"),
        ("91140100MAOGT0001Q", "第11位（O）"),
        ("9114010XMA0GT0001Q", "第8位（X）应为数字"),
        ("91140100MA0GT0001", "17"),
    ],
)
def test_the_wrong_character_is_named(code: str, said: str) -> None:
    with translation.override("zh-hans"):
        [problem] = codes.uscc_problems(code)

    assert said in problem["reason"].replace(" ", "")


@given(firsts_17)
def test_the_check_character_agrees_with_another_implementation(first_17: str) -> None:
    code = first_17 + codes.uscc_check(first_17)

    assert codes.uscc_problems(code) == []
    assert uscc.calc_check_digit(first_17) == code[17]


def test_a_good_identity_number_has_no_problem() -> None:
    assert codes.identity_problems("11010519491231002X") == []
    assert codes.identity_problems("11010519491231002x") == []


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("110105194912310021", "the check character does not fit"),
        ("11010519491331002X", "holds no real date of birth"),
        ("11010519490229002X", "holds no real date of birth"),
        ("99010519491231002X", "begins with no region code of identity cards"),
        ("1101051949123100", "is not 17 digits and a check character"),
        ("１1010519491231002X", "is not 17 digits and a check character"),
    ],
)
def test_a_wrong_identity_number_is_told_why(number: str, said: str) -> None:
    with translation.override("en"):
        [problem] = codes.identity_problems(number)

    assert problem["reason"] == said


def test_nobody_is_born_tomorrow() -> None:
    tomorrow = (clock.now() + timedelta(days=2)).strftime("%Y%m%d")
    first_17 = f"140105{tomorrow}001"

    with translation.override("en"):
        [problem] = codes.identity_problems(first_17 + codes.identity_check(first_17))

    assert problem["reason"] == "holds no real date of birth"


def test_the_problem_never_repeats_the_number() -> None:
    [problem] = codes.identity_problems("110105194912310021")

    assert "1949" not in problem["reason"] + problem["fix"]


@given(st.dates(), st.integers(0, 999))
def test_identity_check_characters_agree_with_another_implementation(born: object, serial: int) -> None:
    first_17 = f"140105{str(born).replace('-', '')}{serial:03d}"

    assert ric.calc_check_digit(first_17 + "0") == codes.identity_check(first_17)
