"""What the log answers at its doors."""

import base64
from datetime import UTC, datetime
from typing import Any, Final, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field, field_validator

from provenance.browsing import Filter

INDEX_MAX: Final = 2**62


class EntriesIn(Schema):
    """Which entries, newest first."""

    before: int | None = Field(None, ge=0, le=INDEX_MAX)
    limit: int = Field(20, ge=1, le=100)
    kind: str = Field("", max_length=64)
    since: datetime | None = None
    until: datetime | None = None

    @field_validator("since", "until")
    @classmethod
    def in_utc(cls, moment: datetime | None) -> datetime | None:
        """A moment without its zone is UTC."""
        return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)

    @property
    def filter(self) -> Filter:
        """What the list shows."""
        return Filter([self.kind] if self.kind else (), self.since, self.until)


class InclusionIn(Schema):
    """Which leaf in which tree."""

    index: int = Field(ge=0, le=INDEX_MAX)
    size: int | None = Field(None, ge=1, le=INDEX_MAX)


class ConsistencyIn(Schema):
    """Which two trees."""

    old: int = Field(ge=1, le=INDEX_MAX)
    new: int | None = Field(None, ge=1, le=INDEX_MAX)


class CheckpointsIn(Schema):
    """Which checkpoints, largest first."""

    before: int | None = Field(None, ge=0, le=INDEX_MAX)
    limit: int = Field(20, ge=1, le=100)


class ComparisonIn(Schema):
    """A checkpoint as its reader kept it."""

    size: int = Field(ge=0, le=INDEX_MAX)
    root: str = Field(pattern="^([0-9a-f]{64}|[A-Za-z0-9+/]{43}=)$")  # hex, or base64 as the note has it

    @property
    def root_bytes(self) -> bytes:
        """The root as 32 bytes."""
        return bytes.fromhex(self.root) if len(self.root) == 64 else base64.b64decode(self.root)


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


class SignedOut(Schema):
    """A statement that the log has signed."""

    size: int
    root: str
    note: str
    created_at: datetime


class ComparisonOut(Schema):
    """How a kept checkpoint stands to the published one. `hashes` join the two where both are of one log."""

    verdict: Literal["same", "begins", "other", "beyond", "empty"]
    size: int
    root_here: str | None  # what the published log has at that size
    new_size: int
    new_root: str
    hashes: list[str]


class GoneOut(Schema):
    """A value that was erased behind an entry."""

    index: int | None
    field: str
    at: datetime
    legal_basis: str


class CertificateOut(Schema):
    """A certificate as anybody sees it."""

    id: UUID
    kind: str
    issued_at: datetime
    status: Literal["valid", "superseded", "revoked", "erased"]
    newer: UUID | None  # the certificate that took its place
    revoked_at: datetime | None
    legal_basis: str  # of a revocation
    erased: list[GoneOut]
    entries: list[EntryOut]


class AnchorsIn(Schema):
    """Which anchors, newest first."""

    before: int | None = Field(None, ge=0, le=10**16)
    limit: int = Field(20, ge=1, le=100)


class AnchorOut(Schema):
    """A root on its way onto a chain, or there."""

    size: int
    root: str  # hex
    state: str  # planned, sent, mined, final, refused, reset
    vanished: int  # how often its block was reorganised away
    chain_id: int
    contract: str
    transaction: str  # empty until it is in a block
    block_number: int | None
    block_hash: str
    planned_at: datetime
    final_at: datetime | None
    is_demonstration: bool  # on the embedded chain: no evidence
    position: int  # give it as `before` to go on


class AnchoringOut(Schema):
    """How anchoring stands."""

    problem: str  # empty while it works
    since: datetime | None
    is_late: bool
    is_embedded: bool
    size: int  # entries under the newest anchor that is in a block
    final_size: int
    signed_size: int
    chain_id: int | None
    address: str


class ErasureIn(Schema):
    """What is to be erased, why, and on which article it rests."""

    subject: UUID
    fields: list[str] = Field(min_length=1, max_length=50)
    reason: str = Field(max_length=2000)
    legal_basis: str = Field(max_length=200)


class LookIn(Schema):
    """Under which case a seat reads what is behind an entry, and why."""

    case: str = Field(max_length=100)
    reason: str = Field(max_length=2000)


class LookOut(Schema):
    """What a seat sees behind an entry: values, or for an auditor the names of the fields."""

    sight: Literal["meta", "open"]
    index: int
    kind: str
    fields: list[str]
    values: dict[str, Any]


class WhyIn(Schema):
    """Why."""

    reason: str = Field(max_length=2000)


class RevocationIn(WhyIn):
    """Why a certificate is taken back, and on which article it rests."""

    legal_basis: str = Field(max_length=200)


class ErasureOut(Schema):
    """An erasure."""

    id: UUID
    number: str
    state: str
    subject: UUID
    fields: list[str]
    reason: str
    legal_basis: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None


class HealthOut(Schema):
    """How the log is doing."""

    size: int
    signed_size: int
    signed_at: datetime | None
    pending: int
    oldest_pending_s: float
    witnesses: int
    cosigned_by: list[str]
    has_quorum: bool
    anchoring: AnchoringOut
    clock_back_s: float  # how far the clock went back lately; 0 when it did not
