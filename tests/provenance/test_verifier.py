"""The offline verifier on an honest bundle and on every way we know to make one lie."""

import base64
import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance import merkle
from provenance.notes import Checkpoint
from provenance.verifier.bundle import manifest
from provenance.verifier.canonical import dumps
from provenance.verifier.checks import examine
from provenance.verifier.errors import Refusal
from provenance.verifier.leaves import Leaf
from provenance.verifier.report import Report, Status, Verdict

from .small_log import BUYER, THREAD, Fact, SmallLog, encode


def statuses(report: Report) -> dict[str, str]:
    return {step.name: step.status.value for step in report.steps}


def failed(report: Report) -> set[str]:
    return {step.name for step in report.steps if step.status in (Status.FALSE, Status.NOT_FOUND)}


def test_an_honest_bundle_is_verified_in_every_step() -> None:
    log = SmallLog()

    report = examine(encode(log.bundle()), log.vkey)

    assert report.verdict is Verdict.VERIFIED
    assert set(statuses(report).values()) == {"proved"}
    assert list(statuses(report)) == [
        "file", "manifest", "checkpoint", "inclusion", "openings", "documents", "agreement",
        "thread", "keys", "signatures", "order", "price", "delivery",
    ]  # fmt: skip


def test_without_a_key_the_bundles_own_key_is_shown_and_said_to_prove_nothing() -> None:
    log = SmallLog()

    report = examine(encode(log.bundle()))

    assert report.exit_code == 0
    assert log.vkey in report.as_text()
    assert "whose log this is" in report.not_proved[0]


def forged(change: Callable[[dict[str, Any]], None]) -> bytes:
    """An honest bundle with one change, and a manifest that fits the change."""
    bundle = SmallLog().bundle()
    change(bundle)
    return encode(bundle)


def _swap_leaves(bundle: dict[str, Any]) -> None:
    first, second = bundle["entries"][5], bundle["entries"][6]
    first["leaf"], second["leaf"] = second["leaf"], first["leaf"]


def _move(position: int, step: int) -> Callable[[dict[str, Any]], None]:
    def change(bundle: dict[str, Any]) -> None:
        bundle["entries"][position]["index"] += step

    return change


def _foreign_opening(bundle: dict[str, Any]) -> None:
    bundle["entries"][3]["openings"]["discount"] = {"salt": "00" * 32, "value": True}


def _other_salt(bundle: dict[str, Any]) -> None:
    bundle["entries"][4]["openings"]["thread"]["salt"] = "00" * 32


def _other_amount(bundle: dict[str, Any]) -> None:
    bundle["entries"][4]["openings"]["amount_minor"]["value"] = 1


def _checkpoint_text(old: str, new: str) -> Callable[[dict[str, Any]], None]:
    def change(bundle: dict[str, Any]) -> None:
        assert old in bundle["checkpoint"]
        bundle["checkpoint"] = bundle["checkpoint"].replace(old, new)

    return change


def _other_signature(bundle: dict[str, Any]) -> None:
    bundle["signatures"][0]["signature"] = bundle["signatures"][1]["signature"]


def _swapped_keys(bundle: dict[str, Any]) -> None:
    one, two = bundle["signatures"]
    one["key_entry"], two["key_entry"] = two["key_entry"], one["key_entry"]


def _unsigned(bundle: dict[str, Any]) -> None:
    bundle["signatures"].pop()


def _no_agreement(bundle: dict[str, Any]) -> None:
    bundle["documents"] = []
    bundle["signatures"] = []


def _hidden_thread(bundle: dict[str, Any]) -> None:
    del bundle["entries"][5]["openings"]["thread"]


def _proof(change: Callable[[list[str]], object]) -> Callable[[dict[str, Any]], None]:
    def turn(bundle: dict[str, Any]) -> None:
        change(bundle["entries"][0]["proof"])

    return turn


