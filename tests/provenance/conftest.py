"""A log folder of its own for each test, and events of a kind that only tests tell."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from django.db import transaction
from pytest_django import Settings

from market.events import kinds, outbox
from market.kernel import ids

kinds.declare("test.happened", basis="test", number=int, note=str, public=("note",))


@pytest.fixture
def log_dir(tmp_path: Path, settings: Settings) -> Path:
    """Where this test's log is published."""
    settings.LOG_DIR = tmp_path / "log"
    return tmp_path / "log"


Record = Callable[..., UUID]


@pytest.fixture
def record() -> Record:
    """Commit one event and answer its id."""

    def one(number: int = 0, *, thread: UUID | None = None, parties: tuple[UUID, ...] = ()) -> UUID:
        with transaction.atomic():
            return outbox.record(
                "test.happened",
                subject=ids.urn(ids.new_id()),
                actor=ids.urn(ids.new_id()),
                thread=ids.urn(thread) if thread else None,
                parties=parties,
                number=number,
                note="n",
            )

    return one
