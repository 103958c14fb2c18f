"""Proofs in real Chromium: the reader's browser computes them, finds every forgery, and needs no network."""

import base64
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import segno
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from contracts import certificates
from market.kernel import canonical_json
from market.participants.models import Person
from provenance import checkpoints, queries, sequencer
from provenance.verifier.bundle import manifest
from tests.builders import Stage, given_settled
from tests.provenance.small_log import SmallLog, encode

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
STEPS = 13  # file … delivery
# The dark and light squares of the certificate's QR code as this browser draws them.
MODULES = """async () => {
    const drawn = document.querySelector(".qr svg"), count = drawn.viewBox.baseVal.width, image = new Image();
    image.src = "data:image/svg+xml," + encodeURIComponent(drawn.outerHTML.replace("<svg", `<svg width="${count * 4}" height="${count * 4}" xmlns="http://www.w3.org/2000/svg"`));
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: count * 4, height: count * 4 });
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, count * 4, count * 4);
    pen.drawImage(image, 0, 0);
    const is_dark = (x, y) => pen.getImageData(4 * x + 2, 4 * y + 2, 1, 1).data[0] < 128;
    return Array.from({ length: count }, (_, y) => Array.from({ length: count }, (_, x) => is_dark(x, y)));
}"""  # noqa: E501


def given_bundle() -> tuple[Stage, bytes]:
    """A settled trade and the evidence file that its buyer takes away."""
    stage = given_settled()
    sequencer.drain()
    assert stage.trade is not None
    return stage, certificates.bundle(stage.trade, stage.buyer.member)


def changed(bundle: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """The bundle with a change and everything around it that a forger can recompute: hashes and manifest."""
    whole = canonical_json.loads(bundle)
    del whole["manifest"]
    change(whole)
    return canonical_json.dumps({**whole, "manifest": manifest(whole)})


def cheaper(whole: dict[str, Any]) -> None:
    """A lower price in the contract and in every opening, the contract's hash recomputed wherever it is shown."""
    document = whole["documents"][0]
    old = document["sha256"]
    content = base64.b64decode(document["content"]).replace(b'"price_minor":48000', b'"price_minor":100')
    document |= {"content": base64.b64encode(content).decode(), "sha256": hashlib.sha256(content).hexdigest()}
    for entry in whole["entries"]:
        for opening in entry["openings"].values():
            opening["value"] = {old: document["sha256"], 48000: 100}.get(opening["value"], opening["value"]) if isinstance(  # noqa: E501
                opening["value"], (str, int)
            ) else opening["value"]  # fmt: skip


def offer(page: Page, content: bytes, vkey: str = "") -> tuple[str, dict[str, str], str]:
    """Hand a file to the open check page; answers the verdict, each step's status, and what the page says."""
    if vkey:
        page.fill("input[name=vkey]", vkey)
    page.set_input_files(
        "#check input[type=file]", {"name": "bundle.json", "mimeType": "application/json", "buffer": content}
    )
    page.wait_for_selector("#result[data-verdict]")
    steps = page.eval_on_selector_all(
        "#result li[data-step]", "all => all.map(e => [e.dataset.step, e.dataset.status])"
    )
    return str(page.get_attribute("#result", "data-verdict")), dict(steps), page.inner_text("#result")


def signed_in(browser: Browser, live_server: LiveServer, stage: Stage) -> BrowserContext:
    """A browser in which the buyer is signed in."""
    client = Client()
    client.force_login(Person.objects.get(id=stage.buyer.member.person_id))
    context = browser.new_context()
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    return context


def test_a_real_trade_is_checked_whole_in_the_page(browser: Browser, live_server: LiveServer) -> None:
    _, bundle = given_bundle()
    page = browser.new_page()
    page.goto(f"{live_server.url}/verify/")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))

    verdict, steps, text = offer(page, bundle)

    assert (verdict, set(steps.values()), len(steps)) == ("proved", {"proved"}, STEPS)
    assert "核验通过" in text
    assert "本页所载" in text
    assert str(checkpoints.verifier_key()) in text
    assert [url for url in sent if "/static/" not in url] == []
    page.close()


