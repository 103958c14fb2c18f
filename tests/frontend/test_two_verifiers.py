"""The verifier of the page and the one of the command line answer the same, step by step, whatever is wrong."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from provenance import merkle
from provenance.notes import SigningKey
from provenance.verifier.canonical import dumps
from provenance.verifier.checks import examine
from provenance.verifier.errors import Unreadable
from tests.provenance.small_log import ORIGIN, THREAD, Fact, SmallLog, encode
from tests.provenance.test_anchor_evidence import anchored

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RUN = """async ([data, vkey]) => {
    const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
    const { verdict, steps } = await Proof.examine(bytes, vkey);
    return [verdict, steps.map((each) => [each.name, each.status])];
}"""
VERDICTS = {"verified": "proved", "false": "false", "incomplete": "not found", "erased": "erased"}


def without(kind: str) -> Callable[[dict[str, Any]], None]:
    """A bundle whose openings of one kind are closed."""

    def change(whole: dict[str, Any]) -> None:
        for entry in whole["entries"]:
            if kind in base64.b64decode(entry["leaf"]).decode():
                entry["openings"] = {}

    return change


NEXT = SigningKey.from_seed(ORIGIN, b"N" * 32)


def signed_by_both(whole: dict[str, Any]) -> None:
    """The log is changing its key: the bundle names the next one, the reader knows the one before."""
    text = whole["checkpoint"].partition("\n\n")[0] + "\n"
    whole.update(checkpoint=whole["checkpoint"] + NEXT.line(text), vkey=str(NEXT.verifier_key))


CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "nothing": lambda whole: None,
    "both keys": signed_by_both,
    "another key named": lambda whole: whole.update(vkey=str(NEXT.verifier_key)),
    "a false line of the known key": lambda whole: whole.update(
        checkpoint=whole["checkpoint"] + SmallLog().log_key.line("x\n"), vkey=str(NEXT.verifier_key)
    ),
    "no agreement": lambda whole: whole["documents"].clear(),
    "keys alone": lambda whole: [
        whole.update(entries=whole["entries"][:2]),
        *(whole[name].clear() for name in ("documents", "signatures")),
    ],
    "no signatures": lambda whole: whole["signatures"].clear(),
    "one signature": lambda whole: whole["signatures"].pop(),
    "no entries at all": lambda whole: [whole[name].clear() for name in ("entries", "documents", "signatures")],
    "a longer proof": lambda whole: whole["entries"][2]["proof"].append("00" * 32),
    "a shorter proof": lambda whole: whole["entries"][2]["proof"].pop(),
    "another place": lambda whole: whole["entries"][3].update(index=0),
    "a foreign opening": lambda whole: whole["entries"][4]["openings"].update(x={"salt": "00" * 32, "value": 1}),
    "a name of every object": lambda whole: whole["documents"][0]["bound_by"].update(field="constructor"),
    "a value of every object": lambda whole: whole["entries"][4]["openings"].update(
        constructor={"salt": "00" * 32, "value": 1}
    ),
    "another size": lambda whole: whole.update(checkpoint=whole["checkpoint"].replace("\n11\n", "\n12\n")),
    "no signature line": lambda whole: whole.update(checkpoint=whole["checkpoint"].split("\n\n")[0]),
    "an unknown member": lambda whole: whole.update(more=1),
    "swapped signatures": lambda whole: [
        each.update(party={"supplier": "buyer", "buyer": "supplier"}[each["party"]]) for each in whole["signatures"]
    ],
    "closed keys": without("key.registered"),
    "closed money": without("period.funded"),
    "closed grant": without("grant.opened"),
    "an anchor": lambda whole: whole.update(anchor=anchored(4)["anchor"]),
    "an anchor of all": lambda whole: whole.update(anchor=anchored(11)["anchor"]),
    "an anchor of a demonstration": lambda whole: whole.update(
        anchor=anchored(7)["anchor"] | {"is_demonstration": True}
    ),
    "an anchor of another size": lambda whole: whole.update(anchor=anchored(4)["anchor"] | {"size": 5}),
    "an anchor of another root": lambda whole: whole.update(
        anchor=anchored(4)["anchor"] | {"root": "1" * 64, "data": "0x" + "1" * 64}
    ),
    "an anchor with a cut proof": lambda whole: whole.update(
        anchor=anchored(4)["anchor"] | {"consistency": anchored(4)["anchor"]["consistency"][1:]}
    ),
    "an anchor with a member too many": lambda whole: whole.update(anchor=anchored(4)["anchor"] | {"x": 1}),
    "half a character": lambda whole: whole["documents"][0].update(name="\ud800"),
    "a number too large": lambda whole: whole["entries"][0].update(index=2**53),
}


def with_erasure(kind: str, name: str) -> Callable[[str, str], bytes]:
    """A log in which an erasure of one field is recorded; the bundle leaves out a field of an entry."""
    log = SmallLog()
    leaf = log.leaves()[log.at(kind)]
    said = {"entry_sha256": merkle.leaf_hash(leaf).hex(), "erased": [name], "legal_basis": "个人信息保护法 47"}
    log.facts.insert(len(log.facts) - 1, Fact("opening.erased", {"thread": THREAD, **said}))

    def bundle(of: str, left_out: str) -> bytes:
        whole = log.bundle()
        whole["entries"][log.at(of) - 1]["openings"].pop(left_out, None)
        return encode(whole)

    return bundle


def test_both_verifiers_answer_the_same(browser: Browser, live_server: LiveServer) -> None:
    log, page = SmallLog(), browser.new_page()
    page.goto(f"{live_server.url}/verify/")
    files = {}
    for name, change in CHANGES.items():
        whole = log.bundle()
        change(whole)
        try:
            files[name] = encode(whole)
        except ValueError:  # what no canonical form has is written as a careless program would
            files[name] = loose(whole)
    honest = files["nothing"]
    several = SmallLog()
    several.facts.insert(9, several.facts[several.at("period.funded")])
    files["two periods"] = encode(several.bundle())
    gone = with_erasure("period.funded", "amount_minor")
    files["an erased amount"] = gone("period.funded", "amount_minor")
    files["an erased amount shown all the same"] = gone("period.funded", "")
    files["another field erased"] = gone("period.settled", "amount_minor")
    files |= {
        "a blank": honest + b" ",
        "a mark in front": b"\xef\xbb\xbf" + honest,
        "a member twice": honest[:-1] + b',"vkey":""}',
        "not UTF-8": honest.replace("汾河".encode(), b"\xff\xfe", 1) if "汾河".encode() in honest else b"\xff",
        "an empty file": b"",
        "another format": dumps({"format": "dm-bundle/v2"}),
        "another version": encode({**log.bundle(), "format": "dm-bundle/v2"}),
        "its format changed": encode({**log.bundle(), "format": "dm-bundel/v1"}),
        "its format a number": encode({**log.bundle(), "format": 1}),
        "its format taken out": encode({name: each for name, each in log.bundle().items() if name != "format"}),
        "deep": b"[" * 40 + b"]" * 40,
        "a minus zero": b"-0",
    }

    theirs = {name: page.evaluate(RUN, [base64.b64encode(data).decode(), log.vkey]) for name, data in files.items()}

    assert theirs == {name: ours(data, log.vkey) for name, data in files.items()}
    assert (theirs["nothing"][0], theirs["both keys"][0]) == ("proved", "proved")
    assert theirs["an erased amount"][0] == "erased"
    assert theirs["another field erased"][0] == "not found"
    page.close()


def ours(data: bytes, vkey: str) -> list[Any]:
    """The command line's answer in the page's words."""
    try:
        report = examine(data, vkey)
    except Unreadable:
        return ["unreadable", [["file", "unreadable"]]]
    return [VERDICTS[str(report.verdict)], [[step.name, str(step.status)] for step in report.steps]]


def loose(whole: dict[str, Any]) -> bytes:
    """JSON with what canonical JSON refuses."""
    import json

    return json.dumps({**whole, "manifest": {}}, sort_keys=True, separators=(",", ":")).encode()
