"""What an agreement's wording is made of."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

PLACE: Final = re.compile(r"\{(§?)([a-z0-9_]+)\}")  # what a paragraph leaves open


@dataclass(frozen=True, slots=True)
class Wording:
    """One text in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One clause: its title, its paragraphs by key, and the law it rests on.

    The terms say which paragraphs stand. `{name}` is filled in, `{§code}` is the number of another clause.
    """

    code: str
    title: Wording
    paragraphs: Mapping[str, Wording]
    basis: str = ""
