"""The money desk in real Chromium: a day of the clerk and the approver, and what their pages owe everybody."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from market import rules
from market.participants.models import Membership
from settlement import bank_accounts, escrow, payout_files, payouts, suspense
from settlement.models import Obligation, Payout, PayoutFile, StatementLine
from settlement.states import LineState, ObligationState, PayoutState
from tests.browser.conftest import Visit
from tests.builders import member_of
from tests.settlement.builders import Market

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def given_market() -> Market:
    """Two parties and the money desk, whose people may sign in; the supplier has named its bank account."""
    rules.forget()
    market = Market()
    for member in (market.clerk, market.approver):
        Membership.objects.create(
            organisation_id=member.organisation_id, person_id=member.person_id, roles=sorted(map(str, member.roles))
        )
    bank_accounts.register(
        holder=market.supplier.name, number="6222000011112222333", bank="中国银行太原分行", by=market.finance
    )
    return market


def earn(market: Market, obligation: Obligation) -> None:
    """The buyer accepts: the supplier has its share."""
    escrow.release(reference=obligation.reference_urn, thread=obligation.thread_urn, by=market.trader)


def test_a_statement_is_imported_its_unknown_line_assigned_and_a_payout_goes_to_the_bank(
    visit: Visit, tmp_path: Path
) -> None:
    market = given_market()
    named, meant = market.opened(48_000), market.opened(12_300)
    sheet = tmp_path / "对账单.csv"
    sheet.write_bytes(market.csv(("480.00", f"货款 {named.payment_reference}"), ("123.00", "忘了写编号"), opening=0))
    clerk, approver = visit(market.clerk), visit(market.approver)

    # the clerk imports, and sees one line matched and one waiting
    clerk.goto("/desk/statements/")
    clerk.get_by_label("银行流水文件").set_input_files(sheet)
    clerk.get_by_role("button", name="导入流水").click()
    expect(clerk.get_by_text("流水已导入")).to_be_visible()
    expect(clerk.get_by_role("row", name="+¥480.00")).to_contain_text("已对上")
    expect(clerk.get_by_role("row", name="+¥123.00")).to_contain_text("没有付款编号")

    # it forgets the reason, then gives the line to the likeliest payment
    clerk.get_by_role("link", name="待核对款项").click()
    clerk.get_by_role("row", name="+¥123.00").get_by_role("link").click()
    clerk.get_by_role("radio", name=meant.payment_reference).check()
    clerk.get_by_role("button", name="认定 ¥123.00").click()
    expect(clerk.locator(".error-summary")).to_be_focused()
    expect(clerk.get_by_role("radio", name=meant.payment_reference)).to_be_checked()
    clerk.locator("#assign").get_by_label("理由").fill("付款方来电确认")
    clerk.get_by_role("button", name="认定 ¥123.00").click()
    expect(clerk.get_by_text(f"¥123.00已认定给{meant.payment_reference}")).to_be_visible()
    assert set(Obligation.objects.values_list("state", flat=True)) == {ObligationState.FUNDED}

    # the supplier earns and asks; the approver approves, makes the file and downloads it
    earn(market, Obligation.objects.get(id=named.id))
    payout = payouts.request(amount_minor=40_000, by=market.finance)
    approver.goto("/desk/payouts/")
    approver.get_by_role("link", name=market.supplier.name).click()
    approver.get_by_role("button", name="批准出款 ¥400.00").click()
    expect(approver.get_by_text(f"出款{payout.payment_reference}已批准")).to_be_visible()
    approver.get_by_role("link", name="去生成付款文件").click()
    approver.get_by_role("button", name="生成付款文件 ¥400.00").click()
    with approver.expect_download() as started:
        approver.get_by_role("link", name="下载付款文件").click()
    got = tmp_path / "order.csv"
    started.value.save_as(got)
    assert started.value.suggested_filename == f"{PayoutFile.objects.get().number}.csv"
    assert f"400.00,CNY,{payout.payment_reference}" in got.read_text("utf-8-sig")
    assert Payout.objects.get().state == PayoutState.INSTRUCTED


def given_everything() -> list[str]:
    """Something on every page of the desk."""
    market = given_market()
    earn(market, market.funded(48_000))
    sent = payouts.request(amount_minor=10_000, by=market.finance)
    payouts.approve(sent.id, by=market.approver)
    payout_files.make(by=market.approver)
    approved = payouts.request(amount_minor=20_000, by=market.finance)
    payouts.approve(approved.id, by=market.approver)
    payouts.request(amount_minor=5_000, by=market.finance)
    market.opened(1_200)
    market.imported(("12.00", "设备款"), ("13.00", "转错了，请退回" * 8), ("-1.00", "手续费"))
    first, second = StatementLine.objects.filter(state=LineState.SUSPENSE, is_incoming=True).order_by("row")
    suspense.give_back(second.id, reason="与本市场无关", by=market.clerk)
    file = PayoutFile.objects.get()
    return [
        "/desk/statements/",
        f"/desk/statements/{first.statement_id}/",
        "/desk/suspense/",
        "/desk/suspense/?shown=decided",
        f"/desk/suspense/{first.id}/",
        "/desk/payouts/?shown=approved",
        "/desk/payouts/?shown=bank",
        f"/desk/payouts/{sent.id}/",
        f"/desk/payouts/{approved.id}/",
        f"/desk/payouts/{approved.id}/cancel",
        "/desk/payouts/files/",
        f"/desk/payouts/files/{file.id}/",
        "/desk/books/",
        "/desk/bookkeeping/",
    ]


@pytest.mark.parametrize(
    ("width", "language", "dark"), [(360, "en", False), (1280, "zh-hans", True)], ids=["phone", "dark"]
)
def test_the_pages_have_no_barrier_and_never_scroll_sideways(
    visit: Visit, width: int, language: str, dark: bool
) -> None:
    addresses = given_everything()
    seats = {str(role): member for member in Membership.objects.all() for role in member.roles}
    assert {"clerk", "approver"} <= seats.keys()
    for seat in ("clerk", "approver"):
        page = visit(member_of(seats[seat].person, seats[seat].organisation), language=language, width=width, dark=dark)
        for address in addresses:
            if seat == "clerk" and address.endswith("/cancel"):
                continue
            page.goto(address)
            found = Axe().run(page)
            assert found.violations_count == 0, f"{address}: {found.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth") <= width, address
