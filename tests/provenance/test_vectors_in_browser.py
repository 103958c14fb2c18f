"""The public vectors in real Chromium, through the page's own script: it must judge as the Python verifier does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import Browser, Page, Route

from provenance.verifier.notes import ed25519_accepts

from . import vectors

pytestmark = pytest.mark.browser
ED25519 = """async (cases) => {
    const accepted = [];
    for (const [at, { key, msg, sig }] of cases.entries()) {
        const message = Proof.utf8.encode(msg);
        if (await Proof.signed(Proof.fromHex(key, 32), message, Proof.fromHex(sig, 64))) accepted.push(at);
    }
    return accepted;
}"""
# Answers the names of cases that end otherwise than published.
INCLUSION = """async (cases) => {
    const other = [];
    for (const { name, leafIdx, treeSize, root, leafHash, proof, wantErr } of cases) {
        let refused = false;
        try {
            const bytes = (text) => Proof.fromBase64(text || "", name), path = (proof || []).map(bytes);
            Proof.require([bytes(leafHash), bytes(root), ...path].every((node) => node.length === 32), "form", name);
            Proof.require(Proof.same(await Proof.rootOf(bytes(leafHash), leafIdx, treeSize, path), bytes(root)), "root", name);
        } catch (error) {
            if (!(error instanceof Proof.Refusal)) throw error;
            refused = true;
        }
        if (refused !== wantErr) other.push(name);
    }
    return other;
}"""  # noqa: E501


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a secure origin with the script that every proof of ours runs in; no server stands behind it."""

    def answer(route: Route) -> None:
        route.fulfill(body="<!doctype html><title>vectors</title>", content_type="text/html")

    context = browser.new_context()
    context.route("**/*", answer)
    page = context.new_page()
    page.goto("http://localhost/")
    script = finders.find("frontend/proof.js")
    assert script is not None
    page.add_script_tag(path=script)
    yield page
    context.close()


def test_chromium_and_the_verifier_accept_the_same_ed25519_cases(page: Page) -> None:
    cases = json.loads((vectors.folder("ed25519") / "ed25519vectors.json").read_text())
    ours = [
        at
        for at, case in enumerate(cases)
        if ed25519_accepts(bytes.fromhex(case["key"]), case["msg"].encode(), bytes.fromhex(case["sig"]))
    ]

    accepted = page.evaluate(ED25519, [{name: case[name] for name in ("key", "msg", "sig")} for case in cases])

    assert (len(cases), len(ours)) == (914, 208)
    assert accepted == ours


def test_chromium_ends_the_public_inclusion_cases_as_published(page: Page) -> None:
    folder = vectors.folder("merkle/inclusion")
    cases = [_case(path, folder) for path in sorted(folder.rglob("*.json"))]
    assert len(cases) == 98

    assert page.evaluate(INCLUSION, cases) == []


@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_chromium_writes_the_public_json_cases_as_published(name: str, page: Page) -> None:
    folder = vectors.folder("jcs")

    written = page.evaluate("(text) => Proof.write(JSON.parse(text))", (folder / f"input/{name}.json").read_text())

    assert written.encode() == (folder / f"output/{name}.json").read_bytes().rstrip(b"\n")


def _case(path: Path, folder: Path) -> dict[str, Any]:
    case: dict[str, Any] = json.loads(path.read_text())
    # BigInt is made from text there: a double would cut the largest indexes.
    numbers = {each: str(case[each]) for each in ("leafIdx", "treeSize")}
    return {**case, **numbers, "name": path.relative_to(folder).as_posix()}
