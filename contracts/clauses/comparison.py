"""Two agreements beside each other, clause by clause, and what changed inside a text."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

# A Han character is a word of its own; Latin words and figures stay whole.
_WORD = re.compile(r"[A-Za-z0-9.,:%’'-]+|\s+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ClauseDifference:
    """One clause that reads differently, texts by language; None on the side that does not have it."""

    code: str
    title: Mapping[str, str]
    before: Mapping[str, str] | None
    after: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text that stayed, was taken out or was put in."""

    kind: Literal["same", "removed", "added"]
    text: str


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[ClauseDifference]:
    """The clauses of two composed documents that read differently, in the order of the later one.

    A clause that was dropped comes last.
    """
    old = {clause["code"]: clause for clause in before["clauses"]}
    new = {clause["code"]: clause for clause in after["clauses"]}
    found: list[ClauseDifference] = []
    for code in [*new, *(code for code in old if code not in new)]:
        was, now = old.get(code), new.get(code)
        if was is not None and now is not None and was["text"] == now["text"]:
            continue
        title = (new.get(code) or old[code])["title"]
        found.append(ClauseDifference(code, title, was and was["text"], now and now["text"]))
    return found


def changes(before: str, after: str) -> Sequence[Piece]:
    """The two texts as one: taken together, same and removed give `before`, same and added give `after`."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    pieces: list[Piece] = []
    for tag, from_old, to_old, from_new, to_new in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(old[from_old:to_old])))
            continue
        if to_old > from_old:
            pieces.append(Piece("removed", "".join(old[from_old:to_old])))
        if to_new > from_new:
            pieces.append(Piece("added", "".join(new[from_new:to_new])))
    return pieces
