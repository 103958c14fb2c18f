"""Payment references: what people type on a bank transfer, with check digits that catch a slip of the hand."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from django.conf import settings

from market.kernel import prepared

PAYOUT_PREFIX: Final = "PO"
_DIGITS: Final = 10
_SEQUENCES: Final = {False: "settlement_payment_number", True: "settlement_payout_number"}


def _numeral(text: str) -> int:
    """Letters become 10…35, as in IBAN (ISO 7064, ISO 11649)."""
    return int("".join(str(int(char, 36)) for char in text))


def of(prefix: str, number: int) -> str:
    """Prefix, ten digits, two check digits (ISO 7064 mod 97-10 over prefix and digits), e.g. TY000000004231."""
    if not 0 <= number < 10**_DIGITS:
        raise ValueError(f"{number} does not fit into {_DIGITS} digits")
    body = f"{prefix}{number:0{_DIGITS}d}"
    return f"{body}{98 - _numeral(body + '00') % 97:02d}"


def is_valid(reference: str) -> bool:
    """Whether shape and check digits hold. Any one wrong digit and any two swapped ones are found."""
    letters, digits = reference[:2], reference[2:]
    if not (letters.isascii() and letters.isalpha() and letters.isupper()):
        return False
    if not (len(digits) == _DIGITS + 2 and digits.isascii() and digits.isdigit()):
        return False
    return _numeral(reference) % 97 == 1 and 2 <= int(digits[-2:]) <= 98


def parse(text: str) -> str:
    """The reference that a person typed; width, case, blanks and hyphens are forgiven. Raises ValueError."""
    cleaned = re.sub(r"[\s\-_.·]", "", unicodedata.normalize("NFKC", text)).upper()
    if not is_valid(cleaned):
        raise ValueError(f"not a payment reference: {text[:40]!r}")
    return cleaned


def find(text: str) -> list[str]:
    """Every valid reference of ours inside a memo, each once, in order; a mistyped one is not found."""
    plain = unicodedata.normalize("NFKC", text).upper()
    prefixes = f"{re.escape(settings.PAYMENT_PREFIX)}|{PAYOUT_PREFIX}"
    # Not inside a longer word or number: TY0000000042310 is somebody's mistake, not TY000000004231.
    shape = rf"(?<![A-Z0-9])(?:{prefixes})(?:[\s\-_.·]?\d){{{_DIGITS + 2}}}(?!\d)"
    found = (re.sub(r"[^A-Z0-9]", "", match) for match in re.findall(shape, plain))
    return list(dict.fromkeys(reference for reference in found if is_valid(reference)))


def near(text: str) -> list[str]:
    """References that a memo may mean: of its numbers, those one slip of the hand away from a valid reference.

    A slip: a digit wrong, too many or missing, two neighbours swapped, or the two letters left out. Only check digits
    are asked, so most of what comes back was never given out; exact references (`find`) are not among it.
    """
    plain = unicodedata.normalize("NFKC", text).upper()
    prefixes = f"{re.escape(settings.PAYMENT_PREFIX)}|{PAYOUT_PREFIX}"
    shape = rf"(?<![A-Z0-9])({prefixes})?((?:[\s\-_.·]?\d){{{_DIGITS + 1},{_DIGITS + 3}}})(?!\d)"
    found: dict[str, None] = {}
    for letters, typed in re.findall(shape, plain):
        digits = re.sub(r"\D", "", typed)
        meant = _slips(digits) if letters else [digits]
        for prefix in [letters] if letters else [settings.PAYMENT_PREFIX, PAYOUT_PREFIX]:
            found |= dict.fromkeys(f"{prefix}{each}" for each in meant if is_valid(f"{prefix}{each}"))
    exact = set(find(text))
    return [reference for reference in found if reference not in exact]


def _slips(digits: str) -> Iterator[str]:
    """Every number of the right length that this one becomes by taking back one slip."""
    places = range(len(digits))
    if len(digits) == _DIGITS + 3:
        yield from (digits[:at] + digits[at + 1 :] for at in places)
    elif len(digits) == _DIGITS + 1:
        yield from (digits[:at] + each + digits[at:] for at in range(len(digits) + 1) for each in "0123456789")
    else:
        yield from (digits[:at] + each + digits[at + 1 :] for at in places for each in "0123456789")
        yield from (digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :] for at in places[:-1])


def is_payout(reference: str) -> bool:
    """Whether a reference of ours names a payout by us, not a payment to us."""
    return reference.startswith(PAYOUT_PREFIX)


def next_one(*, payout: bool = False) -> str:
    """A fresh reference for a payment to us, or for a payout by us. Gaps are allowed."""
    (number,) = prepared.run("SELECT nextval(%s::regclass)", [_SEQUENCES[payout]]).fetchone()
    return of(PAYOUT_PREFIX if payout else settings.PAYMENT_PREFIX, number)
