"""Composing a bundle: one file from which a stranger checks what its reader may know, without asking us."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _t

from market.events.models import Event, Opening
from market.kernel import canonical_json
from market.kernel.errors import NotAllowed
from market.participants.members import Actor
from provenance import anchors, checkpoints, erasures, proofs, queries
from provenance.checkpoints import Published
from provenance.errors import NotYetLogged
from provenance.verifier.bundle import FORMAT, manifest

# A signature is checked by whoever holds the agreement, so of the other side's key registration exactly this is shown.
KEY_FIELDS: Final = ("owner", "public_key", "algorithm", "provider")
# What is gone behind an entry of the bundle is said to whoever may read the entry.
ERASED_FIELDS: Final = ("entry_sha256", "erased", "legal_basis", "number")


@dataclass(frozen=True, slots=True)
class Document:
    """A file for the bundle and the field in which its hash was recorded."""

    name: str
    media_type: str
    content: bytes
    bound_by: str  # e.g. agreement_sha256


@dataclass(frozen=True, slots=True)
class Signature:
    """One party's Ed25519 signature over the SHA-256 of a document's bytes."""

    party: str  # supplier, buyer
    provider: str  # own_key, sealed_key
    public_key: bytes
    signature: bytes
    document: str
    key_event: UUID  # the event that registered the key


def of(
    subjects: Iterable[UUID],
    documents: Sequence[Document] = (),
    signatures: Sequence[Signature] = (),
    *,
    reader: Actor,
    is_partial: bool = False,
) -> bytes:
    """The bundle of all events about these subjects or in these threads, opened as far as the reader may see.

    Raises NotAllowed if the reader may open none of them or not the entry that binds a document, NotYetLogged while
    one of them has no signed place (with is_partial: only while a document or a key has none), NoCheckpoint.
    """
    published = checkpoints.latest()
    openings = {opening.event_id: _opened(opening, reader) for opening in queries.about(subjects)}
    if not any(openings.values()):
        raise NotAllowed(_t("Only a party may take this evidence."))
    for signature in signatures:
        openings[signature.key_event] = _some(signature.key_event, KEY_FIELDS)
    for told in erasures.told_of(openings):
        openings[told] = _some(told, ERASED_FIELDS)
    rows = [row for row in queries.of_events(openings) if row.index is not None and row.index < published.size]
    missing = len(openings) - len(rows)
    if missing and not is_partial:
        raise NotYetLogged(
            _t("%(count)s events have no signed place in the log yet. Try again in some seconds.") % {"count": missing},
            waiting=missing,
        )
    bodies = dict(Event.objects.filter(id__in=[row.event_id for row in rows]).values_list("id", "body"))
    place = {row.event_id: position for position, row in enumerate(rows)}
    entries = [
        _entry(row.index, bytes(bodies[row.event_id]), openings[row.event_id], published)
        for row in rows
        if row.index is not None
    ]
    members: dict[str, Any] = {
        "format": FORMAT,
        "origin": published.checkpoint.origin,
        "vkey": str(checkpoints.verifier_key()),
        "checkpoint": published.note,
        "entries": entries,
        "documents": [_document(document, entries) for document in documents],
        "signatures": [_signature(signature, place) for signature in signatures],
    }
    anchor = anchors.member(published)
    if anchor is not None:
        members["anchor"] = anchor
    return canonical_json.dumps({**members, "manifest": manifest(members)})


def _opened(opening: Opening, reader: Actor) -> dict[str, Any]:
    return dict(opening.fields) if queries.may_open(opening, reader) else {}


def _some(event_id: UUID, names: Sequence[str]) -> dict[str, Any]:
    found = Opening.objects.filter(event_id=event_id).values_list("fields", flat=True).first() or {}
    return {name: found[name] for name in names if name in found}


def _entry(index: int, body: bytes, opened: dict[str, Any], published: Published) -> dict[str, Any]:
    return {
        "index": index,
        "leaf": base64.b64encode(body).decode(),
        "proof": [node.hex() for node in proofs.inclusion(index, published=published).hashes],
        "openings": opened,
    }


def _document(document: Document, entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    digest = sha256(document.content).hexdigest()
    for position, entry in enumerate(entries):
        if entry["openings"].get(document.bound_by, {}).get("value") == digest:
            return {
                "name": document.name,
                "media_type": document.media_type,
                "sha256": digest,
                "content": base64.b64encode(document.content).decode(),
                "bound_by": {"entry": position, "field": document.bound_by},
            }
    raise NotYetLogged(_t("The entry that records %(name)s is not in the log yet.") % {"name": document.name})


def _signature(signature: Signature, place: dict[UUID, int]) -> dict[str, Any]:
    if signature.key_event not in place:
        raise NotYetLogged(_t("The registration of a signing key is not in the log yet."))
    return {
        "party": signature.party,
        "algorithm": "Ed25519",
        "provider": signature.provider,
        "public_key": signature.public_key.hex(),
        "signature": signature.signature.hex(),
        "document": signature.document,
        "key_entry": place[signature.key_event],
    }
