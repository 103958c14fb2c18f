"""provenance.append: entries a second into the tree of the log, beside pymerkle's tree in memory.

Both keep every node, so that any proof can follow: ours as the rows of its tiles, pymerkle as its nodes. Both begin
with the entry's bytes and end with the root. Nothing is written to a disk in either arm.
"""

import time
from collections.abc import Iterator

from benchmarks._synthetic_log import entries
from benchmarks.figures import Figure, interleaved, middle, ratio_of_rounds

COUNT = 100_000
ENTRY_BYTES = 500


def run() -> Iterator[Figure]:
    """Entries/s of ours ÷ pymerkle's; goal: at least 3."""
    from pymerkle import InmemoryTree

    from provenance import merkle
    from provenance.edge import Edge

    bodies = [entry[:ENTRY_BYTES] for entry in entries(ENTRY_BYTES, COUNT)]

    def ours() -> tuple[float, bytes]:
        began, edge = time.perf_counter(), Edge()
        kept: list[tuple[str, bytes]] = []
        for at in range(0, COUNT, 5_000):
            batch = bodies[at : at + 5_000]
            kept += edge.grow(batch, [merkle.leaf_hash(body) for body in batch])
        root = edge.root()
        return COUNT / (time.perf_counter() - began), root

    def theirs() -> tuple[float, bytes]:
        began, tree = time.perf_counter(), InmemoryTree(algorithm="sha256")
        for body in bodies:
            tree.append_entry(body)
        root = tree.get_state()
        return COUNT / (time.perf_counter() - began), root

    rounds = interleaved({"ours": ours, "pymerkle": theirs})
    roots = {root for found in rounds.values() for _, root in found}
    if len(roots) != 1:
        raise RuntimeError("the two trees have different roots")
    mine, base = ([speed for speed, _ in found] for found in rounds.values())
    yield Figure(
        bench="provenance.append",
        value=middle(mine),
        unit="entries/s",
        baseline="pymerkle InmemoryTree",
        baseline_value=middle(base),
        goal=3.0,
        better="higher",
        rows=COUNT,
        more={"ratio_of_rounds": ratio_of_rounds(mine, base), "rounds": mine, "baseline_rounds": base},
    )
