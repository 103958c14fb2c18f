"""The log's doors for programs; everything here is public, because everything here is in the tiles anyway."""

import base64
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import StringConstraints

from market.access import PUBLIC, allow
from market.events.models import Event
from market.kernel.errors import NotFound
from provenance import certificates, checkpoints, proofs, queries
from provenance.queries import EntryRow, Health
from provenance.schemas import (
    INDEX_MAX,
    CertificateOut,
    CheckpointOut,
    ConsistencyIn,
    ConsistencyOut,
    EntriesIn,
    EntryOut,
    EntryProofOut,
    HealthOut,
    InclusionIn,
    InclusionOut,
)

router = Router(tags=["provenance"], auth=None)
LeafHash = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


@router.get("/checkpoint", response=CheckpointOut)
@allow(PUBLIC)
def checkpoint(request: HttpRequest) -> dict[str, Any]:
    """The newest signed checkpoint, also at /log/checkpoint as a plain signed note."""
    published = checkpoints.latest()
    return {
        "origin": published.checkpoint.origin,
        "size": published.size,
        "root": published.root.hex(),
        "note": published.note,
        "vkey": str(checkpoints.verifier_key()),
    }


@router.get("/entries", response=list[EntryOut])
@allow(PUBLIC)
def entries(request: HttpRequest, page: Query[EntriesIn]) -> list[EntryRow]:
    """Newest entries first; go on with `before` set to the last index shown."""
    return queries.latest(page.limit, before=page.before, kind=page.kind)


@router.get("/entries/{int:index}", response=EntryProofOut)
@allow(PUBLIC)
def entry(request: HttpRequest, index: int) -> dict[str, Any]:
    """One entry by its index, with its exact bytes and its proof."""
    return _proved(queries.entry(index) if index <= INDEX_MAX else None)


@router.get("/leaves/{leaf_hash}", response=EntryProofOut)
@allow(PUBLIC, ceiling="look_up")
def leaf(request: HttpRequest, leaf_hash: LeafHash) -> dict[str, Any]:
    """One entry by its leaf hash in hex."""
    return _proved(next(iter(queries.by_leaf_hash(bytes.fromhex(leaf_hash))), None))


@router.get("/proofs/inclusion", response=InclusionOut)
@allow(PUBLIC)
def inclusion(request: HttpRequest, asked: Query[InclusionIn]) -> dict[str, Any]:
    """Prove an index in the tree of any size up to the published one."""
    published = checkpoints.latest()
    proof = proofs.inclusion(asked.index, asked.size, published=published)
    root = proofs.root_at(proof.size, published=published)
    hashes = [node.hex() for node in proof.hashes]
    return {"index": proof.index, "size": proof.size, "root": root.hex(), "hashes": hashes}


@router.get("/proofs/consistency", response=ConsistencyOut)
@allow(PUBLIC)
def consistency(request: HttpRequest, asked: Query[ConsistencyIn]) -> dict[str, Any]:
    """Prove that the tree of one size begins the tree of another."""
    published = checkpoints.latest()
    new_size = published.size if asked.new is None else asked.new
    hashes = proofs.consistency(asked.old, new_size, published=published)
    return {
        "old_size": asked.old,
        "new_size": new_size,
        "old_root": proofs.root_at(asked.old, published=published).hex(),
        "new_root": proofs.root_at(new_size, published=published).hex(),
        "hashes": [node.hex() for node in hashes],
    }


@router.get("/certificates/{uuid:certificate_id}", response=CertificateOut)
@allow(PUBLIC, ceiling="look_up")
def certificate(request: HttpRequest, certificate_id: UUID) -> dict[str, Any]:
    """A certificate by its random id: what it certifies and where that stands in the log, no parties."""
    found = certificates.find(certificate_id)
    return {
        "id": found.id,
        "kind": found.kind,
        "issued_at": found.issued_at,
        "entries": certificates.entries(found),
    }


@router.get("/health", response=HealthOut)
@allow(PUBLIC)
def health(request: HttpRequest) -> Health:
    """Size, last checkpoint, and how long events wait for their place."""
    return queries.health()


def _proved(row: EntryRow | None) -> dict[str, Any]:
    if row is None or row.index is None:
        raise NotFound
    published = checkpoints.latest()
    body = bytes(Event.objects.values_list("body", flat=True).get(id=row.event_id))
    is_signed = row.index < published.size
    proof = proofs.file_of(proofs.inclusion(row.index, published=published), published) if is_signed else ""
    return {
        "index": row.index,
        "kind": row.kind,
        "at": row.at,
        "leaf_hash": row.leaf_hash,
        "is_signed": is_signed,
        "leaf": base64.b64encode(body).decode(),
        "proof": proof,
    }
