"""Bundles and certificates out of a running log, and what each reader gets to see."""

import json
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction

from market.events import outbox
from market.kernel import canonical_json, ids
from market.kernel.errors import NotAllowed
from market.participants.members import Role, system
from provenance import bundles, certificates, checkpoints, queries, sequencer
from provenance.errors import NotYetLogged
from provenance.models import Certificate
from provenance.verifier.canonical import Json
from provenance.verifier.checks import examine
from provenance.verifier.leaves import commitment
from provenance.verifier.report import Verdict

pytestmark = pytest.mark.django_db(transaction=True)
FILE_SHA256 = sha256(b"file").hexdigest()


@dataclass(frozen=True)
class Reader:
    """Somebody who acts for an organisation."""

    organisation_id: UUID | None = field(default_factory=ids.new_id)
    urn: str = "urn:uuid:01930000-0000-7000-8000-00000000eeee"

    def has(self, *roles: Role) -> bool:
        return True

    def require(self, *roles: Role) -> None: ...


@dataclass
class Trade:
    """A trade as the log hears of it, told through the outbox with the real kinds of events."""

    supplier: Reader = field(default_factory=Reader)
    buyer: Reader = field(default_factory=Reader)
    thread: UUID = field(default_factory=ids.new_id)
    keys: dict[str, UUID] = field(default_factory=dict)
    signatures: list[bundles.Signature] = field(default_factory=list)
    agreement: bytes = b""

    def tell(self, kind: str, *, parties: tuple[Reader, ...] | None = None, **fields: Any) -> UUID:
        with transaction.atomic():
            return outbox.record(
                kind,
                subject=ids.urn(ids.new_id()),
                actor="urn:market:process:test",
                thread=None if kind == "key.registered" else ids.urn(self.thread),
                parties=[
                    each.organisation_id for each in parties or (self.supplier, self.buyer) if each.organisation_id
                ],
                **fields,
            )

    def urn_of(self, side: str) -> str:
        organisation = getattr(self, side).organisation_id
        assert organisation is not None
        return ids.urn(organisation)

    def run(self) -> None:
        seeds = {"supplier": b"s" * 32, "buyer": b"b" * 32}
        self.agreement = canonical_json.dumps(
            {
                "format": "dm-agreement/v1",
                "agreement_id": ids.urn(ids.new_id()),
                "thread": ids.urn(self.thread),
                "supplier": {"urn": self.urn_of("supplier"), "name": "汾河数据", "uscc": ""},
                "buyer": {"urn": self.urn_of("buyer"), "name": "晋阳能源", "uscc": ""},
                "price_minor": 128_000,
                "currency": "CNY",
                "file_sha256": FILE_SHA256,
                "policy": {},
                "clauses": [],
                "language": "zh-Hans",
            }
        )
        digest = sha256(self.agreement)
        signed: dict[str, dict[str, Any]] = {}
        for side, seed in seeds.items():
            private = Ed25519PrivateKey.from_private_bytes(seed)
            public, signature = private.public_key().public_bytes_raw(), private.sign(digest.digest())
            self.keys[side] = self.tell(
                "key.registered",
                parties=(getattr(self, side),),
                owner=self.urn_of(side),
                public_key=public.hex(),
                algorithm="Ed25519",
                provider="own_key",
            )
            signed[side] = {"public_key": public.hex(), "signature": signature.hex()}
            self.signatures.append(
                bundles.Signature(side, "own_key", public, signature, "agreement.json", self.keys[side])
            )
        names: dict[str, Any] = {"agreement": ids.urn(ids.new_id()), "agreement_sha256": digest.hexdigest()}
        money: dict[str, Any] = {"amount_minor": 128_000, "currency": "CNY"}
        self.tell(
            "negotiation.agreed",
            **names,
            **signed["supplier"],
            price_minor=128_000,
            currency="CNY",
            supplier=self.urn_of("supplier"),
            buyer=self.urn_of("buyer"),
        )
        self.tell("agreement.verified", **names, **signed["buyer"])
        self.tell("period.funded", n=1, **money)
        self.tell("period.settled", n=1, **money)

    def bundle(self, reader: Reader, **more: Any) -> bytes:
        agreement = bundles.Document("agreement.json", "application/json", self.agreement, "agreement_sha256")
        return bundles.of([self.thread], [agreement], self.signatures, reader=reader, **more)


@pytest.fixture
def trade(log_dir: Path) -> Trade:
    """A whole trade, not sequenced yet."""
    trade = Trade()
    trade.run()
    return trade


