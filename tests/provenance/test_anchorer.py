"""Anchoring against a chain that misbehaves: each misfortune has its state, and none costs or doubles an anchor."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from market.kernel import clock
from provenance import merkle
from provenance.anchor_models import Anchor, AnchorContract, Anchoring, AnchorSending
from provenance.chain import deployments
from provenance.chain.anchorer import Anchorer
from provenance.chain.evm import Outside, OwnKey, Signer
from provenance.models import Checkpoint

from . import nodes
from .nodes import Node

pytestmark = pytest.mark.django_db(transaction=True)
State = Anchor.State


@pytest.fixture
def node(settings: Settings) -> Iterator[Node]:
    settings.CHAIN_RPC_URL = "http://a-real-chain.invalid"
    settings.CHAIN_CONFIRMATIONS = 3
    settings.CHAIN_ANCHOR_SECONDS, settings.CHAIN_ANCHOR_ENTRIES = 600, 100
    found = nodes.start()
    yield found
    found.end()


@pytest.fixture
def contract(node: Node) -> AnchorContract:
    return deployments.deploy(node.evm, node.key, is_embedded=False)


def sign(size: int) -> Checkpoint:
    """A checkpoint of our log as the sequencer stores it."""
    root = merkle.root([merkle.leaf_hash(b"%d" % n) for n in range(size)])
    return Checkpoint.objects.create(size=size, root=root, note=f"{size}", created_at=clock.now())


def work(node: Node, by: Signer | None = None) -> str:
    """One round; what hinders after it."""
    assert Anchorer(lambda: node.evm, lambda _: by or node.key).round()
    return Anchoring.objects.get().problem


def states() -> list[tuple[int, str]]:
    return list(Anchor.objects.order_by("size").values_list("size", "state"))


def test_the_newest_root_reaches_the_chain_and_becomes_final_with_its_confirmations(
    node: Node, contract: AnchorContract
) -> None:
    newest = sign(7)

    assert work(node) == ""
    assert states() == [(7, State.SENT)]
    assert work(node) == ""
    assert states() == [(7, State.MINED)]
    node.mine(2)
    work(node)

    assert states() == [(7, State.FINAL)]
    assert node.evm.anchored(contract.address) == (7, newest.root)
    found = Anchor.objects.get()
    assert found.receipt is not None
    assert found.receipt["data"] == "0x" + newest.root.hex()
    assert node.evm.block_hash(found.block_number or 0) == found.block_hash


def test_anchors_go_in_batches_by_time_or_by_count(node: Node, contract: AnchorContract) -> None:
    sign(7)
    work(node)
    work(node)
    sign(50)
    work(node)
    assert states() == [(7, State.MINED)]  # neither ten minutes nor a hundred entries

    sign(107)
    work(node)
    assert states() == [(7, State.MINED), (107, State.SENT)]
    sign(108)
    work(node)
    with clock.shifted(timedelta(minutes=11)):
        work(node)
    assert [size for size, _ in states()] == [7, 107, 108]


def test_a_node_that_was_down_for_a_day_is_caught_up_with_one_anchor(node: Node, contract: AnchorContract) -> None:
    sign(3)
    work(node)
    work(node)
    node.watched.is_down = True
    for size in range(4, 28):
        sign(size)
        with clock.shifted(timedelta(hours=size)):
            assert work(node) == Anchoring.Problem.UNREACHABLE

    node.watched.is_down = False
    with clock.shifted(timedelta(hours=30)):
        assert work(node) == ""

    assert states() == [(3, State.MINED), (27, State.SENT)]


def test_an_anchor_whose_block_was_reorganised_away_is_sent_again(node: Node, contract: AnchorContract) -> None:
    sign(7)
    node.mine()
    before = node.snapshot()
    work(node)
    work(node)
    assert states() == [(7, State.MINED)]

    node.reorganise(before)
    assert node.evm.anchored(contract.address)[0] == 0
    work(node)
    node.mine()
    work(node)
    node.mine(2)
    work(node)

    found = Anchor.objects.get()
    assert (found.state, found.vanished) == (State.FINAL, 1)
    assert node.evm.anchored(contract.address)[0] == 7
    assert AnchorSending.objects.count() == 1  # the same bytes


def test_a_final_anchor_is_still_watched(node: Node, contract: AnchorContract) -> None:
    sign(7)
    node.mine()
    before = node.snapshot()
    work(node)
    node.mine(4)
    work(node)
    assert states() == [(7, State.FINAL)]

    node.reorganise(before)
    work(node)

    assert Anchor.objects.get().vanished == 1
    node.mine()
    work(node)
    assert node.evm.anchored(contract.address)[0] == 7


def test_two_anchors_that_vanish_together_come_back_in_their_order(node: Node, contract: AnchorContract) -> None:
    node.mine()
    before = node.snapshot()
    sign(7)
    work(node)
    work(node)
    sign(207)
    work(node)
    work(node)
    assert states() == [(7, State.MINED), (207, State.MINED)]

    node.reorganise(before)
    for _ in range(3):
        assert work(node) == ""
        node.mine()
    work(node)

    assert {state for _, state in states()} <= {State.MINED, State.FINAL}
    assert node.evm.anchored(contract.address)[0] == 207


def test_a_stuck_transaction_is_sent_with_a_higher_fee_and_the_same_number(
    node: Node, contract: AnchorContract
) -> None:
    sign(7)
    node.hold()
    work(node)
    with clock.shifted(timedelta(minutes=6)):
        work(node)

    first, second = AnchorSending.objects.order_by("fee_wei")
    assert first.nonce == second.nonce
    assert second.fee_wei >= first.fee_wei * 9 / 8
    node.go_on()
    node.mine()
    work(node)
    assert states()[0][1] in (State.MINED, State.FINAL)
    assert node.evm.anchored(contract.address)[0] == 7


def test_a_fee_grows_to_its_ceiling_and_the_page_says_stuck(
    node: Node, contract: AnchorContract, settings: Settings
) -> None:
    sign(7)
    node.hold()
    work(node)
    settings.CHAIN_FEE_GWEI_MAX = 0

    with clock.shifted(timedelta(minutes=6)):
        assert work(node) == Anchoring.Problem.STUCK

    assert AnchorSending.objects.count() == 1


def test_a_crash_between_storing_and_sending_sends_the_same_bytes(
    node: Node, contract: AnchorContract, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign(7)
    with monkeypatch.context() as crash:
        crash.setattr(type(node.evm), "send", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            work(node)
    stored = AnchorSending.objects.get()
    assert states() == [(7, State.PLANNED)]

    work(node)
    work(node)

    assert AnchorSending.objects.get().hash == stored.hash == Anchor.objects.get().transaction


def test_a_crash_after_an_outside_signer_sent_finds_its_transaction(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = Outside(node.rich)
    deployments.deploy(node.evm, outside, is_embedded=False)
    sign(7)
    with monkeypatch.context() as crash:
        crash.setattr("provenance.chain.anchorer._keep", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            work(node, outside)

    for _ in range(3):
        work(node, outside)

    assert states() == [(7, State.MINED)]
    assert AnchorSending.objects.get().raw is None
    assert Anchor.objects.get().transaction == AnchorSending.objects.get().hash


def test_two_workers_at_once_send_one_anchor_with_one_number(node: Node, contract: AnchorContract) -> None:
    sign(7)
    before = node.evm.nonce(node.key.address, with_pending=True)

    def worker() -> None:
        for _ in range(3):
            Anchorer(lambda: node.evm, lambda _: node.key).round()
        connection.close()

    together = [threading.Thread(target=worker) for _ in range(3)]
    for each in together:
        each.start()
    for each in together:
        each.join()

    assert [size for size, _ in states()] == [7]
    assert node.evm.nonce(node.key.address, with_pending=True) == before + 1


def test_a_number_that_somebody_else_used_is_replaced(
    node: Node, contract: AnchorContract, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign(7)
    with monkeypatch.context() as crash:
        crash.setattr(type(node.evm), "send", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            work(node)
    taken = Anchor.objects.get().nonce
    order = {"to": node.rich, "value": 1, "gas": 21_000, "chainId": node.evm.chain_id(), "nonce": taken}
    order |= node.evm.fees().members()
    node.evm.send(order, node.key.sign(order))
    node.mine()

    work(node)
    node.mine()
    work(node)

    assert Anchor.objects.get().nonce == (taken or 0) + 1
    assert node.evm.anchored(contract.address)[0] == 7


def test_a_node_of_another_chain_is_refused(node: Node, contract: AnchorContract) -> None:
    sign(7)
    node.watched.chain_id = "0x1"

    assert work(node) == Anchoring.Problem.WRONG_CHAIN
    assert not Anchor.objects.exists()


def test_a_chain_of_the_same_number_with_another_beginning_is_refused(node: Node) -> None:
    AnchorContract.objects.create(
        chain_id=node.evm.chain_id(), genesis="0x" + "0" * 64, address="0x" + "1" * 40, owner=node.key.address,
        transaction="0x", block_number=1, is_embedded=False,
    )  # fmt: skip

    assert work(node) == Anchoring.Problem.WRONG_CHAIN


def test_an_address_without_our_code_is_refused(node: Node) -> None:
    AnchorContract.objects.create(
        chain_id=node.evm.chain_id(), genesis=node.evm.block_hash(0) or "", address=node.rich, owner=node.key.address,
        transaction="0x", block_number=1, is_embedded=False,
    )  # fmt: skip

    assert work(node) == Anchoring.Problem.OTHER_CODE


def test_without_a_contract_nothing_is_sent_and_the_command_is_named(node: Node) -> None:
    sign(7)

    assert work(node) == Anchoring.Problem.NO_CONTRACT
    assert "anchor deploy" in Anchoring.objects.get().detail


def test_another_account_than_the_owner_is_refused(node: Node, contract: AnchorContract) -> None:
    assert work(node, OwnKey(b"\x11" * 32)) == Anchoring.Problem.NOT_OWNER


def test_an_account_without_funds_waits_and_goes_on_when_it_was_paid(node: Node, contract: AnchorContract) -> None:
    sign(7)
    left = node.evm.balance(node.key.address)
    order = {"to": node.rich, "gas": 21_000, "chainId": node.evm.chain_id(), "nonce": 1, "value": 0}
    order |= node.evm.fees().members()
    order["value"] = left - 21_000 * node.evm.fees().wei
    node.evm.send(order, node.key.sign(order))
    node.mine()

    assert work(node) == Anchoring.Problem.NO_FUNDS
    since = Anchoring.objects.get().since
    assert work(node) == Anchoring.Problem.NO_FUNDS
    assert Anchoring.objects.get().since == since
    node.pay(node.key.address, 10**18)
    node.mine()
    assert work(node) == ""
    work(node)

    assert states() == [(7, State.MINED)]


def test_a_database_that_went_back_behind_its_anchor_is_named(node: Node, contract: AnchorContract) -> None:
    order = node.evm.anchoring(node.key.address, contract.address, 9, b"\1" * 32)
    order |= node.evm.fees().members() | {"nonce": 1}
    order.pop("from")
    node.evm.send(order, node.key.sign(order))
    node.mine()
    sign(7)

    assert work(node) == Anchoring.Problem.CONTRADICTED
    assert "9 entries" in Anchoring.objects.get().detail
    assert not Anchor.objects.exists()


def test_a_chain_with_another_root_for_a_size_of_ours_is_named(node: Node, contract: AnchorContract) -> None:
    order = node.evm.anchoring(node.key.address, contract.address, 7, b"\1" * 32)
    order |= node.evm.fees().members() | {"nonce": 1}
    order.pop("from")
    node.evm.send(order, node.key.sign(order))
    node.mine()
    sign(7)

    assert work(node) == Anchoring.Problem.CONTRADICTED


def test_what_was_sent_cannot_be_altered_by_the_running_role(node: Node, contract: AnchorContract) -> None:
    sign(7)
    work(node)

    for statement in ("UPDATE provenance_anchorsending SET nonce = 9", "DELETE FROM provenance_anchorcontract"):
        with pytest.raises(Exception, match=r"permission denied|append-only"), connection.cursor() as cursor:
            cursor.execute(statement)


def test_the_key_shows_in_no_text(node: Node, caplog: pytest.LogCaptureFixture) -> None:
    sign(7)
    with caplog.at_level("DEBUG"):
        node.watched.is_down = True
        work(node)
        node.watched.is_down = False
        work(node)

    for text in (caplog.text, repr(node.key), str(vars(Anchoring.objects.get()))):
        assert nodes.KEY.hex() not in text
