"""The copy of a chain's receipt that a bundle may carry: what it says of the log, as far as a file alone can tell.

    {"chain_id", "contract", "transaction", "block_number", "block_hash", "size", "root", "address",
     "topics": [hex], "data": hex, "consistency": [hex], "is_demonstration": true or false}

`topics` and `data` are the event as the node answered it; `consistency` joins the anchored tree to the checkpoint's.
That the chain holds the transaction only a node of that chain can tell.
"""

import re
from dataclasses import dataclass
from typing import Final, Self

from . import shapes
from .canonical import Json
from .errors import Contradicted, Damaged, Refusal
from .merkle import verify_consistency
from .notes import Checkpoint
from .tlog_proof import PROOF_HASHES_MAX

# Keccak-256 of Anchored(uint64,bytes32).
TOPIC: Final = "0x4ac5b9bdb01817da80ec1c33e76c5bef927ab969dd8e8ba4ce21da0d7996e56f"
_HASH: Final = re.compile(r"0x[0-9a-f]{64}")
_ADDRESS: Final = re.compile(r"0x[0-9a-f]{40}")
MEMBERS: Final = (
    "chain_id", "contract", "transaction", "block_number", "block_hash", "size", "root", "address", "topics", "data",
    "consistency", "is_demonstration",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Anchor:
    """An anchor as a bundle claims it; nothing of it is checked yet."""

    chain_id: int
    contract: str
    transaction: str
    block_number: int
    block_hash: str
    size: int
    root: bytes
    address: str
    topics: list[str]
    data: str
    consistency: list[bytes]
    is_demonstration: bool

    @classmethod
    def read(cls, value: Json) -> Self:
        """Read the member `anchor`. Raises Damaged."""
        found = shapes.members(value, "anchor", MEMBERS)
        topics = shapes.items(found["topics"], "anchor/topics", 4)
        path = shapes.items(found["consistency"], "anchor/consistency", 2 * PROOF_HASHES_MAX)
        flag = found["is_demonstration"]
        if not isinstance(flag, bool):
            raise Damaged("anchor/is_demonstration is neither true nor false")
        return cls(
            chain_id=shapes.integer(found["chain_id"], "anchor/chain_id"),
            contract=shapes.text(found["contract"], "anchor/contract", _ADDRESS),
            transaction=shapes.text(found["transaction"], "anchor/transaction", _HASH),
            block_number=shapes.integer(found["block_number"], "anchor/block_number"),
            block_hash=shapes.text(found["block_hash"], "anchor/block_hash", _HASH),
            size=shapes.integer(found["size"], "anchor/size"),
            root=shapes.hex_bytes(found["root"], "anchor/root"),
            address=shapes.text(found["address"], "anchor/address", _ADDRESS),
            topics=[shapes.text(each, "anchor/topics", _HASH) for each in topics],
            data=shapes.text(found["data"], "anchor/data", _HASH),
            consistency=[shapes.hex_bytes(node, "anchor/consistency") for node in path],
            is_demonstration=flag,
        )

    def check(self, checkpoint: Checkpoint, chain: tuple[int, str] | None = None) -> str:
        """What the receipt's copy proves under a checkpoint. Raises Contradicted.

        chain: the chain's number and the contract's address, as the reader had them from elsewhere.
        """
        if self.size >= 2**64 or self.topics != [TOPIC, f"0x{self.size:064x}"] or self.data != f"0x{self.root.hex()}":
            raise Contradicted("the receipt's event says another size or root than the anchor does")
        if self.address != self.contract:
            raise Contradicted("the receipt's event is of another contract than the anchor says")
        if chain is not None and chain != (self.chain_id, self.contract):
            raise Contradicted(
                f"the anchor is of contract {self.contract} on chain {self.chain_id}, not of the one that was given"
            )
        try:
            verify_consistency(self.size, self.root, checkpoint.size, checkpoint.root, self.consistency)
        except Refusal as refusal:
            raise Contradicted(f"the anchored tree does not begin the signed one: {refusal}") from refusal
        kind = "a demonstration chain, which is no evidence," if self.is_demonstration else f"chain {self.chain_id}"
        return (
            f"the signed tree begins with the {self.size} entries that the receipt's copy says were anchored on {kind}"
            f" by contract {self.contract}; not checked against a node: ask one for transaction {self.transaction}"
            f" in block {self.block_number}"
        )


def parse_chain(text: str) -> tuple[int, str] | None:
    """CHAIN_ID:0xADDRESS as a reader gives it; None for anything else."""
    number, colon, address = text.lower().partition(":")
    if not colon or not number.isascii() or not number.isdigit() or len(number) > 18 or not _ADDRESS.fullmatch(address):
        return None
    return int(number), address
