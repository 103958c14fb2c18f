"""The verifier on files that were damaged, cut off, or written to make it fall over: always an answer, never 0."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.verifier.bundle import manifest
from provenance.verifier.canonical import dumps
from provenance.verifier.checks import examine
from provenance.verifier.errors import Refusal, Unreadable
from provenance.verifier.report import Verdict

from .small_log import SmallLog, encode


def answer(data: bytes) -> int:
    """The exit code that the command would end with."""
    try:
        return examine(data).exit_code
    except Unreadable:
        return 2


def verdict(data: bytes) -> Verdict:
    """What is said of a bundle. Without its agreement it is incomplete, so its exit code says nothing of damage."""
    try:
        return examine(data).verdict
    except Unreadable:
        return Verdict.UNREADABLE


def test_every_flipped_byte_is_found() -> None:
    log = SmallLog()
    bundle = log.bundle()
    bundle["entries"], bundle["documents"], bundle["signatures"] = bundle["entries"][:1], [], []
    honest = encode(bundle)
    assert verdict(honest) is Verdict.INCOMPLETE  # no agreement, and nothing false

    for position in range(len(honest)):
        for bit in (0x01, 0x20, 0x80):
            changed = bytearray(honest)
            changed[position] ^= bit
            found = verdict(bytes(changed))
            assert found in (Verdict.FALSE, Verdict.UNREADABLE), (
                f"byte {position} became {changed[position]:#x}: {found}"
            )


def test_every_flipped_byte_of_a_whole_trade_is_found() -> None:
    honest = encode(SmallLog().bundle())

    for position in range(0, len(honest), 31):
        changed = bytearray(honest)
        changed[position] ^= 0x01
        assert answer(bytes(changed)) in (1, 2), f"byte {position}"


def test_every_truncation_is_damage() -> None:
    honest = encode(SmallLog().bundle())

    for length in range(0, len(honest), 101):
        assert examine(honest[:length]).exit_code == 1


@settings(max_examples=300)
@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_get_an_answer(data: bytes) -> None:
    assert answer(data) in (1, 2)


places = st.sampled_from(["origin", "vkey", "checkpoint", "entries", "documents", "signatures", "manifest"])
hostile = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(places, st.integers(0, 9), st.text(max_size=10), hostile), min_size=1, max_size=3))
def test_any_value_in_any_place_gets_an_answer(changes: list[tuple[str, int, str, Any]]) -> None:
    bundle = SmallLog().bundle()
    whole = {**bundle, "manifest": manifest(bundle)}
    for place, position, _, value in changes:
        inside = whole[place]
        if isinstance(inside, list) and inside:
            item = inside[position % len(inside)]
            if isinstance(item, dict) and item:
                item[sorted(item)[position % len(item)]] = value
                continue
        whole[place] = value
    try:
        data = dumps(whole)
    except Refusal:
        return

    report = examine(data, SmallLog().vkey)

    assert report.exit_code in (0, 1)
    json.dumps(report.as_json())
