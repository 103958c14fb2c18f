"""Answers a question over the catalogue: how many, which of them on this page, and how many for each facet value."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection

from listings.search import counting, sets
from listings.search.asking import Question

WAYS_OUT_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class Row:
    """A listing as the catalogue shows it; amounts in minor units, None where it has none."""

    version_id: UUID
    number: int
    product_id: UUID
    product_number: str
    n: int
    supplier_id: UUID
    supplier_name: str
    title: str
    title_en: str
    abstract: str
    abstract_en: str
    sector: str
    district: str
    frequency: str
    format: str
    row_count: int | None
    column_count: int | None
    file_bytes: int
    data_until: date | None
    quality: int | None
    price_minor: int | None
    price_name: str
    currency: str
    offer_count: int
    licences: list[str]
    listed_at: datetime
    trade_count: int


@dataclass(frozen=True, slots=True)
class WayOut:
    """A question close to one without an answer, and how many listings answer it."""

    question: Question
    total: int


@dataclass(frozen=True, slots=True)
class Found:
    """The answer. facets: group → value → how many listings with the value, beside the other groups' choices."""

    question: Question
    total: int
    market_total: int
    rows: list[Row]
    facets: counting.Counts
    supplier_names: dict[str, str]
    ways_out: list[WayOut] = field(default_factory=list)

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // settings.PAGE_SIZE))


_ROWS: Final = f"SELECT {', '.join(Row.__dataclass_fields__)} FROM listings_listing WHERE number = ANY(%s)"  # noqa: S608


def find(question: Question) -> Found:
    """One page of the answer with its total and facets; a page beyond the last is the last. Raises Unavailable."""
    found, size = sets.of(question), settings.PAGE_SIZE
    total = found.total()
    shown = replace(question, page=min(question.page, max(1, -(-total // size))))
    rows = rows_of(found.page(skip=(shown.page - 1) * size, take=size)) if total else []
    facets = counting.count(found)
    return Found(
        question=shown,
        total=total,
        market_total=found.market_total,
        rows=rows,
        facets=facets,
        supplier_names=counting.names_of([*facets["supplier"], *question.chosen.get("supplier", ())]),
        ways_out=[] if total or question.is_unfiltered else _ways_out(question),
    )


def rows_of(numbers: Sequence[int]) -> list[Row]:
    """The rows behind some numbers, in their order."""
    if not numbers:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [list(numbers)])
        rows = {row[1]: Row(*row) for row in cursor.fetchall()}
    return [rows[number] for number in numbers if number in rows]


def _ways_out(question: Question) -> list[WayOut]:
    """The nearest questions that have answers: one value less, no words, or one word alone; most answers first."""
    tries = [question.without(group, value) for group, values in question.chosen.items() for value in values]
    if question.words and question.chosen_count:
        tries.append(replace(question, text="", sort="newest", page=1))
    terms = question.text.split()
    if not question.chosen_count and len(terms) > 1:
        tries += [replace(question, text=term, page=1) for term in terms]
    found = [WayOut(each, sets.of(each).total()) for each in tries[:WAYS_OUT_MAX]]
    return sorted((each for each in found if each.total), key=lambda each: -each.total)
