"""The whole trade by two people in real Chromium, and what every page of it owes its readers."""

import hashlib
from pathlib import Path
from typing import Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from contracts import disputes, negotiations
from contracts.models import Negotiation, Trade
from contracts.states import PeriodState, TradeState
from listings.offers import policy_of
from market.participants import sealed_keys
from market.participants.models import PublicKey
from tests.browser.conftest import Visit
from tests.builders import USAGE, Stage, given_delivered, given_requested, given_settled, given_stage, pay
from tests.delivery.served import serving, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PINS: Final = {"supplier": "Tulip-4821", "buyer": "Quartz-7730"}
SCREENS_MAX: Final = 7  # for the buyer, from the product to the data


def screens_of(page: Page) -> list[str]:
    """Every screen that the person sees from now on; the same address again is the same screen."""
    seen: list[str] = []

    def note(address: str) -> None:
        place = address.partition("#")[0]
        if place.startswith("http") and place not in seen:
            seen.append(place)

    page.on("framenavigated", lambda frame: note(frame.url))
    return seen


def sign(page: Page, pin: str) -> None:
    """Tick the consent, type the PIN, press the button."""
    page.get_by_role("checkbox").check()
    page.get_by_label("密钥的PIN").fill(pin)
    page.get_by_role("button", name="用平台托管的密钥签署").click()


def test_two_people_walk_a_trade_and_the_buyer_has_the_data_within_seven_screens(visit: Visit, tmp_path: Path) -> None:
    stage = given_stage()
    sealed_keys.make(pin=PINS["supplier"], by=stage.supplier.member)
    sealed_keys.make(pin=PINS["buyer"], by=stage.buyer.member)
    buyer, supplier = visit(stage.buyer.member), visit(stage.supplier.member)
    screens = screens_of(buyer)

    # the buyer asks
    buyer.goto(f"/workbench/offers/{stage.offer.id}/request/")
    buyer.get_by_role("button", name="提交请求").click()
    expect(buyer.get_by_role("heading", name="供方答复请求")).to_be_visible()

    # the supplier reads and signs; a wrong PIN is told beside its field
    supplier.goto("/workbench/negotiations/")
    supplier.get_by_role("link", name="太原市空气质量逐小时监测").click()
    supplier.get_by_role("link", name="阅读合约，再签署").click()
    sign(supplier, "Wrong-0000")
    expect(supplier.locator(".field.wrong .error")).to_contain_text("4")
    sign(supplier, PINS["supplier"])
    expect(supplier.get_by_text("供方已签", exact=True)).to_be_visible()

    # the buyer reads the same text and signs
    buyer.reload()
    buyer.get_by_role("link", name="阅读合约，再签署").click()
    sign(buyer, PINS["buyer"])
    expect(buyer.get_by_role("heading", name="付款方式")).to_be_visible()

    # the clerk imports the bank's statement
    stage.trade = Trade.objects.get()
    pay(stage)
    stage.dispatch()

    # the buyer fetches the file
    with serving():
        buyer.reload()
        buyer.get_by_role("link", name="下载数据").click()
        buyer.get_by_role("button", name="取得下载地址").click()
        with buyer.expect_download() as started:
            buyer.get_by_role("link", name="下载 air.csv").click()
        got = tmp_path / "air.csv"
        started.value.save_as(got)
        wait_until(lambda: stage.dispatch() >= 0 and stage.period.state == PeriodState.DELIVERING)
    assert hashlib.sha256(got.read_bytes()).hexdigest() == stage.grant.file_sha256
    assert buyer.get_by_text(stage.grant.file_sha256).count() >= 1
    screens_with_product = 1 + len(screens)  # 购买 stands on the page of the product
    assert screens_with_product <= SCREENS_MAX, screens

    # the buyer accepts in the dialog; the safe button has the focus
    buyer.get_by_role("link", name="返回交易").click()
    buyer.get_by_role("link", name="确认验收，放款 ¥480.00").click()
    expect(buyer.get_by_role("button", name="返回")).to_be_focused()
    buyer.get_by_role("button", name="放款 ¥480.00").click()
    expect(buyer.get_by_role("heading", name="交易已完成")).to_be_visible()
    assert Trade.objects.get().state == TradeState.CLOSED

    # the supplier asks for the money
    stage.dispatch()
    supplier.goto(f"/workbench/trades/{stage.trade.id}/")
    expect(supplier.locator(".places .now")).to_contain_text("¥456.00")
    supplier.get_by_role("link", name="查看资金").click()
    supplier.get_by_role("link", name="登记银行账户").click()
    supplier.get_by_label("账号").fill("6222 0212 3456 7890")
    supplier.get_by_label("开户行及支行").fill("工商银行太原分行")
    supplier.get_by_role("button", name="登记账户").click()
    supplier.get_by_role("button", name="申请提现").click()
    expect(supplier.get_by_role("row", name="¥456.00").filter(has_text="运营方审批人")).to_be_visible()