def _signature_of_stranger(bundle: dict[str, Any]) -> None:
    stranger = SmallLog(seeds={"supplier": b"X" * 32, "buyer": b"Y" * 32})
    bundle["signatures"][0]["public_key"] = stranger.public_key("supplier")
    bundle["signatures"][0]["signature"] = stranger.sign("supplier")


@pytest.mark.parametrize(
    ("change", "step"),
    [
        (_swap_leaves, "inclusion"),
        (_move(8, 1), "inclusion"),
        (_move(0, -1), "inclusion"),
        (_foreign_opening, "openings"),
        (_other_salt, "openings"),
        (_other_amount, "openings"),
        (_other_amount, "price"),
        (_checkpoint_text("\n11\n", "\n12\n"), "checkpoint"),
        (_checkpoint_text("\n", "\r\n"), "checkpoint"),
        (_checkpoint_text("\n\n", "\nextension\n\n"), "checkpoint"),
        (_checkpoint_text("taiyuan\n", "datong\n"), "checkpoint"),
        (_checkpoint_text("— log.", "— lag."), "checkpoint"),
        (_other_signature, "signatures"),
        (_signature_of_stranger, "keys"),
        (_swapped_keys, "keys"),
        (_unsigned, "signatures"),
        (_no_agreement, "agreement"),
        (_hidden_thread, "thread"),
        (_proof(list.pop), "inclusion"),
        (_proof(lambda proof: proof.append(proof[0])), "inclusion"),
        (_proof(list.reverse), "inclusion"),
    ],
)
def test_a_changed_bundle_is_not_verified_and_the_step_is_named(
    change: Callable[[dict[str, Any]], None], step: str
) -> None:
    report = examine(forged(change), SmallLog().vkey)

    assert report.exit_code == 1
    assert step in failed(report)


def test_missing_evidence_is_told_apart_from_false_evidence() -> None:
    assert examine(forged(_unsigned)).verdict is Verdict.INCOMPLETE
    assert examine(forged(_no_agreement)).verdict is Verdict.INCOMPLETE
    assert examine(forged(_hidden_thread)).verdict is Verdict.INCOMPLETE
    assert examine(forged(_other_signature)).verdict is Verdict.FALSE


def test_a_changed_price_with_everything_recomputed_but_the_checkpoint_is_false() -> None:
    honest = SmallLog()
    forgery = SmallLog(price_minor=1).bundle()
    forgery["checkpoint"] = honest.checkpoint()

    report = examine(encode(forgery))

    assert report.exit_code == 1
    assert "inclusion" in failed(report)


def test_a_changed_price_without_the_parties_keys_is_false() -> None:
    forgery = SmallLog(price_minor=1).bundle()
    for signature, honest in zip(forgery["signatures"], SmallLog().bundle()["signatures"], strict=True):
        signature["signature"] = honest["signature"]

    assert failed(examine(encode(forgery))) == {"signatures"}


def test_a_world_forged_under_another_log_key_is_found_by_the_key_one_had_from_elsewhere() -> None:
    seeds = {"supplier": b"x" * 32, "buyer": b"y" * 32}
    forgery = encode(SmallLog(price_minor=1, log_seed=b"F" * 32, seeds=seeds).bundle())

    assert examine(forgery).exit_code == 0
    assert failed(examine(forgery, SmallLog().vkey)) == {"checkpoint"}


def test_a_checkpoint_of_a_fork_of_the_same_log_does_not_prove_our_entries() -> None:
    log, fork = SmallLog(), SmallLog()
    fork.facts[5] = Fact("obligation.opened", {"thread": THREAD, "amount_minor": 1})
    bundle = log.bundle() | {"checkpoint": fork.checkpoint()}

    report = examine(encode(bundle), log.vkey)

    assert failed(report) == {"inclusion"}


def given_log(change: Callable[[SmallLog], None]) -> SmallLog:
    """An honest log that recorded something which does not fit together."""
    log = SmallLog()
    change(log)
    return log


def _fact(kind: str, **values: Any) -> Callable[[SmallLog], None]:
    def change(log: SmallLog) -> None:
        log.facts[log.at(kind)].hidden.update(values)

    return change