def test_forgeries_are_refused_with_the_step_that_names_them(browser: Browser, live_server: LiveServer) -> None:
    _, bundle = given_bundle()
    page = browser.new_page()
    page.goto(f"{live_server.url}/verify/")
    at = len(bundle) // 2
    flipped = bundle[:at] + bytes([bundle[at] ^ 1]) + bundle[at + 1 :]

    forged = {
        "price": offer(page, changed(bundle, cheaper)),
        "byte": offer(page, flipped),
        "no bundle": offer(page, b'{"format":"other"}'),
        "other key": offer(page, bundle, vkey=SmallLog().vkey),
    }

    assert {name: verdict for name, (verdict, _, _) in forged.items()} == {
        "price": "false", "byte": "false", "no bundle": "unreadable", "other key": "false",
    }  # fmt: skip
    assert forged["price"][1]["openings"] == "false"
    assert forged["price"][1]["signatures"] == "false"
    assert "核验不通过：第 5 步，所示内容" in forged["price"][2]
    assert set(forged["byte"][1].values()) >= {"false"}
    assert forged["other key"][1]["checkpoint"] == "false"
    page.close()


def test_a_forger_with_a_log_of_his_own_is_refused_by_the_markets_key(
    browser: Browser, live_server: LiveServer
) -> None:
    given_bundle()
    forger = SmallLog(price_minor=1, log_seed=b"F" * 32)
    page = browser.new_page()
    page.goto(f"{live_server.url}/verify/")

    with_ours = offer(page, encode(forger.bundle()))
    with_his = offer(page, encode(forger.bundle()), vkey=forger.vkey)

    assert (with_ours[0], [name for name, status in with_ours[1].items() if status == "false"]) == (
        "false",
        ["checkpoint"],
    )
    assert with_his[0] == "proved"
    assert "由读者填入" in with_his[2]
    page.close()


def test_a_browser_without_ed25519_never_shows_a_tick_for_a_signature(
    browser: Browser, live_server: LiveServer
) -> None:
    _, bundle = given_bundle()
    page = browser.new_page()
    page.add_init_script("crypto.subtle.importKey = () => Promise.reject(new DOMException('no', 'NotSupportedError'))")
    page.goto(f"{live_server.url}/verify/")

    verdict, steps, text = offer(page, bundle)

    assert verdict == "not checked"
    assert [name for name, status in steps.items() if status != "proved"] == ["checkpoint", "signatures"]
    assert "这个浏览器不支持 Ed25519" in text
    assert "核验通过" not in text
    page.close()


def test_a_saved_copy_checks_without_network(browser: Browser, live_server: LiveServer, tmp_path: Path) -> None:
    _, bundle = given_bundle()
    html = Client().get("/verify/").content.decode()
    # What "save page, complete" does: every asset beside the page, by a relative name.
    for address in set(re.findall(r'(?:src|href)="(/static/[^"]+)"', html)):
        name = address.rsplit("/", 1)[1]
        found = finders.find(address.removeprefix("/static/"))
        assert isinstance(found, str)
        (tmp_path / name).write_bytes(Path(found).read_bytes())
        html = html.replace(address, name)
    (tmp_path / "verify.html").write_text(html, "utf-8")
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto((tmp_path / "verify.html").as_uri())

    verdict, steps, _ = offer(page, bundle)
    refused, _, _ = offer(page, changed(bundle, cheaper))
    page.set_input_files("#check input[type=file]", {"name": "data.csv", "mimeType": "text/csv", "buffer": b"a\n1\n"})
    page.wait_for_selector("#result[data-digest]")

    assert (verdict, len(steps), refused) == ("proved", STEPS, "false")
    assert page.get_attribute("#result", "data-digest") == hashlib.sha256(b"a\n1\n").hexdigest()
    context.close()


def test_a_data_file_is_hashed_in_the_page_and_only_its_fingerprint_is_looked_up(
    browser: Browser, live_server: LiveServer
) -> None:
    given_bundle()
    content = b"never listed\n"
    page = browser.new_page()
    page.goto(f"{live_server.url}/verify/")
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.method) if request.method != "GET" else None)

    page.set_input_files("#check input[type=file]", {"name": "data.csv", "mimeType": "text/csv", "buffer": content})
    page.wait_for_url(f"**/verify/?q={hashlib.sha256(content).hexdigest()}")

    assert "账本里没有这一项" in page.inner_text("main")
    assert posted == []
    page.close()