def test_a_signatory_without_a_key_makes_one_and_signs_on_the_same_page(visit: Visit) -> None:
    stage = given_requested()
    assert stage.negotiation is not None
    PublicKey.objects.filter(organisation_id=stage.supplier.member.organisation_id).update(
        revoked_at=stage.negotiation.requested_at
    )
    page = visit(stage.supplier.member)
    page.goto(f"/workbench/negotiations/{stage.negotiation.id}/contract/")
    page.get_by_label("新密钥的PIN").fill(PINS["supplier"])
    page.get_by_label("再输一遍PIN").fill(PINS["supplier"])
    page.get_by_role("button", name="生成密钥").click()
    expect(page.get_by_role("button", name="用平台托管的密钥签署")).to_be_visible()

    # the consent is empty until it is ticked, and without it nothing is signed
    expect(page.get_by_role("checkbox")).not_to_be_checked()
    page.get_by_label("密钥的PIN").fill(PINS["supplier"])
    page.eval_on_selector("form[action*=sign]", "form => { form.noValidate = true; }")
    page.get_by_role("button", name="用平台托管的密钥签署").click()
    expect(page.locator(".error-summary")).to_be_focused()
    assert Negotiation.objects.get().state == "REQUESTED"

    sign(page, PINS["supplier"])

    expect(page.get_by_text("供方已签", exact=True)).to_be_visible()
    assert Negotiation.objects.get().state == "AGREED"


def pages_of(stage: Stage) -> list[str]:
    """The pages that both sides of a trade read."""
    assert stage.negotiation is not None
    found = [f"/workbench/negotiations/{stage.negotiation.id}/", "/workbench/negotiations/?shown=all"]
    found.append(f"/workbench/negotiations/{stage.negotiation.id}/contract/?text=both")
    trade = Trade.objects.first()
    if trade is not None:
        found += [
            f"/workbench/trades/{trade.id}/",
            "/workbench/trades/?shown=all",
            f"/workbench/trades/{trade.id}/object/",
        ]
    return found


def given_countered() -> Stage:
    """A counter-offer with other terms lies on the table."""
    stage = given_requested()
    assert stage.negotiation is not None
    policy = policy_of(USAGE | {"uses_max": 10, "may_redistribute": True})
    negotiations.offer(
        stage.negotiation.id,
        price_minor=52_000,
        policy=policy,
        acceptance_days=5,
        note="可以",
        by=stage.supplier.member,
    )
    return stage


def given_disputed() -> Stage:
    """The buyer has objected."""
    stage = given_delivered()
    disputes.open(stage.period.id, reason="第 3 行缺少 PM2.5", by=stage.buyer.member)
    return stage


@pytest.mark.parametrize("given", [given_countered, given_disputed, given_settled], ids=lambda given: given.__name__)
@pytest.mark.parametrize(
    ("width", "language", "dark"), [(360, "en", False), (1280, "zh-hans", True)], ids=["phone", "dark"]
)
def test_pages_have_no_barrier_and_never_scroll_sideways(
    visit: Visit, given: object, width: int, language: str, dark: bool
) -> None:
    stage = given()  # type: ignore[operator]  # one of the builders above
    buyer = visit(stage.buyer.member, language=language, width=width, dark=dark)
    supplier = visit(stage.supplier.member, language=language, width=width, dark=dark)
    addresses = pages_of(stage)

    for page, own in ((buyer, [f"/workbench/offers/{stage.offer.id}/request/"]), (supplier, ["/workbench/money/"])):
        for address in [*addresses, *own] if page is buyer else own:
            page.goto(address)
            found = Axe().run(page)
            assert found.violations_count == 0, f"{address}: {found.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth") <= width, address
