"""One statement that reads of the database what a question needs and this process does not hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection

from listings.search import keys
from listings.search.asking import Question
from listings.search.keys import Group
from listings.search.known import Known

LARGE: Final[tuple[Group, ...]] = ("area", "supplier")
_STATE: Final = (
    "SELECT 0, NULL::text, marks[cardinality(marks)], NULL::bytea, NULL::bigint[], NULL::text[], NULL::bool, "
    "NULL::bool FROM listings_searchstate WHERE id = 1"
)
_BITS: Final = "SELECT 1, key, segment, bits, NULL, NULL, NULL, NULL FROM listings_searchbits WHERE key = ANY(%s)"
_RARE: Final = (
    "SELECT 2, %s, NULL, NULL, array_agg(number), NULL, NULL, NULL FROM listings_listing WHERE keys @@ %s::tsquery"
)
_FRESH: Final = (
    "SELECT 3, NULL, number, NULL, NULL, CASE WHEN is_listed AND {words} THEN facets END, is_listed, {title} "
    "FROM listings_listing WHERE NOT is_folded"
)


@dataclass(frozen=True, slots=True)
class Fresh:
    """A listed row that holds the words and that the bitmaps do not know yet, or know otherwise."""

    number: int
    is_in_title: bool
    facets: frozenset[str]


@dataclass(slots=True)
class Answer:
    """What the statement said, all of one moment."""

    mark: int = 0  # of the state of the bitmaps
    bits: dict[str, dict[int, bytes]] = field(default_factory=dict)  # key → segments
    numbers: dict[str, list[int]] = field(default_factory=dict)  # "text", "title" or a large facet → listings
    unsettled: list[int] = field(default_factory=list)  # rows that the bitmaps do not speak for
    fresh: list[Fresh] = field(default_factory=list)
    fresh_listed: int = 0


def titles_of(question: Question) -> list[str]:
    """The keys of titles that an order by match needs; none in other orders."""
    return [keys.in_title(word) for word in question.words] if question.sort == "match" else []


def narrowed(group: Group, values: Sequence[str]) -> Sequence[str]:
    """A chosen county narrows its chosen city; values of other groups stand side by side."""
    if group != "area":
        return values
    return [
        value for value in values if not any(len(other) > len(value) and other.startswith(value) for other in values)
    ]


def read(question: Question, held: Known) -> Answer:
    """Ask. The words stand in the statement as literals: a plan that does not know them is far slower."""
    titles = titles_of(question)
    frequent = [key for key in [*question.words, *titles] if key in held.frequent]
    parts: list[str] = [_STATE]
    parameters: list[Any] = []
    if frequent:
        parts.append(_BITS)
        parameters.append(frequent)
    for name, query in _rare(question, titles, held):
        parts.append(_RARE)
        parameters += [name, query]
    wanted = [keys.all_of(question.words), keys.all_of(titles)]
    stands = [
        "keys @@ %s::tsquery" if query else default for query, default in zip(wanted, ("true", "false"), strict=True)
    ]
    parts.append(_FRESH.format(words=stands[0], title=stands[1]))
    parameters += [query for query in wanted if query]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), parameters)
        return _answer(cursor.fetchall())


def _rare(question: Question, titles: Iterable[str], held: Known) -> Iterable[tuple[str, str]]:
    """Queries to the index of words, for keys that have no bitmap."""
    if query := keys.all_of(word for word in question.words if word not in held.frequent):
        yield "text", query
    if query := keys.all_of(title for title in titles if title not in held.frequent):
        yield "title", query
    for group in LARGE:
        wanted = [keys.facet(group, value) for value in narrowed(group, question.chosen.get(group, ()))]
        if query := keys.any_of(key for key in wanted if key not in held.frequent):
            yield group, query


def _answer(rows: Iterable[tuple[Any, ...]]) -> Answer:
    answer = Answer()
    for kind, name, at, bits, numbers, facets, is_listed, is_in_title in rows:
        if kind == 0:
            answer.mark = at or 0
        elif kind == 1:
            answer.bits.setdefault(name, {})[at] = bytes(bits)
        elif kind == 2:
            answer.numbers[name] = numbers or []
        else:
            answer.unsettled.append(at)
            answer.fresh_listed += is_listed
            if facets is not None:
                answer.fresh.append(Fresh(at, is_in_title, frozenset(facets)))
    return answer