def test_an_entry_is_proved_by_the_reader_and_a_changed_one_is_not(browser: Browser, live_server: LiveServer) -> None:
    stage, _ = given_bundle()
    assert stage.trade is not None
    row = next(each.entry for each in queries.story([stage.trade.id], None) if each.entry.kind == "negotiation.agreed")
    context = signed_in(browser, live_server, stage)
    page = context.new_page()
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    address = f"{live_server.url}/ledger/{row.index}/"
    page.goto(address)
    page.wait_for_selector("[data-proof][data-done]")
    honest = page.eval_on_selector_all("[data-step]", "all => all.map(e => e.dataset.status)")
    ticks = page.locator("tr[data-field] [data-mark] .success").count()

    page.route("**/ledger/*/", lambda route: _answer_changed(route))
    page.goto(address)
    page.wait_for_selector("[data-proof][data-done]")
    changed = page.eval_on_selector_all("[data-step]", "all => all.map(e => [e.dataset.step, e.dataset.status])")

    assert honest == ["proved"] * 5
    assert ticks == page.locator("tr[data-field]").count()
    assert dict(changed)["leaf"] == "false"
    assert dict(changed)["root"] == "false"
    assert heard == []
    context.close()


def _answer_changed(route: Any) -> None:
    """The server's answer with another time in the leaf."""
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text().replace("&quot;at&quot;:&quot;20", "&quot;at&quot;:&quot;21"))


def test_a_certificate_is_proved_and_prints_on_one_sheet(browser: Browser, live_server: LiveServer) -> None:
    stage = given_settled(title="太原市空气质量与气象要素逐小时监测数据（含监测点基础信息与缺测说明）" * 2)
    assert stage.trade is not None
    made = certificates.of(stage.trade, by=stage.buyer.member)
    sequencer.drain()
    address = f"{settings.PUBLIC_URL}/certificates/{made.id}/"
    for context in (signed_in(browser, live_server, stage), browser.new_context()):
        page = context.new_page()
        page.goto(f"{live_server.url}/certificates/{made.id}/")
        page.wait_for_selector("[data-proof][data-done]")
        statuses = page.eval_on_selector_all("[data-step]", "all => all.map(e => e.dataset.status)")
        paper = page.pdf(prefer_css_page_size=True, print_background=True)

        assert page.evaluate(MODULES) == [[bool(dark) for dark in row] for row in segno.make(address, error="m").matrix]
        assert statuses[:4] == ["proved"] * 4
        assert statuses[4] in {"proved", "not claimed"}
        assert len(re.findall(rb"/Type\s*/Page\b(?!s)", paper)) == 1
        assert re.search(rb"/MediaBox\s*\[\s*0 0 59[45](\.\d+)? 84[12](\.\d+)?\s*\]", paper)  # A4 in points
        context.close()


@pytest.mark.parametrize(("language", "width", "theme"), [("zh-hans", 1280, "light"), ("en", 360, "dark")])
def test_the_pages_can_be_read_by_everybody(
    browser: Browser, live_server: LiveServer, language: str, width: int, theme: str
) -> None:
    stage, _ = given_bundle()
    assert stage.trade is not None
    made = certificates.of(stage.trade, by=stage.buyer.member)
    sequencer.drain()
    context = browser.new_context(viewport={"width": width, "height": 800})
    context.add_cookies(
        [
            {"name": name, "value": value, "url": live_server.url}
            for name, value in (("language", language), ("theme", theme))
        ]
    )
    page = context.new_page()
    for path in ("/ledger/", "/ledger/3/", "/verify/", f"/verify/?q={'0' * 64}", f"/certificates/{made.id}/"):
        page.goto(f"{live_server.url}{path}")
        wide = "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
        too_wide = page.evaluate(f"{wide}.map(e => e.outerHTML.slice(0, 90))")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, too_wide)
        assert [each["id"] for each in Axe().run(page).response["violations"]] == [], path
    context.close()
