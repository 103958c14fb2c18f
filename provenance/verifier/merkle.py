"""Merkle trees of RFC 6962 / RFC 9162: hashes, roots, and the checking of proofs."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import islice
from typing import Final, Self

from .errors import ProofInvalid

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()
_CHUNK: Final = 4_096


def leaf_hash(entry: bytes) -> bytes:
    """Hash one entry of the log (RFC 9162, section 2.1.1)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbouring subtrees into their parent (RFC 9162, section 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: enough to append and to tell the root, in O(log n) memory.

    `hashes` are the roots of the complete subtrees, largest first: one for each 1 bit of `size`.
    """

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        """Go on from a stored edge. Raises ProofInvalid if a tree of this size has not so many hashes."""
        self.size = size
        self.hashes = list(hashes)
        _require_hashes(self.hashes)
        if size < 0 or len(self.hashes) != size.bit_count():
            raise ProofInvalid(f"a tree of {size} leaves has not {len(self.hashes)} edge hashes")

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash at the end; O(1) hashes on average."""
        hashes, bits = self.hashes, self.size
        while bits & 1:  # every trailing 1 bit is a full subtree that the new leaf completes
            leaf = sha256(b"\x01" + hashes.pop() + leaf).digest()
            bits >>= 1
        hashes.append(leaf)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaf hashes at the end, in order."""
        more = iter(leaves)
        while chunk := list(islice(more, _CHUNK)):
            at = 0
            while at < len(chunk):
                # The largest complete subtree that begins here and lies within the chunk.
                height = (len(chunk) - at).bit_length() - 1
                if self.size:
                    height = min(height, (self.size & -self.size).bit_length() - 1)
                self._append_subtree(_fold(chunk[at : at + (1 << height)]), height)
                at += 1 << height

    def _append_subtree(self, root: bytes, height: int) -> None:
        hashes, bits = self.hashes, self.size >> height
        while bits & 1:
            root = sha256(b"\x01" + hashes.pop() + root).digest()
            bits >>= 1
        hashes.append(root)
        self.size += 1 << height

    def root(self) -> bytes:
        """The root of the tree so far; the hash of nothing for an empty tree."""
        if not self.hashes:
            return EMPTY_ROOT
        right = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            right = node_hash(left, right)
        return right

    def copy(self) -> Self:
        """An edge of its own that can grow without this one."""
        return type(self)(self.size, self.hashes)


def _fold(row: list[bytes]) -> bytes:
    """The root over 2^n hashes, row by row: half the time of appending them one by one."""
    while len(row) > 1:
        row = [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


def root(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes in log order; time O(n), memory O(log n)."""
    frontier = Frontier()
    frontier.extend(leaves)
    return frontier.root()


def root_from_proof(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that an inclusion proof leads to, from a leaf hash at a 0-based index of `size` leaves.

    Raises ProofInvalid if the index is outside the tree, a hash is not 32 bytes, or the proof is longer or
    shorter than that place needs. Source: RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size:
        raise ProofInvalid(f"index {index} is outside a tree of {size} leaves")
    _require_hashes([leaf, *proof])
    position, last, result = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofInvalid("the inclusion proof is longer than its place in the tree needs")
        if position & 1 or position == last:
            result = node_hash(sibling, result)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise ProofInvalid("the inclusion proof is shorter than its place in the tree needs")
    return result


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that a leaf hash stands at an index under a root. Raises ProofInvalid if it does not."""
    _require_hashes([root])
    if root_from_proof(leaf, index, size, proof) != root:
        raise ProofInvalid(f"the inclusion proof of index {index} does not lead to the root of size {size}")


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of `old_size` is the beginning of the tree of `new_size`.

    Raises ProofInvalid if it is not, and for an old size of 0: everything is consistent with nothing, so such
    a proof would prove nothing. Source: RFC 9162, section 2.1.4.2.
    """
    if not 0 < old_size <= new_size:
        raise ProofInvalid(f"no consistency proof leads from size {old_size} to size {new_size}")
    if old_size == new_size:
        if proof:
            raise ProofInvalid("two trees of the same size need no consistency proof, and one is given")
        if old_root != new_root:
            raise ProofInvalid(f"two trees of size {old_size} have different roots: the log was forked")
        return
    _require_hashes([old_root, new_root, *proof])
    path = [old_root, *proof] if old_size.bit_count() == 1 else list(proof)
    if not path:
        raise ProofInvalid("the consistency proof is empty")
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old_result = new_result = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofInvalid("the consistency proof is longer than these sizes need")
        if position & 1 or position == last:
            old_result = node_hash(sibling, old_result)
            new_result = node_hash(sibling, new_result)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            new_result = node_hash(new_result, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise ProofInvalid("the consistency proof is shorter than these sizes need")
    if old_result != old_root or new_result != new_root:
        raise ProofInvalid(f"the consistency proof does not join sizes {old_size} and {new_size}")


def _require_hashes(hashes: Iterable[bytes]) -> None:
    for value in hashes:
        if len(value) != HASH_BYTES:
            raise ProofInvalid(f"a hash is {len(value)} bytes long, not {HASH_BYTES}")
