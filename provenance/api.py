"""The log's doors for programs. What is public here is in the tiles anyway; a trade is known to its parties only."""

import base64
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status
from pydantic import StringConstraints

from market.access import MEMBER, PUBLIC, allow
from market.authentication import KeyAuth, MemberSession
from market.events.models import Event
from market.kernel.errors import NotFound
from market.participants.members import AUTHORITY_ROLES, OPERATOR_ROLES, Role
from market.requests import MemberRequest
from provenance import (
    anchors,
    browsing,
    certificates,
    checkpoints,
    comparisons,
    erasures,
    keys,
    proofs,
    queries,
    sight,
)
from provenance.models import Erasure
from provenance.queries import EntryRow
from provenance.schemas import (
    INDEX_MAX,
    AnchorOut,
    AnchorsIn,
    CertificateOut,
    CheckpointOut,
    CheckpointsIn,
    ComparisonIn,
    ComparisonOut,
    ConsistencyIn,
    ConsistencyOut,
    EntriesIn,
    EntryOut,
    EntryProofOut,
    ErasureIn,
    ErasureOut,
    HealthOut,
    InclusionIn,
    InclusionOut,
    KeysOut,
    LookIn,
    LookOut,
    RevocationIn,
    SignedOut,
    WhyIn,
)

router = Router(tags=["provenance"], auth=None)
SEATS = (Role.REVIEWER, Role.APPROVER, Role.AUDITOR)
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


@router.get("/keys", response=KeysOut)
@allow(PUBLIC)
def all_keys(request: HttpRequest) -> dict[str, Any]:
    """Every key that the log has signed with, and the changes from one to the next, each signed by both."""
    statements = Event.objects.filter(kind="log.key_rotated").order_by("seq").values_list("id", flat=True)
    return {
        "keys": [str(key) for key in keys.trusted()],
        "rotations": [queries.public_fields(event_id)["statement"] for event_id in statements],
    }


@router.get("/entries", response=list[EntryOut])
@allow(PUBLIC)
def entries(request: HttpRequest, page: Query[EntriesIn]) -> list[EntryRow]:
    """Newest entries first, of a kind or a time if named; go on with `before` set to the last index shown."""
    return browsing.entries(page.filter, before=page.before, limit=page.limit)


@router.get("/subjects/{uuid:subject}/entries", response=list[EntryOut], auth=[KeyAuth(), MemberSession()])
@allow(MEMBER)
def entries_about(request: MemberRequest, subject: UUID, page: Query[EntriesIn]) -> list[EntryRow]:
    """Entries about a thing or a trade that the caller may open, newest first; none for everybody else."""
    return browsing.about(subject, request.auth, page.filter, before=page.before, limit=page.limit)


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


@router.post("/entries/{int:index}/look", response=LookOut, auth=[KeyAuth(), MemberSession()])
@allow(*OPERATOR_ROLES, *AUTHORITY_ROLES, scope="operate")
def look(request: MemberRequest, index: int, body: LookIn) -> dict[str, Any]:
    """What is behind an entry, for a seat under a case. The look is recorded; the parties see it."""
    found, seen = sight.looked(min(index, INDEX_MAX), case=body.case, reason=body.reason, by=request.auth)
    return {
        "sight": str(seen),
        "index": index,
        "kind": found.row.kind,
        "fields": sorted(found.content["commitments"]),
        "values": {name: each["value"] for name, each in found.openings.items()},
    }


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


@router.get("/entries/{int:index}/proof")
@allow(PUBLIC)
def proof_file(request: HttpRequest, index: int) -> HttpResponse:
    """The entry's proof under the published checkpoint as a c2sp.org/tlog-proof file."""
    published = checkpoints.latest()
    text = proofs.file_of(proofs.inclusion(min(index, INDEX_MAX), published=published), published)
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="entry-{index}.tlog-proof"'
    return response


@router.get("/checkpoints", response=list[SignedOut])
@allow(PUBLIC)
def signed_checkpoints(request: HttpRequest, page: Query[CheckpointsIn]) -> list[dict[str, Any]]:
    """Checkpoints that this log has signed, the largest first; go on with `before` set to the last size shown."""
    return [
        {"size": each.size, "root": bytes(each.root).hex(), "note": each.note, "created_at": each.created_at}
        for each in queries.signed(page.limit, before=page.before)
    ]


@router.get("/comparison", response=ComparisonOut)
@allow(PUBLIC)
def comparison(request: HttpRequest, asked: Query[ComparisonIn]) -> dict[str, Any]:
    """Whether a checkpoint that you kept (its size and root) is of this log, with the proof that joins the two."""
    found = comparisons.compare(asked.size, asked.root_bytes)
    return {
        "verdict": found.verdict,
        "size": found.size,
        "root_here": found.root_here.hex() if found.root_here else None,
        "new_size": found.published.size,
        "new_root": found.published.root.hex(),
        "hashes": [node.hex() for node in found.hashes],
    }


