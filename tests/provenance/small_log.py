"""A small log with one trade in it, built from the published formats, for the verifier's tests to attack."""

import base64
from copy import deepcopy
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provenance import merkle
from provenance.notes import Checkpoint, SigningKey
from provenance.verifier.bundle import manifest
from provenance.verifier.canonical import Json, dumps
from provenance.verifier.leaves import commitment

ORIGIN = "log.example.cn/taiyuan"
THREAD = "urn:uuid:01930000-0000-7000-8000-0000000000aa"
SUPPLIER: dict[str, Json] = {"urn": "urn:uuid:01930000-0000-7000-8000-000000000001", "name": "汾河数据", "uscc": "A"}
BUYER: dict[str, Json] = {"urn": "urn:uuid:01930000-0000-7000-8000-000000000002", "name": "晋阳能源", "uscc": "B"}
FILE_SHA256 = sha256(b"a,b\n1,2\n").hexdigest()


@dataclass
class Fact:
    """One event before it becomes a leaf."""

    kind: str
    hidden: dict[str, Any]
    public: dict[str, Any] = field(default_factory=dict)

    def salt(self, name: str) -> bytes:
        return sha256(f"{self.kind} {name} {self.hidden}".encode()).digest()

    def leaf(self, n: int) -> bytes:
        commitments: dict[str, Any] = {k: commitment(k, self.salt(k), v).hex() for k, v in self.hidden.items()}
        at = f"2026-11-25T09:{n:02d}:00.000000Z"
        leaf: dict[str, Any] = {"v": 1, "kind": self.kind, "schema": 1, "at": at, "public": self.public}
        leaf["commitments"] = commitments
        return dumps(leaf)

    def openings(self) -> dict[str, Any]:
        return {k: {"salt": self.salt(k).hex(), "value": v} for k, v in self.hidden.items()}


@dataclass
class SmallLog:
    """Everything that a forger may turn, with an honest start; `bundle()` computes all that follows from it."""

    price_minor: int = 128_000
    log_seed: bytes = b"L" * 32
    seeds: dict[str, bytes] = field(default_factory=lambda: {"supplier": b"S" * 32, "buyer": b"B" * 32})
    file_sha256: str = FILE_SHA256
    facts: list[Fact] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.facts = self.facts or self._facts()

    @property
    def log_key(self) -> SigningKey:
        return SigningKey.from_seed(ORIGIN, self.log_seed)

    @property
    def vkey(self) -> str:
        return str(self.log_key.verifier_key)

    @property
    def agreement(self) -> bytes:
        return dumps(
            {
                "format": "dm-agreement/v1",
                "agreement_id": "urn:uuid:01930000-0000-7000-8000-0000000000bb",
                "thread": THREAD,
                "supplier": SUPPLIER,
                "buyer": BUYER,
                "price_minor": self.price_minor,
                "currency": "CNY",
                "file_sha256": self.file_sha256,
                "policy": {},
                "clauses": [],
                "language": "zh-Hans",
            }
        )

    def public_key(self, party: str) -> str:
        key = Ed25519PrivateKey.from_private_bytes(self.seeds[party])
        return key.public_key().public_bytes_raw().hex()

    def _facts(self) -> list[Fact]:
        agreed = sha256(self.agreement).hexdigest()
        money = {"thread": THREAD, "amount_minor": self.price_minor, "currency": "CNY"}
        return [
            Fact("market.opened", {}, {"name": "太原"}),
            Fact("key.registered", {"owner": SUPPLIER["urn"], "public_key": self.public_key("supplier")}),
            Fact("key.registered", {"owner": BUYER["urn"], "public_key": self.public_key("buyer")}),
            Fact("negotiation.agreed", {"thread": THREAD, "agreement_sha256": agreed} | self._signed("supplier")),
            Fact("agreement.verified", {"thread": THREAD, "agreement_sha256": agreed} | self._signed("buyer")),
            Fact("obligation.opened", dict(money)),
            Fact("payment.received", dict(money)),
            Fact("grant.opened", {"thread": THREAD, "file_sha256": FILE_SHA256}),
            Fact("period.funded", dict(money)),
            Fact("period.settled", dict(money)),
            Fact("listing.published", {}, {"title": "别的"}),
        ]

    def _signed(self, party: str) -> dict[str, Any]:
        return {"signature": self.sign(party), "public_key": self.public_key(party)}

    def at(self, kind: str) -> int:
        return [fact.kind for fact in self.facts].index(kind)

    def leaves(self) -> list[bytes]:
        return [fact.leaf(n) for n, fact in enumerate(self.facts)]

    def checkpoint(self) -> str:
        hashes = [merkle.leaf_hash(leaf) for leaf in self.leaves()]
        return self.log_key.sign(Checkpoint(ORIGIN, len(hashes), merkle.root(hashes)).text())

    def sign(self, party: str) -> str:
        key = Ed25519PrivateKey.from_private_bytes(self.seeds[party])
        return key.sign(sha256(self.agreement).digest()).hex()

    def bundle(self) -> dict[str, Any]:
        """The bundle of the trade as a value; its entries are all of the log but the first and the last."""
        leaves = self.leaves()
        hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
        shown = range(1, len(leaves) - 1)
        place = {n: position for position, n in enumerate(shown)}
        entries = [
            {
                "index": n,
                "leaf": base64.b64encode(leaves[n]).decode(),
                "proof": [node.hex() for node in merkle.inclusion_proof(hashes, n)],
                "openings": self.facts[n].openings(),
            }
            for n in shown
        ]
        agreement = {
            "name": "agreement.json",
            "media_type": "application/json",
            "sha256": sha256(self.agreement).hexdigest(),
            "content": base64.b64encode(self.agreement).decode(),
            "bound_by": {"entry": place[self.at("negotiation.agreed")], "field": "agreement_sha256"},
        }
        signatures = [
            {
                "party": party,
                "algorithm": "Ed25519",
                "provider": provider,
                "public_key": self.public_key(party),
                "signature": self.sign(party),
                "document": "agreement.json",
                "key_entry": key_entry,
            }
            for party, provider, key_entry in (("supplier", "own_key", 0), ("buyer", "sealed_key", 1))
        ]
        return {
            "format": "dm-bundle/v1",
            "origin": ORIGIN,
            "vkey": self.vkey,
            "checkpoint": self.checkpoint(),
            "entries": entries,
            "documents": [agreement],
            "signatures": signatures,
        }


def encode(bundle: dict[str, Any]) -> bytes:
    """The file of a bundle, with the manifest that belongs to what it now says."""
    whole = deepcopy(bundle)
    return dumps({**whole, "manifest": manifest(whole)})
