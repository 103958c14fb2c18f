"""What may stand in clear in a leaf: a public field that names a person can never be called back.

Forms and check digits: GB 11643 (identity number), ISO/IEC 7812-1 (bank card), the numbering plan of mobiles.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from market.kernel.errors import Invalid
from market.participants import codes

# Letters before or behind mean a hash, an id or an order number; so does a longer run of digits.
_BEFORE: Final = r"(?<![0-9A-Za-z+/=_.-])"
_BEHIND: Final = r"(?![0-9A-Za-z+/=_-])"
_IDENTITY: Final = re.compile(_BEFORE + r"[1-9][0-9]{5}(?:18|19|20)[0-9]{9}[0-9Xx]" + _BEHIND)
_CARD: Final = re.compile(_BEFORE + r"(?:4|5|6)[0-9]{3}(?:[ -]?[0-9]{4}){2,3}[ -]?[0-9]{1,4}" + _BEHIND)
_MOBILE: Final = re.compile(_BEFORE + r"(?:\+?86[ -]?)?1[3-9][0-9](?:[ -]?[0-9]{4}){2}" + _BEHIND)
_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24}")


class PersonalInClear(Invalid):
    """A text that would stand in the log for ever holds what identifies a person."""

    title = _("A public text holds a personal number")


def personal(text: str) -> str:
    """What in a text identifies a person: identity, mobile, card, email; empty for nothing."""
    for match in _IDENTITY.finditer(text):
        if codes.identity_check(match[0][:17]) == match[0][17].upper():
            return "identity"
    if _MOBILE.search(text):
        return "mobile"
    for match in _CARD.finditer(text):
        digits = re.sub("[^0-9]", "", match[0])
        if 15 <= len(digits) <= 19 and _luhn(digits):
            return "card"
    return "email" if _EMAIL.search(text) else ""


def require(fields: Mapping[str, Any]) -> None:
    """Refuse public texts that identify a person. Raises PersonalInClear with the field and what was found."""
    words = {
        "identity": _t("holds an identity number"),
        "mobile": _t("holds a mobile number"),
        "card": _t("holds a bank card number"),
        "email": _t("holds an e-mail address"),
    }
    wrong = [(name, found) for name, value in fields.items() if isinstance(value, str) and (found := personal(value))]
    if wrong:
        fix = _t("leave it out: this text is public and stays on the ledger for ever")
        raise PersonalInClear([{"field": name, "reason": words[found], "fix": fix} for name, found in wrong])


def _luhn(digits: str) -> bool:
    doubled = [int(digit) * 2 for digit in digits[-2::-2]]
    return (sum(n - 9 if n > 9 else n for n in doubled) + sum(int(digit) for digit in digits[-1::-2])) % 10 == 0
