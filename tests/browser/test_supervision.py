"""A hold from the desk to the buyer and back in real Chromium; a party held by two; what the pages owe readers."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from contracts import disputes
from contracts.states import PeriodState
from market import holds
from market.holds import Scope
from market.participants.members import Role
from supervision import orders
from supervision.models import Order
from tests.browser.conftest import Visit
from tests.builders import Stage, given_authority, given_delivered, given_funded, given_operator

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def fill_why(page: Page, reason: str) -> None:
    page.get_by_label("理由").fill(reason)
    page.get_by_label("法律依据").fill("条例 28")


def test_a_delivery_is_held_the_buyer_reads_why_and_goes_on_once_it_is_lifted(visit: Visit) -> None:
    stage = given_funded()
    assert stage.trade is not None
    operator, buyer, other = visit(stage.reviewer), visit(stage.buyer.member), visit(stage.approver)

    # the reviewer opens the trade for a reason and holds its delivery from there
    operator.goto("/desk/supervision/")
    operator.get_by_role("link", name="太原市空气质量逐小时监测").click()
    operator.get_by_label("理由").fill("接到投诉")
    operator.get_by_role("button", name="打开").click()
    expect(operator.get_by_role("heading", name="全部事件")).to_be_visible()
    operator.get_by_role("link", name="停控交付").click()
    operator.get_by_label("理由").fill("投诉待查")
    operator.get_by_role("button", name="立即停控").click()
    expect(operator.locator(".error-summary")).to_be_focused()
    assert not holds.active([stage.grant.id])
    expect(operator.get_by_label("理由")).to_have_value("投诉待查")
    operator.get_by_label("法律依据").fill("条例 28")
    operator.get_by_role("button", name="立即停控").click()
    expect(operator.get_by_text("停控已生效")).to_be_visible()

    # the buyer is refused at the download and reads since when, why, on which basis, and whom to ask
    buyer.goto(f"/workbench/trades/{stage.trade.id}/")
    expect(buyer.locator(".holds")).to_contain_text("投诉待查")
    expect(buyer.locator(".holds")).to_contain_text("条例 28")
    expect(buyer.locator(".holds")).to_contain_text("向运营方")
    expect(buyer.get_by_role("link", name="下载数据")).to_have_count(0)
    assert stage.period.state == PeriodState.FUNDED

    # another person lifts it
    other.goto("/desk/holds/")
    other.get_by_role("link", name="查看、解除").click()
    other.get_by_label("为何可以解除").fill("已经查清")
    other.get_by_role("button", name="解除停控").click()
    expect(other.get_by_text("停控已解除，被拦下的步骤可以继续")).to_be_visible()

    # the buyer goes on
    buyer.reload()
    expect(buyer.locator(".holds")).to_have_count(0)
    buyer.get_by_role("link", name="下载数据").click()
    buyer.get_by_role("button", name="取得下载地址").click()
    expect(buyer.get_by_role("link", name="下载 air.csv")).to_be_visible()

    # and the journal tells who looked
    other.goto("/desk/journal/")
    expect(other.get_by_role("heading", name="查阅日志")).to_be_visible()


def test_a_party_is_found_proposed_by_one_and_held_by_another_from_the_inbox(visit: Visit) -> None:
    stage = given_funded()
    first, second, buyer = visit(stage.reviewer), visit(stage.approver), visit(stage.buyer.member)

    first.goto("/desk/holds/")
    first.get_by_role("link", name="实施停控").click()
    first.get_by_role("radio", name="参与方").check()
    first.get_by_label("编号或名称").fill("需方")
    first.get_by_role("button", name="查找").click()
    first.get_by_role("link", name="选定").click()
    fill_why(first, "资质到期")
    first.get_by_role("button", name="提请第二人确认停控").click()
    expect(first.get_by_text("须由另一位审批人确认")).to_be_visible()
    assert not holds.active([stage.buyer.member.organisation_id])

    stage.dispatch()
    second.goto("/workbench/")
    second.get_by_role("link", name="确认或拒绝指令").click()
    second.get_by_role("button", name="确认，执行停控").click()
    expect(second.get_by_text("停控已生效")).to_be_visible()

    [hold] = holds.active([stage.buyer.member.organisation_id])
    assert (hold.proposed_by, hold.placed_by) == (stage.reviewer.urn, stage.approver.urn)
    buyer.goto(f"/workbench/trades/{stage.period.trade_id}/")
    expect(buyer.locator(".holds")).to_contain_text("资质到期")


def test_the_live_view_renews_itself(visit: Visit) -> None:
    stage = given_delivered()
    page = visit(stage.approver)
    page.goto("/desk/supervision/")
    expect(page.locator("#live")).to_contain_text("没有停控、异议或超时")

    disputes.open(stage.period.id, reason="第 3 行缺少 PM2.5", by=stage.buyer.member)

    expect(page.locator("#live")).to_contain_text("有异议的交易", timeout=15_000)
    expect(page.locator("#happenings tbody tr").first).to_contain_text("提出异议")
    expect(page.locator("#happenings")).to_have_count(1)


def given_desk() -> Stage:
    """A held trade with an objection, an order that waits, looks in the journal."""
    stage = given_delivered()
    disputes.open(stage.period.id, reason="第 3 行缺少 PM2.5", by=stage.buyer.member)
    orders.place(stage.grant.id, scope=Scope.DELIVERY, reason="投诉待查", legal_basis="条例 28", by=stage.approver)
    orders.propose(
        stage.buyer.member.organisation_id,
        scope=Scope.PARTY,
        reason="资质到期",
        legal_basis="条例 9",
        by=stage.reviewer,
    )
    return stage


@pytest.mark.parametrize(
    ("width", "language", "dark"), [(360, "en", False), (1280, "zh-hans", True)], ids=["phone", "dark"]
)
def test_pages_of_the_desk_have_no_barrier_and_never_scroll_sideways(
    visit: Visit, width: int, language: str, dark: bool
) -> None:
    stage = given_desk()
    hold, order = holds.active([stage.grant.id])[0], Order.objects.get()
    desk = visit(stage.approver, language=language, width=width, dark=dark)
    authority = visit(given_authority(Role.REGULATOR_DATA), language=language, width=width, dark=dark)
    auditor = visit(given_operator(Role.AUDITOR), language=language, width=width, dark=dark)
    buyer = visit(stage.buyer.member, language=language, width=width, dark=dark)
    trade = f"/desk/trades/{stage.period.trade_id}/"
    addresses = {
        desk: [
            "/desk/supervision/",
            trade,
            "/desk/holds/",
            "/desk/holds/?shown=orders",
            "/desk/holds/new/?scope=delivery&q=air.csv",
            f"/desk/holds/new/?subject={stage.period.trade_id}",
            f"/desk/holds/{hold.id}/",
            f"/desk/orders/{order.id}/",
        ],
        authority: ["/desk/supervision/?stage=held", "/desk/holds/"],
        auditor: ["/desk/journal/?kind="],
        buyer: [f"/workbench/holds/{stage.grant.id}/", "/desk/journal/"],
    }

    for page, own in addresses.items():
        for address in own:
            page.goto(address)
            if address == trade:
                page.locator("textarea").fill("接到投诉")
                page.locator("form.measure button").click()
                expect(page.locator(".facts")).to_be_visible()
            found = Axe().run(page)
            assert found.violations_count == 0, f"{address}: {found.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth") <= width, address
