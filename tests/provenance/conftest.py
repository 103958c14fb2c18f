"""Events of a kind that only tests tell."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import transaction

from market.events import kinds, outbox
from market.kernel import ids

kinds.declare("test.happened", basis="test", number=int, note=str, public=("note",))


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
