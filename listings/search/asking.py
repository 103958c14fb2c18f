"""What a reader asks of the catalogue: words, chosen values, order and page. The page and the API read it alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, Literal, get_args

from django.http import QueryDict

from listings.search import keys, words
from listings.search.keys import Group

Sort = Literal["match", "newest", "trades", "cheapest", "dearest"]
SORTS: Final[tuple[Sort, ...]] = get_args(Sort)
TEXT_MAX: Final = 100
PAGE_MAX: Final = 500
CHOSEN_MAX: Final = 20  # values of one group


@dataclass(frozen=True)
class Question:
    """One search. Values of a group widen it, groups and words narrow it."""

    text: str = ""
    chosen: Mapping[Group, tuple[str, ...]] = field(default_factory=dict)
    sort: Sort = "newest"
    page: int = 1

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The keys that a listing must hold."""
        return words.asked(self.text)

    @property
    def is_unfiltered(self) -> bool:
        """Whether everything that is listed answers it."""
        return not self.words and not any(self.chosen.values())

    @property
    def chosen_count(self) -> int:
        """How many values are chosen."""
        return sum(len(values) for values in self.chosen.values())

    def parameters(self) -> list[tuple[str, str]]:
        """The question as an address holds it, in one order, without what goes without saying."""
        found = [("q", self.text)] if self.text else []
        found += [(group, value) for group in keys.GROUPS for value in self.chosen.get(group, ())]
        if self.sort != usual_sort(self.text):
            found.append(("sort", self.sort))
        if self.page > 1:
            found.append(("page", str(self.page)))
        return found

    def without(self, group: Group, value: str) -> "Question":
        """The same without one chosen value, from its first page."""
        left = tuple(each for each in self.chosen.get(group, ()) if each != value)
        return replace(self, chosen={**self.chosen, group: left}, page=1)


def usual_sort(text: str) -> Sort:
    """The order where none is chosen."""
    return "match" if words.asked(text) else "newest"


def read(parameters: QueryDict) -> Question:
    """The question behind an address. What is malformed is left out: an address is typed and shared by people."""
    text = " ".join(parameters.get("q", "").split())[:TEXT_MAX]
    chosen: dict[Group, tuple[str, ...]] = {}
    for group in keys.GROUPS:
        values = [each.strip()[:64] for each in parameters.getlist(group)]
        if kept := tuple(dict.fromkeys(each for each in values if each and each.isprintable()))[:CHOSEN_MAX]:
            chosen[group] = kept
    sort = parameters.get("sort", "")
    number = parameters.get("page", "1")[:9]
    page = int(number) if number.isascii() and number.isdigit() else 1
    return Question(
        text=text.replace("\0", ""),
        chosen=chosen,
        sort=sort if sort in SORTS and (sort != "match" or words.asked(text)) else usual_sort(text),
        page=min(max(page, 1), PAGE_MAX),
    )
