"""What the log answers at its doors."""

from datetime import datetime
from typing import Final
from uuid import UUID

from ninja import Schema
from pydantic import Field

INDEX_MAX: Final = 2**62


class EntriesIn(Schema):
    """Which entries, newest first."""

    before: int | None = Field(None, ge=0, le=INDEX_MAX)
    limit: int = Field(20, ge=1, le=100)
    kind: str = Field("", max_length=64)


class InclusionIn(Schema):
    """Which leaf in which tree."""

    index: int = Field(ge=0, le=INDEX_MAX)
    size: int | None = Field(None, ge=1, le=INDEX_MAX)


class ConsistencyIn(Schema):
    """Which two trees."""

    old: int = Field(ge=1, le=INDEX_MAX)
    new: int | None = Field(None, ge=1, le=INDEX_MAX)


class CheckpointOut(Schema):
    """The newest signed statement of the log."""

    origin: str
    size: int
    root: str  # hex
    note: str
    vkey: str


class KeysOut(Schema):
    """Whom to trust for this log, and why the later keys follow from the earlier ones."""

    keys: list[str]  # verifier keys, those that sign now first
    rotations: list[str]  # signed notes, oldest first


class EntryOut(Schema):
    """What anybody may see of one entry."""

    index: int | None  # null while it waits for its place
    kind: str
    at: datetime
    leaf_hash: str
    is_signed: bool


class EntryProofOut(EntryOut):
    """One entry with its exact bytes and its proof under the published checkpoint."""

    leaf: str  # base64 of the bytes that are hashed
    proof: str  # a c2sp.org/tlog-proof file; empty until the entry is under a signed checkpoint


class InclusionOut(Schema):
    """Hashes from the leaf up."""

    index: int
    size: int
    root: str
    hashes: list[str]


class ConsistencyOut(Schema):
    """Hashes that join two sizes."""

    old_size: int
    new_size: int
    old_root: str
    new_root: str
    hashes: list[str]


class CertificateOut(Schema):
    """A certificate as anybody sees it."""

    id: UUID
    kind: str
    issued_at: datetime
    entries: list[EntryOut]


class HealthOut(Schema):
    """How the log is doing."""

    size: int
    signed_size: int
    signed_at: datetime | None
    pending: int
    oldest_pending_s: float
    clock_back_s: float  # how far the clock went back lately; 0 when it did not