def _before(later: str, earlier: str) -> Callable[[SmallLog], None]:
    def change(log: SmallLog) -> None:
        log.facts.insert(log.at(earlier), log.facts.pop(log.at(later)))

    return change


@pytest.mark.parametrize(
    ("change", "step"),
    [
        (_fact("obligation.opened", amount_minor=127_999), "price"),
        (_fact("period.settled", amount_minor=128_001), "price"),
        (_fact("payment.received", amount_minor=127_999), "price"),
        (_fact("payment.received", currency="USD"), "price"),
        (_fact("period.settled", amount_minor=True), "price"),
        (_fact("negotiation.agreed", price_minor=1), "price"),
        (_fact("negotiation.agreed", signature="00" * 64), "signatures"),
        (_fact("agreement.verified", public_key="00" * 32), "signatures"),
        (_fact("agreement.verified", agreement_sha256="00" * 32), "thread"),
        (_fact("negotiation.agreed", buyer=THREAD), "keys"),
        (_fact("grant.opened", file_sha256="00" * 32), "delivery"),
        (_fact("payment.received", thread="urn:uuid:01930000-0000-7000-8000-0000000000ff"), "thread"),
        (_fact("negotiation.agreed", agreement_sha256="00" * 32), "documents"),
        (_fact("key.registered", owner=BUYER["urn"]), "keys"),
        (_fact("key.registered", public_key="00" * 32), "keys"),
        (_before("period.settled", "period.funded"), "order"),
        (_before("period.funded", "agreement.verified"), "order"),
        (_before("payment.received", "negotiation.agreed"), "order"),
    ],
)
def test_a_log_that_contradicts_its_agreement_is_not_verified(change: Callable[[SmallLog], None], step: str) -> None:
    log = given_log(change)

    report = examine(encode(log.bundle()), log.vkey)

    assert report.verdict is Verdict.FALSE
    assert step in failed(report)


def test_a_buyer_may_pay_in_parts_and_too_much() -> None:
    log = SmallLog()
    log.facts[log.at("payment.received")].hidden["amount_minor"] = 100_000
    rest = Fact("payment.received", {"thread": THREAD, "amount_minor": 30_000, "currency": "CNY"})
    log.facts.insert(log.at("payment.received"), rest)

    assert examine(encode(log.bundle()), log.vkey).verdict is Verdict.VERIFIED


def test_entries_that_are_closed_to_the_reader_prove_nothing_and_harm_nothing() -> None:
    log = SmallLog()
    bundle = log.bundle()
    for entry in bundle["entries"][4:6]:
        entry["openings"] = {}

    report = examine(encode(bundle), log.vkey)

    assert report.verdict is Verdict.VERIFIED
    assert "2 entries are closed to this reader" in next(s.detail for s in report.steps if s.name == "thread")


def test_a_trade_that_is_not_paid_yet_is_verified_as_far_as_it_went() -> None:
    log = SmallLog()
    bundle = log.bundle()
    bundle["entries"] = bundle["entries"][:4]

    report = examine(encode(bundle), log.vkey)

    assert report.verdict is Verdict.VERIFIED
    assert statuses(report)["price"] == statuses(report)["delivery"] == "not claimed"


# The command's exit code is what a script believes: a bundle that lost its agreement must never pass as a trade.
@pytest.mark.parametrize("kept", [2, 3, 9])
def test_a_bundle_without_its_agreement_is_incomplete_however_much_is_left_of_it(kept: int) -> None:
    log = SmallLog()
    bundle = log.bundle()
    bundle["entries"], bundle["documents"], bundle["signatures"] = bundle["entries"][:kept], [], []

    report = examine(encode(bundle), log.vkey)

    assert report.exit_code == 1
    assert report.about == f"{kept} log entries, no agreement"
    assert statuses(report)["agreement"] == "not found"


