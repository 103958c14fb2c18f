"""Fixtures of this room."""

import pytest

from market import rules
from tests.settlement.builders import Market


@pytest.fixture
def market(db: None) -> Market:
    """Two parties and the operator's desk."""
    rules.forget()
    return Market()


@pytest.fixture
def lasting_market(transactional_db: None) -> Market:
    """The same, committed: for races between connections."""
    rules.forget()
    return Market()
