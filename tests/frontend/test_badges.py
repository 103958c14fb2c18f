"""Every state that a room knows has its word, icon and tone."""

from importlib import import_module

import pytest
from django.db.models import TextChoices
from django.utils import translation

from frontend import badges, icons

STATES = ("market.participants", "listings", "contracts", "settlement", "delivery", "supervision")


def machines() -> list[type[TextChoices]]:
    found = []
    for room in STATES:
        module = import_module(f"{room}.states")
        found += [each for each in vars(module).values() if isinstance(each, type) and each.__name__.endswith("State")]
    return [each for each in found if issubclass(each, TextChoices)]


@pytest.mark.parametrize("machine", machines(), ids=lambda machine: machine.__name__)
def test_every_state_of_every_machine_has_a_badge(machine: type[TextChoices]) -> None:
    kinds = [kind for kind, (known, _) in badges.MACHINES.items() if known is machine]

    assert kinds, f"{machine.__name__} is missing in frontend/badges.py"
    for state in machine:
        badge = badges.badge(kinds[0], state.value)
        assert badge.icon in icons.PATHS
        assert badge.word


def test_the_word_is_the_label_of_the_state() -> None:
    with translation.override("en"):
        assert badges.badge("period", "funded") == badges.Badge("lock", "", "Paid into escrow")


def test_a_state_nobody_named_is_a_fault() -> None:
    with pytest.raises(LookupError, match="trade lost"):
        badges.badge("trade", "lost")


def test_blue_means_our_turn_alone() -> None:
    blue = [state for state, badge in badges.WORDS["turn"].items() if badge.tone == "turn-mark"]

    assert blue == ["ours"]