@router.get("/events/{uuid:event_id}", response=EntryProofOut, auth=[KeyAuth(), MemberSession()])
@allow(MEMBER)
def event(request: MemberRequest, event_id: UUID) -> dict[str, Any]:
    """One entry by its event's id, for who may see the values behind it; 404 for everybody else, also if it exists."""
    return _proved(queries.by_event(event_id, reader=request.auth))


@router.get("/threads/{uuid:thread}", response=list[EntryOut], auth=[KeyAuth(), MemberSession()])
@allow(MEMBER)
def entries_of_thread(request: MemberRequest, thread: UUID) -> list[EntryRow]:
    """The entries of a trade that the caller may see, in log order; none for everybody else."""
    return queries.of_reader([thread], request.auth)


@router.get("/certificates/{uuid:certificate_id}", response=CertificateOut)
@allow(PUBLIC, ceiling="look_up")
def certificate(request: HttpRequest, certificate_id: UUID) -> dict[str, Any]:
    """A certificate by its random id: what it certifies and where that stands in the log, no parties."""
    found = certificates.find(certificate_id)
    standing = certificates.standing(found)
    return {
        "id": found.id,
        "kind": found.kind,
        "issued_at": found.issued_at,
        "status": str(standing.status),
        "newer": standing.newer,
        "revoked_at": standing.revoked_at,
        "legal_basis": standing.legal_basis,
        "erased": [asdict(each) for each in standing.gone],
        "entries": certificates.entries(found),
    }


@router.post("/certificates/{uuid:certificate_id}/renewal", response=CertificateOut, auth=[KeyAuth(), MemberSession()])
@allow(MEMBER, scope="trade")
def renew_certificate(request: MemberRequest, certificate_id: UUID) -> dict[str, Any]:
    """The next certificate of the same thing, for its parties; the one before reads superseded."""
    return certificate(request, certificates.renew(certificate_id, by=request.auth).id)


@router.post(
    "/certificates/{uuid:certificate_id}/revocation", response=CertificateOut, auth=[KeyAuth(), MemberSession()]
)
@allow(Role.APPROVER, scope="operate")
def revoke_certificate(request: MemberRequest, certificate_id: UUID, body: RevocationIn) -> dict[str, Any]:
    """Take a certificate back."""
    return certificate(request, certificates.revoke(certificate_id, **body.dict(), by=request.auth).id)


@router.get("/erasures", response=list[ErasureOut], auth=[KeyAuth(), MemberSession()])
@allow(*SEATS)
def list_erasures(request: MemberRequest) -> list[Erasure]:
    """Erasures, those that wait for a second person first."""
    return erasures.listing(by=request.auth)


@router.post("/erasures", response={201: ErasureOut}, auth=[KeyAuth(), MemberSession()])
@allow(Role.REVIEWER, Role.APPROVER, scope="operate")
def propose_erasure(request: MemberRequest, body: ErasureIn) -> Status[Erasure]:
    """Ask that values behind entries be erased; another person carries it out."""
    return Status(201, erasures.propose(**body.dict(), by=request.auth))


@router.post("/erasures/{uuid:erasure_id}/confirmation", response=ErasureOut, auth=[KeyAuth(), MemberSession()])
@allow(Role.APPROVER, scope="operate")
def confirm_erasure(request: MemberRequest, erasure_id: UUID) -> Erasure:
    """Carry out what another person proposed. It cannot be undone."""
    return erasures.confirm(erasure_id, by=request.auth)


@router.post("/erasures/{uuid:erasure_id}/withdrawal", response=ErasureOut, auth=[KeyAuth(), MemberSession()])
@allow(Role.REVIEWER, Role.APPROVER, scope="operate")
def withdraw_erasure(request: MemberRequest, erasure_id: UUID, body: WhyIn) -> Erasure:
    """Drop a proposal."""
    return erasures.withdraw(erasure_id, reason=body.reason, by=request.auth)


@router.get("/health", response=HealthOut)
@allow(PUBLIC)
def health(request: HttpRequest) -> dict[str, Any]:
    """Size, last checkpoint and who cosigned it, and how long events wait for their place."""
    return asdict(queries.health()) | asdict(queries.signing()) | {"anchoring": asdict(anchors.standing())}


@router.get("/anchors", response=list[AnchorOut])
@allow(PUBLIC)
def all_anchors(request: HttpRequest, page: Query[AnchorsIn]) -> list[dict[str, Any]]:
    """Roots on chains, newest first; go on with `before` set to the last position shown."""
    return [
        {
            "size": each.size,
            "root": bytes(each.root).hex(),
            "state": each.state,
            "vanished": each.vanished,
            "chain_id": each.contract.chain_id,
            "contract": each.contract.address,
            "transaction": each.transaction,
            "block_number": each.block_number,
            "block_hash": each.block_hash,
            "planned_at": each.planned_at,
            "final_at": each.final_at,
            "is_demonstration": each.contract.is_embedded,
            "position": anchors.position(each),
        }
        for each in anchors.latest(page.limit, before=page.before)
    ]


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
