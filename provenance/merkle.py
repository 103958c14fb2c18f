"""The Merkle tree of the log: which nodes make a proof; the verifier hashes and checks.

A proof is first planned as ranges of leaves, then each range is hashed by whoever can reach the nodes:
a list in memory here, the published tiles in `proofs`.
"""

from collections.abc import Callable, Sequence

from .verifier.errors import ProofInvalid
from .verifier.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    Frontier,
    leaf_hash,
    node_hash,
    root,
    root_from_proof,
    verify_consistency,
    verify_inclusion,
)

__all__ = [
    "EMPTY_ROOT",
    "HASH_BYTES",
    "Frontier",
    "ProofInvalid",
    "consistency_proof",
    "consistency_ranges",
    "inclusion_proof",
    "inclusion_ranges",
    "leaf_hash",
    "node_hash",
    "range_hash",
    "root",
    "root_from_proof",
    "verify_consistency",
    "verify_inclusion",
]

Range = tuple[int, int]  # leaves from the first number up to, not including, the second


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The subtrees whose hashes prove a leaf, from the leaf up.

    Raises IndexError if the tree has no such leaf. Source: RFC 9162, section 2.1.3.1.
    """
    if not 0 <= index < size:
        raise IndexError(f"a tree of {size} leaves has no leaf {index}")
    ranges: list[Range] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    ranges.reverse()
    return ranges


def consistency_ranges(old_size: int, new_size: int) -> list[Range]:
    """The subtrees whose hashes prove that one tree begins another. Raises IndexError unless 0 < old <= new.

    Source: RFC 9162, section 2.1.4.1.
    """
    if not 0 < old_size <= new_size:
        raise IndexError(f"no consistency proof leads from size {old_size} to size {new_size}")
    ranges: list[Range] = []
    low, high = 0, new_size
    while high != old_size:
        middle = low + _split(high - low)
        if old_size <= middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    if low:  # the old tree itself is known to the verifier only when it is one complete subtree
        ranges.append((low, high))
    ranges.reverse()
    return ranges


def range_hash(low: int, high: int, node: Callable[[int, int], bytes]) -> bytes:
    """The hash of the subtree over a range that a proof names.

    node(level, number) answers the hash of the complete subtree whose 2^level leaves begin at number·2^level.
    """
    width = high - low
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return node(level, low >> level)
    parts: list[bytes] = []
    while width:
        level = width.bit_length() - 1
        parts.append(node(level, low >> level))
        low += 1 << level
        width -= 1 << level
    result = parts.pop()
    while parts:
        result = node_hash(parts.pop(), result)
    return result


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Prove that `leaves[index]` is under `root(leaves)`: at most ceil(log2(n)) hashes, from the leaf up.

    Raises IndexError if there is no such leaf. Time O(n): for a log on disk use `proofs`.
    """
    return [root(leaves[low:high]) for low, high in inclusion_ranges(index, len(leaves))]


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> list[bytes]:
    """Prove that the first `old_size` leaves are the beginning of all (RFC 9162, section 2.1.4.1).

    Raises IndexError unless 0 < old_size <= len(leaves). Time O(n).
    """
    return [root(leaves[low:high]) for low, high in consistency_ranges(old_size, len(leaves))]


def _split(size: int) -> int:
    """The largest power of two below a size of at least 2."""
    return 1 << ((size - 1).bit_length() - 1)
