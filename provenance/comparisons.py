"""Whether a checkpoint that a reader kept is of this log: the same, its beginning, or another tree."""

from dataclasses import dataclass, replace
from enum import StrEnum

from provenance import checkpoints, keys, proofs
from provenance.checkpoints import Published
from provenance.notes import Checkpoint, SignedNote


class Verdict(StrEnum):
    """How a reader's checkpoint stands to the published log."""

    SAME = "same"  # the published one itself
    BEGINS = "begins"  # the published log has this root at this size: nothing was changed since
    OTHER = "other"  # the published log has another root at this size: two trees were shown, or it was copied wrongly
    BEYOND = "beyond"  # larger than what is published here: this log went back, or this copy is old
    EMPTY = "empty"  # a log of no entries says nothing


@dataclass(frozen=True, slots=True)
class Comparison:
    """The answer, and what it takes to check it without believing it."""

    verdict: Verdict
    size: int
    root: bytes
    published: Published
    root_here: bytes | None = None  # what the published log has at that size
    hashes: tuple[bytes, ...] = ()  # consistency from that size to the published one
    is_ours: bool | None = None  # whether the pasted note was signed by this log; None where only numbers were pasted

    @property
    def is_split(self) -> bool:
        """Two trees under one name, with this log's own signature under the other: evidence against the operator."""
        return self.is_ours is True and self.verdict is Verdict.OTHER


@dataclass(frozen=True, slots=True)
class Between:
    """Two sizes of the log and what joins them (RFC 9162 §2.1.4)."""

    old_size: int
    old_root: bytes
    new_size: int
    new_root: bytes
    hashes: tuple[bytes, ...]


def compare(size: int, root: bytes, *, published: Published | None = None) -> Comparison:
    """Compare a size and a root with the published log. Raises NoCheckpoint, LogUnreadable."""
    published = published or checkpoints.latest()
    if size == 0:
        return Comparison(Verdict.EMPTY, size, root, published)
    if size > published.size:
        return Comparison(Verdict.BEYOND, size, root, published)
    here = proofs.root_at(size, published=published)
    hashes = tuple(proofs.consistency(size, published=published))
    if here != root:
        return Comparison(Verdict.OTHER, size, root, published, here, hashes)
    verdict = Verdict.SAME if size == published.size else Verdict.BEGINS
    return Comparison(verdict, size, root, published, here, hashes)


def between(old_size: int, new_size: int, *, published: Published | None = None) -> Between:
    """The proof that the tree of one size begins that of another. Raises NoSuchSize, NoCheckpoint, LogUnreadable."""
    published = published or checkpoints.latest()
    hashes = tuple(proofs.consistency(old_size, new_size, published=published))
    old_root, new_root = (proofs.root_at(size, published=published) for size in (old_size, new_size))
    return Between(old_size, old_root, new_size, new_root, hashes)


def compare_note(note: str, *, published: Published | None = None) -> Comparison:
    """Compare a whole signed note. Raises NoteInvalid for text that is none."""
    signed = SignedNote.parse(note)
    checkpoint = Checkpoint.parse(signed.text)
    is_ours = bool(signed.signers(keys.trusted()))
    found = compare(checkpoint.size, checkpoint.root, published=published)
    return replace(found, is_ours=is_ours)
