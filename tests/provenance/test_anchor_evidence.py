"""What an anchor proves to strangers: in a bundle offline, on pages and over the API."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from eth_utils.crypto import keccak

from frontend import kinds
from market.kernel import clock, ids
from provenance import anchors, bundles, merkle, sequencer
from provenance.anchor_models import Anchor, Anchoring
from provenance.chain import contract
from provenance.chain.anchorer import Anchorer, note
from provenance.chain.evm import Embedded, Evm, Outside
from provenance.models import Checkpoint
from provenance.verifier.anchor import TOPIC
from provenance.verifier.bundle import manifest
from provenance.verifier.canonical import dumps, loads
from provenance.verifier.checks import examine
from provenance.verifier.errors import Unreadable
from tests.builders import given_operator

from .conftest import Record
from .small_log import SmallLog, encode

CONTRACT = "0x" + "c" * 40


def anchored(size: int = 4) -> dict[str, Any]:
    """A small log's bundle with an anchor of its first entries."""
    log = SmallLog()
    whole = log.bundle()
    hashes = [merkle.leaf_hash(leaf) for leaf in log.leaves()]
    root = merkle.root(hashes[:size]).hex()
    whole["anchor"] = {
        "chain_id": 31337, "contract": CONTRACT, "transaction": "0x" + "a" * 64, "block_number": 12,
        "block_hash": "0x" + "b" * 64, "size": size, "root": root, "address": CONTRACT,
        "topics": [TOPIC, f"0x{size:064x}"], "data": f"0x{root}",
        "consistency": [node.hex() for node in merkle.consistency_proof(hashes, size)], "is_demonstration": False,
    }  # fmt: skip
    return whole


def step(whole: dict[str, Any], chain: str | None = None) -> tuple[str, str]:
    found = [each for each in examine(encode(whole), chain=chain).steps if each.name == "anchor"]
    return (found[0].status.value, found[0].detail) if found else ("absent", "")


def test_the_topic_is_that_of_the_contracts_event() -> None:
    assert "0x" + keccak(text="Anchored(uint64,bytes32)").hex() == TOPIC
    assert any(each.get("name") == "Anchored" for each in contract.abi())


@pytest.mark.parametrize("size", [1, 2, 4, 7, 10, 11])
def test_an_anchor_that_begins_the_signed_tree_holds_and_says_what_was_not_asked(size: int) -> None:
    status, detail = step(anchored(size))

    assert status == "proved"
    assert "not checked against a node" in detail
    assert examine(encode(anchored(size))).exit_code == 0


CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another size": lambda anchor: anchor.update(size=5),
    "another topic": lambda anchor: anchor["topics"].__setitem__(0, "0x" + "1" * 64),
    "another root": lambda anchor: anchor.update(data="0x" + "1" * 64, root="1" * 64),
    "a root that the receipt does not say": lambda anchor: anchor.update(data="0x" + "1" * 64),
    "another contract's event": lambda anchor: anchor.update(address="0x" + "d" * 40),
    "a shorter proof": lambda anchor: anchor["consistency"].pop(),
    "a longer proof": lambda anchor: anchor["consistency"].append("00" * 32),
    "no topic": lambda anchor: anchor["topics"].clear(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_false_anchor_is_named(change: Callable[[dict[str, Any]], Any]) -> None:
    whole = anchored()
    change(whole["anchor"])

    assert step(whole)[0] == "false"


def test_an_anchor_of_another_contract_or_chain_than_was_given_is_named() -> None:
    assert step(anchored(), f"31337:{CONTRACT}")[0] == "proved"
    assert step(anchored(), f"1:{CONTRACT}")[0] == "false"
    assert step(anchored(), "31337:0x" + "d" * 40)[0] == "false"
    assert step(SmallLog().bundle(), f"1:{CONTRACT}")[0] == "not found"
    assert step(SmallLog().bundle())[0] == "absent"
    with pytest.raises(Unreadable, match="CHAIN_ID"):
        examine(encode(anchored()), chain="x")


def test_an_anchor_is_under_the_manifest() -> None:
    whole = anchored()
    file = {**whole, "manifest": manifest(whole)}
    whole["anchor"]["block_number"] = 13

    report = examine(dumps({**file, "anchor": whole["anchor"]}))

    assert [each.name for each in report.steps if each.status.value == "false"] == ["manifest"]


@pytest.fixture
def ledger(log_dir: Any, record: Record) -> Any:
    """A log of some entries whose beginning is final on the embedded chain."""
    operator = given_operator()
    thread = ids.new_id()
    record(1, thread=thread, parties=(operator.organisation_id,))
    sequencer.drain()
    embedded = Embedded()
    node = Evm(embedded.provider)
    for _ in range(2):
        Anchorer(lambda: node, lambda found: Outside(found.account() or "")).round()
    record(2, thread=thread, parties=(operator.organisation_id,))
    sequencer.drain()
    return operator, thread


@pytest.mark.django_db(transaction=True)
def test_a_bundle_carries_the_newest_final_anchor_and_says_that_it_is_a_demonstration(ledger: Any) -> None:
    operator, thread = ledger

    data = bundles.of([thread], reader=operator)

    found: Any = loads(data)
    steps = {each.name: each for each in examine(data).steps}
    assert 0 < found["anchor"]["size"] < Checkpoint.objects.order_by("-size")[0].size
    assert steps["anchor"].status.value == "proved"
    assert "no evidence" in steps["anchor"].detail


@pytest.mark.django_db(transaction=True)
def test_pages_and_api_show_the_anchor_under_which_an_entry_stands(
    ledger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(kinds.WORDS, "test.happened", "happened")
    client = Client()
    client.cookies["language"] = "zh-hans"
    mined = Anchor.objects.get()
    index = mined.size - 1

    page = client.get("/ledger/anchors/").content.decode()
    entry = client.get(f"/ledger/{index}/").content.decode()
    later = client.get(f"/ledger/{index + 1}/").content.decode()
    rows = client.get("/api/log/anchors").json()
    health = client.get("/api/log/health").json()

    assert mined.contract.address in page
    assert "演示链" in page
    assert mined.transaction[:10] in entry
    assert "尚未在链上锚定" in later
    assert [(row["size"], row["state"], row["is_demonstration"]) for row in rows] == [(mined.size, "final", True)]
    assert client.get(f"/api/log/anchors?before={rows[0]['position']}").json() == []
    assert (health["anchoring"]["final_size"], health["anchoring"]["problem"]) == (mined.size, "")


@pytest.mark.django_db(transaction=True)
def test_a_reset_demonstration_chain_reads_reset_and_no_longer_anchors(ledger: Any) -> None:
    node = Evm(Embedded().provider)
    Anchorer(lambda: node, lambda found: Outside(found.account() or "")).round()
    old = Anchor.objects.order_by("planned_at").first()
    assert old is not None
    client = Client()
    client.cookies["language"] = "zh-hans"

    assert "演示链已重置" in client.get("/ledger/anchors/").content.decode()
    assert anchors.standing().problem == ""
    assert old.state == Anchor.State.RESET


@pytest.mark.django_db(transaction=True)
def test_the_page_names_what_hinders_and_a_checkpoint_that_nobody_anchors_is_late(log_dir: Any, record: Record) -> None:
    record(1)
    sequencer.drain()
    client = Client()
    client.cookies["language"] = "zh-hans"
    assert 'data-problem=""' in client.get("/ledger/anchors/").content.decode()
    assert not anchors.standing().is_late

    with clock.shifted(timedelta(hours=1)):
        assert anchors.standing().is_late
    note(Anchoring.Problem.NO_FUNDS, "0x1 has 0 wei")
    page = client.get("/ledger/anchors/").content.decode()

    assert "账户余额不足以支付交易费" in page
    assert client.get("/api/log/health").json()["anchoring"]["problem"] == "no_funds"
