"""What stops a step: the operator's or an authority's holds, and the parties' own disputes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.models import Dispute
from contracts.states import DisputeState
from market import holds


@dataclass(frozen=True, slots=True)
class HoldRow:
    """An active stop, as the parties read it."""

    scope: str
    reason: str
    legal_basis: str
    placed_at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """An objection of the buyer and how it ended, if it did."""

    id: UUID
    state: DisputeState
    reason: str
    answer: str
    opened_by: str
    opened_at: datetime
    ended_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it stops acceptance and settlement now."""
        return self.state == DisputeState.OPEN


def hold_rows(subjects: Sequence[UUID]) -> list[HoldRow]:
    """The active holds on any of the subjects, oldest first."""
    found = sorted(holds.active(subjects), key=lambda hold: hold.placed_at)
    return [
        HoldRow(str(holds.Scope(hold.scope).label), hold.reason, hold.legal_basis, hold.placed_at, hold.id)
        for hold in found
    ]


def dispute_rows(disputes: Sequence[Dispute]) -> list[DisputeRow]:
    """Disputes in their order; who opened them is loaded."""
    return [
        DisputeRow(
            id=each.id,
            state=DisputeState(each.state),
            reason=each.reason,
            answer=each.answer,
            opened_by=each.opened_by.name,
            opened_at=each.opened_at,
            ended_at=each.ended_at,
        )
        for each in disputes
    ]
