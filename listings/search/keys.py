"""The one space of keys by which listings are found: words, words of titles, values of facets, and "listed". Pure.

Words hold letters and digits only, so the marks of the other kinds (^ = *) never meet them.
"""

from collections.abc import Iterable
from typing import Final, Literal

Group = Literal["sector", "price", "frequency", "licence", "format", "area", "supplier"]
GROUPS: Final[tuple[Group, ...]] = ("sector", "price", "frequency", "licence", "format", "area", "supplier")
# Groups with few values: each has a bitmap however rare. The others may have thousands, most of them rare.
SMALL: Final[frozenset[str]] = frozenset({"sector", "price", "frequency", "licence", "format"})
# What may change while a version stays listed: the words and the rest are immutable with the version.
MUTABLE: Final = ("price", "licence")

LISTED: Final = "*"
FREE, UNDER_1000, UNDER_10000, ABOVE, ON_REQUEST = "free", "under-1000", "under-10000", "above", "on-request"
PRICES: Final = (FREE, UNDER_1000, UNDER_10000, ABOVE, ON_REQUEST)
ANY_PURPOSE, DERIVE, RESELL, NO_TERM = "any-purpose", "derive", "resell", "no-term"
LICENCES: Final = (ANY_PURPOSE, DERIVE, RESELL, NO_TERM)


def facet(group: str, value: str) -> str:
    """The key of one value of a group."""
    return f"{group}={value}"


def parted(key: str) -> tuple[str, str] | None:
    """Group and value of a facet's key; None for other keys."""
    group, mark, value = key.partition("=")
    return (group, value) if mark else None


def is_small(key: str) -> bool:
    """Whether the key has a bitmap however few listings it has."""
    return key == LISTED or (key.partition("=")[0] in SMALL and "=" in key)


def in_title(word: str) -> str:
    """The key of a word that stands in a title."""
    return f"^{word}"


def price_band(price_minor: int | None) -> str:
    """The band of the cheapest public offer, in minor units; None: only offers to single buyers."""
    if price_minor is None:
        return ON_REQUEST
    if price_minor == 0:
        return FREE
    if price_minor <= 1_000_00:
        return UNDER_1000
    return UNDER_10000 if price_minor <= 10_000_00 else ABOVE


def all_of(wanted: Iterable[str]) -> str:
    """A tsquery that holds where every key stands. Keys are ours or cut by `words`, never raw text."""
    return " & ".join(_quoted(key) for key in wanted)


def any_of(wanted: Iterable[str]) -> str:
    """A tsquery that holds where one of the keys stands."""
    return " | ".join(_quoted(key) for key in wanted)


def _quoted(key: str) -> str:
    return "'" + key.replace("\\", "\\\\").replace("'", "''") + "'"
