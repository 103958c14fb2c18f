"""What a page hands to the reader's browser, which checks it by itself (static/frontend/proof.js)."""

from typing import Any

from market.kernel import canonical_json
from provenance import checkpoints, queries
from provenance.checkpoints import Published
from provenance.errors import NoCheckpoint
from provenance.evidence import Evidence


def entry(found: Evidence) -> dict[str, str]:
    """An entry for components/checked_entry.html."""
    return {
        "leaf": found.leaf.decode(),
        "hash": found.row.leaf_hash,
        "index": "" if found.row.index is None else str(found.row.index),
        "path": " ".join(found.path),
        "openings": canonical_json.dumps(found.openings).decode(),
    }


def published() -> Published | None:
    """The published checkpoint; None before the first."""
    try:
        return checkpoints.latest()
    except NoCheckpoint:
        return None


def checkpoint(found: Published | None = None) -> dict[str, Any]:
    """The published checkpoint and the log's key, as the templates name them."""
    found = found or published()
    if found is None:
        return {"checkpoint": None}
    head = queries.head()
    return {
        "checkpoint": found.checkpoint,
        "root": found.root.hex(),
        "note": found.note,
        "vkey": str(checkpoints.verifier_key()),
        "signed_at": head.signed_at if head is not None and head.size == found.size else None,
    }
