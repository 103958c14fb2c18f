"""What identifies a person, by form and check digit: identity number, mobile, bank card, e-mail, plate.

Each kind exists three times, and tests hold them together: as a pattern for a whole cell (run by DuckDB
over every row), as a pattern inside free text (run by Python over what DuckDB let through), and as a check
digit.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

# GB/T 2260, first two digits; 83 and 91 in use since.
PROVINCES: Final = "1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91"
BIRTHDAY: Final = "(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
IDENTITY: Final = f"(?:{PROVINCES})[0-9]{{4}}{BIRTHDAY}[0-9]{{3}}[0-9Xx]"
MOBILE: Final = r"(?:\+?86[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}"
# Issuers whose cards are met in China; anything else that has 16 digits is more likely an order number.
CARD: Final = r"(?:62|60|65|4[0-9]|5[1-5]|35|3[47]|95)[0-9]{2}(?:[ -]?[0-9]{4}){2}[ -]?[0-9]{3,4}(?:[ -]?[0-9]{1,3})?"
EMAIL: Final = r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24}"
PLATE: Final = (
    "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使][A-HJ-NP-Z][·• ]?"
    "(?:[0-9]{5}[A-HJK]|[A-HJK][A-HJ-NP-Z0-9][0-9]{4}|[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳])"
)
# First that fits wins where two would: one identity number in ten is also a valid card number by its check
# digit.
PATTERNS: Final = {"identity": IDENTITY, "bank_card": CARD, "mobile": MOBILE, "email": EMAIL, "plate": PLATE}
CHECKED: Final = frozenset({"identity", "bank_card"})
# Cheap and generous: every cell that any pattern could match, and few others.
PREFILTER: Final = f"[0-9][0-9 -]{{9,}}[0-9]|@|{PLATE[: PLATE.index('(?:')]}"

IDENTITY_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
IDENTITY_DIGITS: Final = "10X98765432"
_EDGES: Final = {"email": (r"(?<![A-Za-z0-9._%+-])", r"(?![A-Za-z0-9-])"), "plate": ("", r"(?![A-Za-z0-9])")}
# A point before the digits means decimals of a coordinate, one after them with a digit the whole part of a
# number.
_DIGIT_EDGES: Final = (r"(?<![0-9A-Za-z.])(?<![0-9][ -])", r"(?![0-9A-Za-z])(?!\.[0-9])")


def _inside(kind: str) -> str:
    before, after = _EDGES.get(kind, _DIGIT_EDGES)
    return f"{before}(?P<{kind}>{PATTERNS[kind]}){after}"


ANYWHERE: Final = re.compile("|".join(map(_inside, PATTERNS)))


@dataclass(frozen=True, slots=True)
class Hit:
    """One find inside a cell; `is_checked` is False only where there is a check digit and it is wrong."""

    kind: str
    start: int
    end: int
    is_checked: bool


def hits(text: str) -> Iterator[Hit]:
    """Everything in the text that has the form of a personal identifier, left to right, without overlaps."""
    for match in ANYWHERE.finditer(text):
        kind = match.lastgroup or ""
        found = match.group()
        # A plate may be all letters, but so may a name after 新 or 京: inside a text it must hold a digit.
        if kind == "plate" and len(found) < len(text.strip()) and not any(map(str.isdigit, found[2:])):
            continue
        if kind == "bank_card" and not 15 <= len(digits(found)) <= 19:
            continue
        check = CHECKS.get(kind)
        yield Hit(kind, match.start(), match.end(), check is None or check(digits(found)))


def digits(text: str) -> str:
    """The text without the blanks and dashes that people group digits with."""
    return text.replace(" ", "").replace("-", "")


def is_identity(number: str) -> bool:
    """Whether the last of the 18 characters of an identity number is right (GB 11643, ISO 7064 mod 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], IDENTITY_WEIGHTS, strict=True))
    return IDENTITY_DIGITS[total % 11] == number[17].upper()


def is_card(number: str) -> bool:
    """Whether the last digit of a card number is right (ISO/IEC 7812-1, Luhn)."""
    doubled = [int(digit) * 2 for digit in number[-2::-2]]
    rest = sum(int(digit) for digit in number[-1::-2])
    return (sum(number - 9 if number > 9 else number for number in doubled) + rest) % 10 == 0


CHECKS: Final[dict[str, Callable[[str], bool]]] = {"identity": is_identity, "bank_card": is_card}


def whole_cell() -> str:
    """SQL over trimmed text `t`: the kind that the entire cell is, or NULL. Lengths spare most patterns."""
    bare = "replace(replace(t, ' ', ''), '-', '')"
    lengths = {
        "identity": (18, 18),
        "bank_card": (15, 23),
        "mobile": (11, 17),
        "email": (6, 254),
        "plate": (9, 14),
    }
    cases = []
    for kind, pattern in PATTERNS.items():
        shortest, longest = lengths[kind]
        more = f" AND length({bare}) BETWEEN 15 AND 19" if kind == "bank_card" else ""
        cases.append(
            f"WHEN strlen(t) BETWEEN {shortest} AND {longest} AND regexp_full_match(t, '{pattern}'){more} THEN '{kind}'"
        )
    return f"CASE {' '.join(cases)} END"


def number() -> str:
    """SQL over `t` and its `kind`: the digits that a check digit is reckoned from, as one number."""
    bare = "replace(replace(t, ' ', ''), '-', '')"
    return f"CASE kind WHEN 'identity' THEN CAST(t[1:17] AS UBIGINT) WHEN 'bank_card' THEN CAST({bare} AS UBIGINT) END"


def whole_cell_check() -> str:
    """SQL over `t`, its `kind` and `number`: whether the check digit is right; NULL where there is none."""
    weighed = " + ".join(
        f"number // {10 ** (16 - place)} % 10 * {weight}" for place, weight in enumerate(IDENTITY_WEIGHTS)
    )
    # Two digits x at a time: x - 8 * tens is the right one plus twice the left, less 9 where that passes 9.
    pairs = [f"(number // {100**pair} % 100)" for pair in range(10)]
    luhn = " + ".join(f"({pair} - 8 * ({pair} // 10) - 9 * ({pair} // 50))" for pair in pairs)
    return (
        f"CASE kind WHEN 'identity' THEN "
        f"'{IDENTITY_DIGITS}'[CAST(({weighed}) % 11 AS INTEGER) + 1] = upper(t[18]) "
        f"WHEN 'bank_card' THEN ({luhn}) % 10 = 0 END"
    )
