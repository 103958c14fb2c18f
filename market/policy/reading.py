"""Reading shapes out of decoded JSON, collecting every problem with its path."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, TypeVar

from market.policy.errors import Problem
from market.policy.language import ODRL

ITEMS_MAX: Final = 256  # rules, constraints or values in one array
TEXT_MAX: Final = 2048  # characters of one text
PROBLEMS_MAX: Final = 50
_SHOWN_MAX: Final = 60  # characters of a stranger's text in our sentence

Word = TypeVar("Word", bound=StrEnum)
Item = TypeVar("Item")


class Reader:
    """A part that is wrong is left out and written down; the caller refuses the whole in the end."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def refuse(self, path: str, code: str, reason: str, fix: str) -> None:
        """Write down one problem; a document with very many is refused by the first ones."""
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(Problem(path or "policy", code, reason, fix))

    def mapping(self, found: object, path: str) -> Mapping[str, object] | None:
        if isinstance(found, Mapping) and all(isinstance(key, str) for key in found):
            return found
        self.refuse(path, "not_an_object", "An object is expected here", 'Write {"…": "…"}')
        return None

    def array(self, found: object, path: str, read: Callable[[object, str], Item | None]) -> tuple[Item, ...]:
        if not isinstance(found, list) or not found:
            self.refuse(
                path,
                "empty_array",
                "A list of at least one item is expected here",
                "Leave the member out, or give it an item",
            )
            return ()
        if len(found) > ITEMS_MAX:
            self.refuse(path, "too_many", f"More than {ITEMS_MAX} items", "Use fewer")
            return ()
        items = [read(item, f"{path}[{index}]") for index, item in enumerate(found)]
        return tuple(item for item in items if item is not None)

    def word(self, kind: type[Word], found: object, path: str) -> Word | None:
        text = bare(found)
        if isinstance(text, str) and text in set(kind):
            return kind(text)
        self.refuse(path, "unknown_word", f"{shown(found)} is not known here", f"Use one of {', '.join(sorted(kind))}")
        return None

    def optional_text(self, body: Mapping[str, object], key: str, path: str = "") -> str | None:
        if key not in body:
            return None
        return self.text(body[key], f"{path}.{key}" if path else key)

    def text(self, found: object, path: str) -> str | None:
        if isinstance(found, str) and 0 < len(found) <= TEXT_MAX and _is_sound(found):
            return found
        self.refuse(path, "not_a_text", f"A text of 1 to {TEXT_MAX} characters is expected here", 'Write "…"')
        return None

    def only(self, body: Mapping[str, object], known: set[str], path: str) -> None:
        for key in body:
            if key not in known:
                self.refuse(
                    f"{path}.{key}" if path else key,
                    "unknown_member",
                    f"{shown(key)} is not enforced by this market",
                    f"Use only {', '.join(sorted(known))}",
                )


def bare(found: object) -> object:
    """The word without its odrl: prefix or full IRI."""
    if not isinstance(found, str):
        return found
    return found.removeprefix(ODRL) if found.startswith(ODRL) else found.removeprefix("odrl:")


def shown(found: object) -> str:
    """A stranger's value, short enough and quoted for a sentence."""
    text = repr(found)
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}…"


def _is_sound(text: str) -> bool:
    """Can this text be written as UTF-8? Lone surrogates would break the canonical bytes."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
