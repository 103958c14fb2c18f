"""The sets of listings behind one question, and how they are put in order."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.db import connection

from listings.search import bitmaps, keys, known, reading
from listings.search.asking import Question
from listings.search.keys import Group
from listings.search.known import Known
from listings.search.reading import Answer, Fresh
from market.kernel.errors import Unavailable

IN_ORDER_MAX: Final = 2_000  # up to so many answers, an order other than the newest is made from their rows
TRIES: Final = 5
_ORDERS: Final = {
    "trades": "trade_count DESC",
    "cheapest": "price_minor",
    "dearest": "price_minor DESC NULLS LAST",
}


def of(question: Question) -> "Sets":
    """Read until process and database are of one state. Raises Unavailable while the bitmaps change without pause."""
    held = known.current()
    for _ in range(TRIES):
        answer = reading.read(question, held)
        if answer.mark == held.mark:
            return Sets(question, held, answer)
        held = known.read()
    raise Unavailable


class Sets:
    """What answers a question, and what would without one of its groups."""

    def __init__(self, question: Question, held: Known, answer: Answer) -> None:
        self.question, self.held, self.fresh = question, held, answer.fresh
        settled = held.listed & ~_set(answer.unsettled) if answer.unsettled else held.listed
        self.market_total = settled.bit_count() + answer.fresh_listed
        self.text = _all_of(settled, question.words, held, answer, "text")
        titles = reading.titles_of(question)
        self._titles = _all_of(self.text, titles, held, answer, "title") if titles else 0
        self._chosen = {
            group: _any_of(group, values, held, answer) for group, values in question.chosen.items() if values
        }

    def own(self, group: Group) -> Group | None:
        """The group itself where values of it are chosen: its counts are taken without them."""
        return group if group in self._chosen else None

    def settled(self, besides: Group | None = None) -> int:
        """What the bitmaps say: words and chosen values, those of one group left out."""
        found = self.text
        for group, numbers in self._chosen.items():
            if group != besides:
                found &= numbers
        return found

    def unsettled(self, besides: Group | None = None) -> list[Fresh]:
        """The same among rows that no bitmap speaks for."""
        wanted = [
            {keys.facet(group, value) for value in reading.narrowed(group, self.question.chosen[group])}
            for group in self._chosen
            if group != besides
        ]
        return [row for row in self.fresh if all(not row.facets.isdisjoint(each) for each in wanted)]

    def numbers(self, besides: Group | None = None) -> int:
        """Both as one set."""
        return self.settled(besides) | _set([row.number for row in self.unsettled(besides)])

    def total(self, besides: Group | None = None) -> int:
        """How many answer."""
        return self.settled(besides).bit_count() + len(self.unsettled(besides))

    def page(self, *, skip: int, take: int) -> list[int]:
        """The numbers of one page in the order that was asked for; `take` is at least 1."""
        numbers, sort = self.numbers(), self.question.sort
        if sort == "newest":
            return bitmaps.newest(numbers, skip=skip, take=take)
        if sort == "match":
            first = (self._titles | _set([row.number for row in self.fresh if row.is_in_title])) & numbers
            page = bitmaps.newest(first, skip=skip, take=take)
            if len(page) < take:
                skip = max(0, skip - first.bit_count())
                page += bitmaps.newest(numbers ^ first, skip=skip, take=take - len(page))
            return page
        return _in_order(numbers, _ORDERS[sort], skip=skip, take=take)


def _in_order(numbers: int, order: str, *, skip: int, take: int) -> list[int]:
    chosen: list[Any]
    if numbers.bit_count() <= IN_ORDER_MAX:
        condition, chosen = "number = ANY(%s)", [bitmaps.numbers_of(numbers)]
    else:
        # Walks the index in order and asks the set for each row: soon full where so many answer.
        top = numbers.bit_length()
        condition = "is_listed AND CASE WHEN number < %s THEN get_bit(%s::bytea, number::int) = 1 ELSE false END"
        chosen = [top, numbers.to_bytes(top // 8 + 1, "little")]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT number FROM listings_listing WHERE {condition} ORDER BY {order}, number DESC LIMIT %s OFFSET %s",  # noqa: S608
            [*chosen, take, skip],
        )
        return [number for (number,) in cursor.fetchall()]


def _all_of(base: int, wanted: Iterable[str], held: Known, answer: Answer, name: str) -> int:
    found = base
    for key in wanted:
        if key in held.frequent:
            found &= bitmaps.joined(answer.bits.get(key, {}))
    if name in answer.numbers:
        found &= _set(answer.numbers[name])
    return found


def _any_of(group: Group, values: Sequence[str], held: Known, answer: Answer) -> int:
    found = _set(answer.numbers.get(group, ()))
    for value in reading.narrowed(group, values):
        found |= held.facets.get(group, {}).get(value, 0)
    return found


def _set(numbers: Sequence[Any]) -> int:
    return bitmaps.of(numbers, top=max(numbers)) if numbers else 0
