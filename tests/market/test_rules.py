"""Rules: versions with a date; the newest that has taken effect is the one in force."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from market import rules
from market.kernel import clock
from market.rules import Rule

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forgotten() -> None:
    """What an earlier test looked up is not asked again."""
    rules.forget()


def given_version(version: int, days: int, *, ahead: timedelta) -> None:
    Rule.objects.create(
        name="trade.payment_due_days",
        version=version,
        value={"days": days},
        legal_basis="test",
        effective_from=clock.now() + ahead,
    )
    rules.forget()


def test_every_rule_has_a_basis_and_was_in_force_from_the_regulations_first_day() -> None:
    for name in rules.FIRST:
        rule = rules.current(name)
        assert rule.version == 1
        assert rule.legal_basis
        assert rule.effective_from.date().isoformat() == "2024-03-01"


def test_a_later_version_counts_from_its_day() -> None:
    given_version(2, 5, ahead=timedelta(days=1))
    assert rules.current("trade.payment_due_days").value == {"days": 7}
    rules.forget()

    with clock.shifted(timedelta(days=1, seconds=1)):
        rule = rules.current("trade.payment_due_days")

    assert (rule.version, rule.value) == (2, {"days": 5})
    rules.forget()


def test_of_two_versions_in_force_the_higher_counts() -> None:
    given_version(2, 5, ahead=timedelta(days=-1))
    given_version(3, 9, ahead=timedelta(days=-2))

    assert rules.current("trade.payment_due_days").version == 3


def test_a_version_stands_once() -> None:
    with pytest.raises(IntegrityError, match="rule_one_per_version"), transaction.atomic():
        given_version(1, 5, ahead=timedelta())


def test_a_rule_that_nobody_set_is_a_fault_of_ours() -> None:
    with pytest.raises(rules.NoSuchRule):
        rules.current("nobody.set")


def test_standing_rows_are_written_once_and_never_over_others() -> None:
    given_version(2, 5, ahead=timedelta(days=-1))

    rules.write_first_versions()

    assert rules.current("trade.payment_due_days").version == 2
    assert Rule.objects.filter(name="trade.payment_due_days").count() == 2
