"""Why a policy document was refused, problem by problem."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a document: where, which kind, why, and what to write instead."""

    path: str  # `permission[0].constraint[1].operator`, or the field of the simple form
    code: str
    reason: str
    fix: str
    params: Mapping[str, str | int] = field(default_factory=dict)  # for a translation of reason and fix


class PolicyInvalid(Exception):
    """The document is not a policy that this market can enforce."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.path}: {p.reason}" for p in self.problems))
