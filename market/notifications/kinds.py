"""The register of what can wait for somebody: each room declares its kinds beside its subscriber."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of task: its sentence with %(name)s places for params, and where its page stands."""

    name: str
    title: str | Promise
    path: str

    def sentence(self, params: Mapping[str, Any]) -> str:
        """What to do, in the present language."""
        return str(self.title) % params

    def address(self, *, subject: UUID, thread: UUID | None) -> str:
        """The page on which it can be done, from the root of the site."""
        return self.path.format(subject=subject, thread=thread or subject)


class UnknownTask(RuntimeError):
    """A task of a kind that no room declared: a programming error."""


KINDS: Final[dict[str, Kind]] = {}


def declare(name: str, /, *, title: str | Promise, path: str) -> Kind:
    """Add a kind. title: a lazy translation; path: with {subject} or {thread}, e.g. "/trades/{thread}"."""
    if name in KINDS:
        raise RuntimeError(f"task kind {name} is declared twice")
    KINDS[name] = Kind(name=name, title=title, path=path)
    return KINDS[name]


def get(name: str) -> Kind:
    """The kind of this name. Raises UnknownTask."""
    try:
        return KINDS[name]
    except KeyError as error:
        raise UnknownTask(f"no room declares the task kind {name!r}") from error
