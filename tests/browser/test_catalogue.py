"""Finding and judging a product in real Chromium: filters in place, shared addresses, phones, and nothing hidden."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from listings.models import ProductVersion
from market.participants.members import Member, Role
from tests.browser.conftest import Visit
from tests.builders import given_listing, given_operator, given_signatory
from tests.listings.given import given_read_listing

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AIR = b"station,pm25\n" + b"".join(b"S%d,%d\n" % (n % 3, n % 40) for n in range(60))


def given_market() -> ProductVersion:
    """Three listings of three sectors; the first on a file that was read."""
    reviewer = given_operator(Role.REVIEWER)
    supplier: Member = given_signatory("太原晋环数据科技有限公司", reviewer=reviewer).member
    dictionary = [{"name": "pm25", "meaning": "细颗粒物", "unit": "µg/m³"}]
    version = given_read_listing(supplier, reviewer, AIR, dictionary=dictionary)
    given_listing(supplier, reviewer=reviewer, title="发电厂名录", title_en="Plants", sector="energy", price_minor=0)
    given_listing(supplier, reviewer=reviewer, title="人口", title_en="Population", sector="economy", keywords=[])
    return version


def test_a_reader_filters_in_place_and_goes_back(visit: Visit) -> None:
    given_market()
    page = visit()
    page.goto("/catalogue/")

    page.check("#f-sector-energy")
    page.wait_for_url("**/catalogue/?sector=energy")
    expect(page.locator(".listing > li")).to_have_count(1)
    assert page.is_checked("#f-sector-energy")
    page.check("#f-sector-economy")
    expect(page.locator(".listing > li")).to_have_count(2)

    page.click(".chip >> nth=0")
    expect(page.locator(".listing > li")).to_have_count(1)
    assert page.inner_text(".listing h2") == "人口"
    page.go_back()
    expect(page.locator(".listing > li")).to_have_count(2)


def test_without_script_the_same_form_answers(visit: Visit) -> None:
    given_market()
    page = visit(width=390)
    page.goto("/catalogue/")

    page.click("text=筛选")
    page.check("#f-price-free")
    page.click("main .button.filled")

    assert page.inner_text(".listing h2") == "发电厂名录"
    assert "price=free" in page.url


def test_from_words_to_the_door_of_a_contract(visit: Visit) -> None:
    version = given_market()
    page = visit()
    page.goto("/")

    page.fill("main input[name=q]", "细颗粒物")
    page.press("main input[name=q]", "Enter")
    page.click(".listing h2 a")
    page.wait_for_url(f"**/products/{version.id}/")
    assert page.locator(".stat svg").count() == 2
    page.click("text=购买，下一步看合约")

    page.wait_for_url("**/accounts/login/?next=/workbench/offers/*/request/")


@pytest.mark.parametrize(("language", "width", "dark"), [("zh-hans", 1280, False), ("en", 360, True)])
def test_everybody_can_read_the_public_pages(visit: Visit, language: str, width: int, dark: bool) -> None:
    version = given_market()
    page = visit(language=language, width=width, dark=dark)
    wrong = []

    for address in ("/", "/catalogue/?q=空气&sector=environment", "/catalogue/filters/", f"/products/{version.id}/"):
        page.goto(address)
        wrong += [f"{address} {each['id']}" for each in Axe().run(page).response["violations"]]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.append(f"{address} is wider than the window")

    assert wrong == []
