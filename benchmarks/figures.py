"""The form of a figure, and the one way to compare two arms: interleaved rounds, medians."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Literal, TypeVar

ROUNDS = 5
Measured = TypeVar("Measured")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report. `ratio` = value ÷ baseline_value. A goal speaks of the ratio, or of the value itself."""

    bench: str
    value: float
    unit: str
    baseline: str
    baseline_value: float
    goal: float
    better: Literal["higher", "lower"]
    rows: int
    goal_of: Literal["ratio", "value"] = "ratio"
    more: Mapping[str, object] = field(default_factory=dict)  # what explains the figure: ranges, calibration

    @property
    def ratio(self) -> float:
        """Ours ÷ the baseline's."""
        return self.value / self.baseline_value

    @property
    def is_met(self) -> bool:
        """Whether the goal is reached; a figure that misses it is shown all the same."""
        reached = self.ratio if self.goal_of == "ratio" else self.value
        return reached >= self.goal if self.better == "higher" else reached <= self.goal

    def line(self) -> str:
        """One line of JSON."""
        members = asdict(self) | {"ratio": self.ratio, "met": self.is_met}
        members |= members.pop("more")
        return json.dumps({name: _short(value) for name, value in members.items()}, ensure_ascii=False)


def interleaved(arms: Mapping[str, Callable[[], Measured]], *, rounds: int = ROUNDS) -> dict[str, list[Measured]]:
    """Run the arms in turn, so that whatever disturbs the machine disturbs all of them."""
    found: dict[str, list[Measured]] = {name: [] for name in arms}
    for number in range(rounds):
        names = list(arms) if number % 2 == 0 else list(arms)[::-1]
        for name in names:
            found[name].append(arms[name]())
    return found


def middle(values: list[float]) -> float:
    """The median."""
    return float(median(values))


def _short(value: object) -> object:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, list):
        return [_short(each) for each in value]
    return value
