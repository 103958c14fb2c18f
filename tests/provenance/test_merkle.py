"""The Merkle tree against RFC 9162's definition, published roots and other people's proofs."""

import json
from base64 import b64decode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance import merkle

from . import vectors

# The reference tree of transparency-dev/merkle, and its root after each leaf.
ENTRIES = [
    bytes.fromhex(entry)
    for entry in ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]

hashes = st.binary(min_size=32, max_size=32)


def defined_root(leaves: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.1, word for word."""
    if len(leaves) == 0:
        return merkle.EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return merkle.node_hash(defined_root(leaves[:k]), defined_root(leaves[k:]))


def defined_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 9162, section 2.1.3.1, word for word."""
    if len(leaves) == 1:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if index < k:
        return [*defined_path(index, leaves[:k]), defined_root(leaves[k:])]
    return [*defined_path(index - k, leaves[k:]), defined_root(leaves[:k])]


def defined_subproof(old_size: int, leaves: list[bytes], *, is_known: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 9162, section 2.1.4.1, word for word."""
    if old_size == len(leaves):
        return [] if is_known else [defined_root(leaves)]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if old_size <= k:
        return [*defined_subproof(old_size, leaves[:k], is_known=is_known), defined_root(leaves[k:])]
    return [*defined_subproof(old_size - k, leaves[k:], is_known=False), defined_root(leaves[:k])]


@pytest.mark.parametrize("size", range(9))
def test_the_reference_tree_has_the_published_roots(size: int) -> None:
    assert merkle.root(LEAVES[:size]).hex() == ROOTS[size]


def test_a_leaf_hash_is_the_published_one() -> None:
    assert LEAVES[5].hex() == "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658"


@given(st.lists(hashes, max_size=70))
def test_a_root_is_the_recursive_definition(leaves: list[bytes]) -> None:
    assert merkle.root(leaves) == defined_root(leaves)


@given(st.lists(hashes, min_size=1, max_size=70), st.data())
def test_proofs_are_the_recursive_definitions(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    old_size = data.draw(st.integers(1, len(leaves)))

    assert merkle.inclusion_proof(leaves, index) == defined_path(index, leaves)
    assert merkle.consistency_proof(leaves, old_size) == defined_subproof(old_size, leaves)


@given(st.lists(hashes, min_size=1, max_size=70))
def test_every_leaf_of_a_tree_proves_its_inclusion_and_at_no_other_index(leaves: list[bytes]) -> None:
    root = merkle.root(leaves)

    for index, leaf in enumerate(leaves):
        proof = merkle.inclusion_proof(leaves, index)
        merkle.verify_inclusion(leaf, index, len(leaves), proof, root)
        for other in (index - 1, index + 1):
            if not 0 <= other < len(leaves) or leaves[other] != leaf:
                with pytest.raises(merkle.ProofInvalid):
                    merkle.verify_inclusion(leaf, other, len(leaves), proof, root)


@given(st.lists(hashes, min_size=1, max_size=70), st.data())
def test_every_beginning_of_a_tree_proves_its_consistency(leaves: list[bytes], data: st.DataObject) -> None:
    old_size = data.draw(st.integers(1, len(leaves)))
    proof = merkle.consistency_proof(leaves, old_size)
    old_root, new_root = merkle.root(leaves[:old_size]), merkle.root(leaves)

    merkle.verify_consistency(old_size, old_root, len(leaves), new_root, proof)

    with pytest.raises(merkle.ProofInvalid):
        merkle.verify_consistency(old_size, old_root, len(leaves), new_root, [*proof, old_root])
    with pytest.raises(merkle.ProofInvalid):
        merkle.verify_consistency(old_size, merkle.leaf_hash(old_root), len(leaves), new_root, proof)


@given(st.lists(hashes, max_size=40), st.lists(hashes, max_size=40))
def test_a_stored_edge_goes_on_as_the_whole_tree_would(first: list[bytes], then: list[bytes]) -> None:
    stored = merkle.Frontier()
    stored.extend(first)

    resumed = merkle.Frontier(stored.size, stored.hashes)
    resumed.extend(then)

    assert resumed.root() == merkle.root(first + then)
    assert resumed.size == len(first) + len(then)


@given(st.lists(hashes, min_size=1, max_size=70), st.data())
def test_a_proof_from_stored_nodes_is_the_proof_from_leaves(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    old_size = data.draw(st.integers(1, len(leaves)))

    def node(level: int, number: int) -> bytes:
        covered = leaves[number << level : (number + 1) << level]
        assert len(covered) == 1 << level, "only complete subtrees are stored"
        return merkle.root(covered)

    included = [merkle.range_hash(*span, node) for span in merkle.inclusion_ranges(index, len(leaves))]
    consistent = [merkle.range_hash(*span, node) for span in merkle.consistency_ranges(old_size, len(leaves))]

    assert included == merkle.inclusion_proof(leaves, index)
    assert consistent == merkle.consistency_proof(leaves, old_size)


@pytest.mark.parametrize(("size", "count"), [(3, 1), (4, 2), (-1, 0), (0, 1)])
def test_an_edge_with_another_number_of_hashes_is_refused(size: int, count: int) -> None:
    with pytest.raises(merkle.ProofInvalid):
        merkle.Frontier(size, [b"\x00" * 32] * count)


def test_nothing_is_proved_of_an_empty_tree() -> None:
    with pytest.raises(merkle.ProofInvalid, match="outside a tree of 0 leaves"):
        merkle.verify_inclusion(LEAVES[0], 0, 0, [], merkle.EMPTY_ROOT)
    with pytest.raises(merkle.ProofInvalid, match="from size 0"):
        merkle.verify_consistency(0, merkle.EMPTY_ROOT, 8, merkle.root(LEAVES), [])
    with pytest.raises(IndexError):
        merkle.consistency_proof(LEAVES, 0)


def test_hashes_of_another_length_are_refused() -> None:
    proof = merkle.inclusion_proof(LEAVES, 3)

    with pytest.raises(merkle.ProofInvalid, match="31 bytes"):
        merkle.root_from_proof(LEAVES[3], 3, 8, [proof[0][:31], *proof[1:]])
    with pytest.raises(merkle.ProofInvalid, match="0 bytes"):
        merkle.verify_inclusion(LEAVES[3], 3, 8, proof, b"")


def _cases(kind: str) -> list[Any]:
    return [
        (path.relative_to(vectors.folder("merkle")).as_posix(), json.loads(path.read_text()))
        for path in sorted(vectors.folder(f"merkle/{kind}").rglob("*.json"))
    ]


def test_the_public_inclusion_cases_end_as_published() -> None:
    cases = _cases("inclusion")
    assert len(cases) == 98

    for name, case in cases:
        proof = [b64decode(node) for node in case["proof"] or []]
        root, leaf = b64decode(case["root"] or ""), b64decode(case["leafHash"] or "")
        try:
            merkle.verify_inclusion(leaf, case["leafIdx"], case["treeSize"], proof, root)
            refused = False
        except merkle.ProofInvalid:
            refused = True
        assert refused == case["wantErr"], name


def test_the_public_consistency_cases_end_as_published() -> None:
    cases = _cases("consistency")
    assert len(cases) == 98

    for name, case in cases:
        proof = [b64decode(node) for node in case["proof"] or []]
        roots = b64decode(case["root1"] or ""), b64decode(case["root2"] or "")
        try:
            merkle.verify_consistency(case["size1"], roots[0], case["size2"], roots[1], proof)
            refused = False
        except merkle.ProofInvalid:
            refused = True
        assert refused == case["wantErr"], name
