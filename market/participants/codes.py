"""Check digits of the unified social credit code (GB 32100) and the identity number (GB 11643)."""

from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _t

from market.kernel import clock
from market.kernel.errors import FieldProblem

_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
# GB/T 2260 provinces, then the residence permits of Hong Kong, Macao and Taiwan residents.
_REGIONS: Final = frozenset(
    str(code)
    for codes in (range(11, 16), range(21, 24), range(31, 38), range(41, 47), range(50, 55), range(61, 66))
    for code in codes
) | {"71", "81", "82", "83"}
_IDENTITY_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def uscc_check(first_17: str) -> str:
    """The eighteenth character that belongs to the first seventeen."""
    total = sum(_ALPHABET.index(char) * weight for char, weight in zip(first_17, _USCC_WEIGHTS, strict=True))
    return _ALPHABET[(31 - total % 31) % 31]


def uscc_problems(value: str) -> list[FieldProblem]:
    """What is wrong with a unified social credit code; empty when it holds together.

    A right check digit does not prove that the organisation exists.
    """
    code = value.strip().upper()
    if len(code) != 18:
        reason = _t("has %(n)d characters instead of 18") % {"n": len(code)}
        return [FieldProblem(field="uscc", reason=reason, fix=_t("copy it from the business licence"))]
    for place, char in enumerate(code, start=1):
        if char not in _ALPHABET:
            reason = _t("character %(n)d (%(char)s) does not occur in such codes") % {
                "n": place,
                "char": char,
            }
            return [FieldProblem(field="uscc", reason=reason, fix=_t("I, O, S, V and Z are never used"))]
    for place, char in enumerate(code[2:8], start=3):
        if not char.isdigit():
            reason = _t("character %(n)d (%(char)s) should be a digit") % {"n": place, "char": char}
            return [
                FieldProblem(field="uscc", reason=reason, fix=_t("characters 3 to 8 are the registration district"))
            ]
    right = uscc_check(code[:17])
    if code[17] != right:
        reason = _t("character 18 should be %(char)s") % {"char": right}
        return [FieldProblem(field="uscc", reason=reason, fix=_t("compare each character with the licence"))]
    return []


def identity_check(first_17: str) -> str:
    """The eighteenth character of an identity number."""
    total = sum(int(char) * weight for char, weight in zip(first_17, _IDENTITY_WEIGHTS, strict=True))
    return "10X98765432"[total % 11]


def identity_problems(value: str) -> list[FieldProblem]:
    """What is wrong with an identity number; empty when it holds together."""
    number = value.strip().upper()
    problem = ""
    if len(number) != 18 or not number[:17].isascii() or not number[:17].isdigit():
        problem = _t("is not 17 digits and a check character")
    elif number[:2] not in _REGIONS:
        problem = _t("begins with no region code of identity cards")
    elif not _is_past_date(number[6:14]):
        problem = _t("holds no real date of birth")
    elif number[17] != identity_check(number[:17]):
        # The right character is not told: with it a made-up number would be a well-formed one.
        problem = _t("the check character does not fit")
    fix = _t("compare it with the identity card")
    return [FieldProblem(field="identity_number", reason=problem, fix=fix)] if problem else []


def _is_past_date(digits: str) -> bool:
    try:
        born = datetime.strptime(digits, "%Y%m%d")  # noqa: DTZ007  a date without a time of day
    except ValueError:
        return False
    return born.date() <= clock.now().date()
