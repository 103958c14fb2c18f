"""What a counter-offer changes: two policies, rule by rule and constraint by constraint."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from market.policy.language import Condition, Constraint, Policy, Rule

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Difference:
    """One change: where (`permission use`, `permission use count`), and the part before and after.

    `before` is None for what was added, `after` for what was taken out.
    """

    place: str
    before: Rule | Condition | None
    after: Rule | Condition | None

    @property
    def change(self) -> str:
        """`added`, `removed` or `changed`."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


def differences(old: Policy, new: Policy) -> tuple[Difference, ...]:
    """The differences of the rules, none if both rule alike. Ids, parties and order do not count."""
    found: list[Difference] = []
    for before, after in _paired(old.rules, new.rules, lambda rule: f"{rule.kind} {rule.action}"):
        rule = before or after
        place = f"{rule.kind} {rule.action}" if rule else ""
        if before is None or after is None or _differs_outside_constraints(before, after):
            found.append(Difference(place, before, after))
            continue
        for was, now in _paired(before.constraints, after.constraints, _constraint_key):
            part = was or now
            found.append(Difference(f"{place} {_constraint_key(part)}" if part else place, was, now))
    return tuple(found)


def _differs_outside_constraints(before: Rule, after: Rule) -> bool:
    return (before.duties, before.attributed_party) != (after.duties, after.attributed_party)


def _constraint_key(part: Condition) -> str:
    return part.left.value if isinstance(part, Constraint) else part.connective.value


def _paired(
    old: Sequence[Thing], new: Sequence[Thing], key: Callable[[Thing], str]
) -> Sequence[tuple[Thing | None, Thing | None]]:
    """What stands on one side only, paired by key where both sides have one; equal things are left out."""
    added = list(new)
    gone: list[Thing] = []
    for thing in old:
        if thing in added:
            added.remove(thing)
        else:
            gone.append(thing)
    pairs: list[tuple[Thing | None, Thing | None]] = []
    for thing in gone:
        partner = next((other for other in added if key(other) == key(thing)), None)
        if partner is not None:
            added.remove(partner)
        pairs.append((thing, partner))
    return pairs + [(None, thing) for thing in added]
