"""A figure says what was measured, against what, and whether the goal is met; a missed goal is shown as missed."""

import json
from typing import Any

import pytest

from benchmarks.__main__ import names
from benchmarks.figures import Figure, interleaved, middle, ratio_of_rounds


def given_figure(**changed: Any) -> Figure:
    """Rates, twice the baseline."""
    known: dict[str, Any] = {
        "bench": "delivery.file", "value": 200.0, "unit": "MB/s", "baseline": "raw sendfile", "baseline_value": 100.0,
        "goal": 0.8, "better": "higher", "rows": 8,
    }  # fmt: skip
    return Figure(**(known | changed))


def test_a_line_has_the_members_of_the_form() -> None:
    line = json.loads(given_figure(more={"rounds": [1.23456, 2.0]}).line())

    assert line == {
        "bench": "delivery.file", "value": 200.0, "unit": "MB/s", "baseline": "raw sendfile", "baseline_value": 100.0,
        "ratio": 2.0, "goal": 0.8, "goal_of": "ratio", "better": "higher", "rows": 8, "met": True,
        "rounds": [1.235, 2.0],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "is_met"),
    [
        ({"value": 80.0}, True),
        ({"value": 79.9}, False),
        ({"better": "lower", "goal": 3, "value": 300.0}, True),
        ({"better": "lower", "goal": 3, "value": 301.0}, False),
        ({"better": "lower", "goal_of": "value", "goal": 0.5, "value": 0.5}, True),
        ({"better": "lower", "goal_of": "value", "goal": 0.5, "value": 0.6}, False),
    ],
)
def test_a_goal_is_met_on_its_own_side(changed: dict[str, Any], is_met: bool) -> None:
    assert given_figure(**changed).is_met is is_met


def test_the_arms_take_turns() -> None:
    order: list[str] = []

    found = interleaved({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, rounds=3)

    assert order == ["a", "b", "b", "a", "a", "b"]
    assert {name: len(rounds) for name, rounds in found.items()} == {"a": 3, "b": 3}


def test_rounds_are_compared_with_their_own_neighbours() -> None:
    assert ratio_of_rounds([10.0, 50.0, 30.0], [10.0, 100.0, 20.0]) == 1.0
    assert middle([3.0, 1.0, 2.0]) == 2.0


def test_benchmarks_are_found_by_name() -> None:
    assert "delivery.file" in names()
    assert not [name for name in names() if name.startswith("_")]