@pytest.mark.parametrize("side", ["supplier", "buyer"])
def test_each_party_takes_a_bundle_that_a_stranger_verifies(side: str, trade: Trade) -> None:
    sequencer.drain()

    report = examine(trade.bundle(getattr(trade, side)), str(checkpoints.verifier_key()))

    assert report.verdict is Verdict.VERIFIED, report.as_text()
    assert {step.name: step.status.value for step in report.steps} == {
        "file": "proved", "manifest": "proved", "checkpoint": "proved", "inclusion": "proved", "openings": "proved",
        "documents": "proved", "agreement": "proved", "thread": "proved", "keys": "proved", "signatures": "proved",
        "order": "proved", "price": "proved", "delivery": "not claimed",
    }  # fmt: skip


def test_of_the_other_sides_key_only_owner_and_key_are_shown(trade: Trade) -> None:
    sequencer.drain()

    bundle = json.loads(trade.bundle(trade.buyer))

    shown = [set(entry["openings"]) for entry in bundle["entries"][:2]]
    assert shown == [{"owner", "public_key", "algorithm", "provider"}] * 2


def test_a_stranger_takes_nothing(trade: Trade) -> None:
    sequencer.drain()

    for stranger in (Reader(), Reader(organisation_id=None)):
        with pytest.raises(NotAllowed):
            trade.bundle(stranger)


def test_values_of_entries_that_a_party_may_not_see_stay_closed(trade: Trade) -> None:
    trade.tell("period.delivered", parties=(trade.supplier,), n=1, acceptance_due_at="")
    sequencer.drain()

    data = trade.bundle(trade.buyer)

    assert json.loads(data)["entries"][-1]["openings"] == {}
    assert examine(data).verdict is Verdict.VERIFIED


def test_a_bundle_waits_until_every_event_has_its_signed_place(trade: Trade) -> None:
    sequencer.drain()
    trade.tell("period.delivered", n=1, acceptance_due_at="")

    assert queries.waiting([trade.thread]) == 1
    with pytest.raises(NotYetLogged) as refusal:
        trade.bundle(trade.buyer)
    assert refusal.value.extra == {"waiting": 1}
    assert examine(trade.bundle(trade.buyer, is_partial=True)).verdict is Verdict.VERIFIED
    sequencer.drain()
    assert queries.waiting([trade.thread]) == 0
    trade.bundle(trade.buyer)


def test_a_document_that_no_entry_recorded_is_not_bundled(trade: Trade) -> None:
    sequencer.drain()
    other = bundles.Document("other.json", "application/json", b"{}", "agreement_sha256")

    with pytest.raises(NotYetLogged):
        bundles.of([trade.thread], [other], reader=trade.buyer)


def test_the_outbox_and_the_verifier_commit_to_a_value_alike() -> None:
    values: list[Json] = ["汾河", 128_000, None, [True, {"b": 1, "a": "\n"}]]
    for value in values:
        ours = outbox.commitment("field", b"s" * 32, canonical_json.dumps(value))
        assert ours == commitment("field", b"s" * 32, value).hex()


def test_a_story_shows_a_party_the_values_and_the_public_only_the_places(trade: Trade) -> None:
    sequencer.drain()
    trade.tell("period.delivered", n=1, acceptance_due_at="")

    seen = queries.story([trade.thread], trade.buyer)
    public = queries.story([trade.thread], None)

    assert [row.entry.kind for row in seen] == [
        "negotiation.agreed", "agreement.verified", "period.funded", "period.settled", "period.delivered",
    ]  # fmt: skip
    assert [row.entry.index for row in seen] == [2, 3, 4, 5, None]
    assert seen[2].values["amount_minor"] == 128_000
    assert [row.values for row in public] == [{}] * 5


def test_a_certificate_is_issued_once_and_names_nobody(trade: Trade) -> None:
    parties = [each.organisation_id for each in (trade.supplier, trade.buyer) if each.organisation_id]
    kind = Certificate.Kind.TRADE

    first = certificates.issue(kind, subject=trade.thread, parties=parties, by=system("test"))
    again = certificates.issue(kind, subject=trade.thread, parties=parties, by=system("test"))
    sequencer.drain()

    assert first.id == again.id == certificates.find(first.id).id
    assert first.id.version == 4
    rows = certificates.entries(first)
    assert [row.kind for row in rows][-1] == "certificate.issued"
    assert len(rows) == 5
    assert all(row.is_signed for row in rows)