@pytest.mark.parametrize("kind", ["obligation.opened", "period.funded", "period.settled"])
@pytest.mark.parametrize("amount_minor", [128_000, 64_000])
def test_a_bundle_of_several_periods_is_not_judged_by_the_price_of_one(kind: str, amount_minor: int) -> None:
    log = SmallLog()
    second = Fact(kind, {"thread": THREAD, "amount_minor": amount_minor, "currency": "CNY"})
    log.facts.insert(log.at(kind) + 1, second)

    report = examine(encode(log.bundle()), log.vkey)

    assert report.verdict is Verdict.INCOMPLETE
    assert statuses(report)["price"] == "not found"
    assert "2 periods" in next(step.detail for step in report.steps if step.name == "price")


@pytest.mark.parametrize(
    "change",
    [
        lambda bundle: bundle.update(extra=1),
        lambda bundle: bundle.pop("origin"),
        lambda bundle: bundle["entries"][0].update(note="x"),
        lambda bundle: bundle["entries"][0].update(index=-1),
        lambda bundle: bundle["entries"][0].update(index=True),
        lambda bundle: bundle["entries"][0].update(index=2),
        lambda bundle: bundle["entries"][0].update(leaf="AA=="),
        lambda bundle: bundle["entries"][0].update(proof=["AA" * 32]),
        lambda bundle: bundle["entries"][0].update(proof=["00" * 32] * 64),
        lambda bundle: bundle["signatures"][0].update(key_entry=99),
        lambda bundle: bundle["signatures"][0].update(party="notary"),
        lambda bundle: bundle["signatures"][0].update(algorithm="none"),
        lambda bundle: bundle["documents"][0].update(name="../agreement.json"),
        lambda bundle: bundle["documents"][0]["bound_by"].update(entry=99),
        lambda bundle: bundle["documents"].append(bundle["documents"][0]),
    ],
)
def test_a_bundle_of_another_shape_is_damaged(change: Callable[[dict[str, Any]], object]) -> None:
    bundle = SmallLog().bundle()
    change(bundle)

    report = examine(dumps({**bundle, "manifest": manifest({"origin": "", **bundle})}))

    assert report.verdict is Verdict.FALSE
    assert failed(report) == {"file"}


def test_a_leaf_with_a_field_both_in_clear_and_committed_is_damaged() -> None:
    leaf = json.loads(SmallLog().leaves()[3]) | {"public": {"thread": THREAD}}

    with pytest.raises(Refusal, match="both in clear"):
        Leaf.parse(dumps(leaf))


hostile = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(hostile, st.binary(min_size=32, max_size=32))
def test_an_opening_opens_what_was_committed_and_nothing_else(value: Any, salt: bytes) -> None:
    try:
        leaf = Leaf.parse(_leaf_committing(value, salt))
    except Refusal:
        return

    leaf.open("thing", salt, value)
    with pytest.raises(Refusal):
        leaf.open("thing", salt, [value])
    with pytest.raises(Refusal):
        leaf.open("thing", bytes(32 - len(salt)) + sha256(salt).digest(), value)
    with pytest.raises(Refusal):
        leaf.open("other", salt, value)


def _leaf_committing(value: Any, salt: bytes) -> bytes:
    fact = Fact("thing.happened", {"thing": value})
    fact.salt = lambda name: salt  # type: ignore[method-assign]
    return fact.leaf(1)


def test_a_checkpoint_beyond_the_entries_is_checked_at_its_own_size() -> None:
    log = SmallLog()
    bundle = log.bundle()
    hashes = [merkle.leaf_hash(leaf) for leaf in log.leaves()]
    smaller = Checkpoint(bundle["origin"], 10, merkle.root(hashes[:10])).text()
    bundle["checkpoint"] = log.log_key.sign(smaller)

    assert failed(examine(encode(bundle), log.vkey)) == {"inclusion"}


def test_base64_has_one_spelling() -> None:
    bundle = SmallLog().bundle()
    leaf = bundle["entries"][0]["leaf"]
    padded = base64.b64encode(base64.b64decode(leaf) + b" ").decode()
    bundle["entries"][0]["leaf"] = padded

    assert failed(examine(encode(bundle))) == {"file"}
