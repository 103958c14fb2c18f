"""The words of texts and of queries: pairs of neighbouring Han characters, and words of other scripts. Pure.

Both sides go through the same cutting, so that what stands in a listing is found by the same letters. Pairs need no
dictionary and find every run of two or more characters; they do not join simplified and traditional forms.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

_HAN: Final = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_LETTER: Final = rf"(?:(?![{_HAN}])\w)+"
# A word may hold dots, hyphens and underscores inside: PM2.5, wind_dir, 2020-04-08.
_PART: Final = re.compile(rf"(?P<han>[{_HAN}]+)|(?P<word>{_LETTER}(?:[.\-]{_LETTER})*)")
_SEAM: Final = re.compile(r"[._\-]+|(?<=[a-z])(?=[A-Z])")
_INNER: Final = re.compile(r"[._\-]+")
WORD_MAX: Final = 64  # a SHA-256 in hex still fits
QUERY_WORDS_MAX: Final = 24


def of(texts: Iterable[str], *, single: bool = False) -> set[str]:
    """The words of some texts; single: also every Han character by itself (titles, keywords)."""
    found: set[str] = set()
    for text in texts:
        for run, is_han in _runs(unicodedata.normalize("NFKC", text)):
            if is_han:
                found.update(_pairs(run))
                if single:
                    found.update(run)
            else:
                found.add(_folded(_INNER.sub("", run)))
                found.update(_folded(part) for part in _SEAM.split(run) if part)
    found.discard("")
    return found


def asked(query: str) -> tuple[str, ...]:
    """The words that a listing must hold to answer a query, in the order of the query; at most QUERY_WORDS_MAX.

    A single Han character stands for itself; only titles and keywords are searched for it.
    """
    found: dict[str, None] = {}
    for run, is_han in _runs(unicodedata.normalize("NFKC", query)):
        if not is_han:
            found[_folded(_INNER.sub("", run))] = None
        elif len(run) == 1:
            found[run] = None
        else:
            found.update(dict.fromkeys(_pairs(run)))
    found.pop("", None)
    return tuple(found)[:QUERY_WORDS_MAX]


def marked(text: str, wanted: Iterable[str]) -> list[tuple[str, bool]]:
    """The text cut into pieces, each with whether it is one of the words; pieces joined are the text."""
    words = frozenset(wanted)
    if not words:
        return [(text, False)] if text else []
    hits = [False] * len(text)
    for match in _PART.finditer(text):
        start, run = match.start(), match.group()
        if match["han"]:
            for at, char in enumerate(run):
                if char in words:
                    hits[start + at] = True
                if len(run) > at + 1 and run[at : at + 2] in words:
                    hits[start + at] = hits[start + at + 1] = True
        elif _folded(_INNER.sub("", run)) in words or any(_folded(part) in words for part in _SEAM.split(run)):
            hits[start : start + len(run)] = [True] * len(run)
    pieces: list[tuple[str, bool]] = []
    begin = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or hits[at] != hits[begin]:
            pieces.append((text[begin:at], hits[begin]))
            begin = at
    return pieces


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    for match in _PART.finditer(text):
        yield match.group(), match["han"] is not None


def _pairs(run: str) -> Iterator[str]:
    return (run[at : at + 2] for at in range(len(run) - 1))


def _folded(word: str) -> str:
    """Lower case, without accents, one form for singular and plural, cut at WORD_MAX."""
    plain = word.lower()
    if not plain.isascii():
        plain = "".join(char for char in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(char))
    return _singular(plain)[:WORD_MAX]


def _singular(word: str) -> str:
    """Airports and airport, cities and city are one word (S-stemmer; Harman 1991)."""
    if len(word) < 4 or not word.endswith("s") or not word.isalpha() or not word.isascii():
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word if word.endswith(("ss", "us", "is")) else word[:-1]
