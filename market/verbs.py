"""What makes a function a verb of the house: one transaction, one event of its own, a place in the register."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

from django.db import transaction

from market.events import outbox

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Verb:
    """A changing public function and the kinds of event that it may tell."""

    name: str
    kinds: tuple[str, ...]
    function: Callable[..., Any]
    composes: bool


REGISTRY: Final[dict[str, Verb]] = {}


class NothingTold(RuntimeError):
    """A verb changed something and recorded no event of its own: its transaction is rolled back."""


def verb(*kinds: str, composes: bool = False, durable: bool = False) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Run the function in one transaction and check that it recorded one of its kinds.

    composes: calls verbs of other rooms, whose events count. durable: an entry point that is never composed.
    A replay says `outbox.unchanged()` instead. Raises NothingTold (a fault of ours, not a refusal).
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        name = f"{function.__module__}.{function.__name__}"

        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            # The outermost verb opens the transaction; only under a test's or a command's own does it get a savepoint.
            with transaction.atomic(durable=durable, savepoint=not outbox.is_watched()), outbox.watch() as told:
                result = function(*args, **kwargs)
                spoke = bool(told.kinds) if composes and not kinds else any(kind in kinds for kind in told.kinds)
                if not spoke and not told.is_unchanged:
                    raise NothingTold(f"{name} recorded none of {kinds}")
            return result

        REGISTRY[name] = Verb(name=name, kinds=kinds, function=run, composes=composes)
        return run

    return decorate
