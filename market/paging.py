"""One page of a list, cut by the database: what is on it, and its place in the whole."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet

T = TypeVar("T")
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; `number` counts from 1."""

    rows: list[T]
    number: int
    size: int
    total: int

    @property
    def first(self) -> int:
        """The place of the first row in the whole list, from 1; 0 in an empty list."""
        return (self.number - 1) * self.size + 1 if self.rows else 0

    @property
    def last(self) -> int:
        """The place of the last row."""
        return (self.number - 1) * self.size + len(self.rows)

    @property
    def has_next(self) -> bool:
        """Whether another page follows."""
        return self.last < self.total


def cut(found: QuerySet[M], number: int, rows: Callable[[list[M]], list[T]]) -> Page[T]:
    """One page of a list, its models made into rows; a number beyond the end answers the last page."""
    total = found.count()
    size = settings.PAGE_SIZE
    number = max(1, min(number, -(-total // size)))
    models = list(found[(number - 1) * size : number * size])
    return Page(rows=rows(models), number=number, size=size, total=total)
