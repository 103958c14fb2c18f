"""Home, catalogue and product for anybody: found, filtered, shared, read in both languages, and fast to ask for."""

import csv
import io
import re
from datetime import date

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from contracts.queries import volume
from frontend import statheads
from listings import detail, reviews
from listings.search import folding
from market.kernel import clock
from market.participants.members import Member, Role
from market.participants.models import Person
from tests.builders import given_authority, given_listing, given_operator, given_settled, given_signatory
from tests.listings.given import given_read_listing

pytestmark = pytest.mark.django_db
AIR = b"station,pm25,phone\n" + b"".join(
    b"S%d,%d,138%08d\n" % (n % 3, n % 40, 10_000_000 + n * 7_919) for n in range(60)
)


@pytest.fixture
def reviewer() -> Member:
    return given_operator(Role.REVIEWER)


@pytest.fixture
def supplier(reviewer: Member) -> Member:
    return given_signatory("太原晋环数据科技有限公司", reviewer=reviewer).member


def get(address: str, *, language: str = "zh-hans", member: Member | None = None) -> str:
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    if member is not None:
        client.force_login(Person.objects.get(id=member.person_id))
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def titles(page: str) -> list[str]:
    return [re.sub("<.*?>", "", each) for each in re.findall(r"<h2><a href=.*?>(.*?)</a></h2>", page)]


def given_three(supplier: Member, reviewer: Member) -> None:
    for title, sector, price in (
        ("空气质量", "environment", 0),
        ("发电厂名录", "energy", 500),
        ("人口", "economy", 90_000),
    ):
        given_listing(
            supplier, reviewer=reviewer, title=title, title_en="", sector=sector, price_minor=price, keywords=[]
        )


def test_the_catalogue_answers_the_address_that_is_shared(supplier: Member, reviewer: Member) -> None:
    given_three(supplier, reviewer)

    page = get("/catalogue/?sector=energy&sector=economy&price=under-1000&sort=cheapest")

    assert titles(page) == ["发电厂名录", "人口"]
    assert "符合 3 个条件的 2 个，全市场 3 个" in page
    assert 'href="/catalogue/?sector=economy&amp;price=under-1000&amp;sort=cheapest"' in page


def test_words_that_were_asked_for_are_marked(supplier: Member, reviewer: Member) -> None:
    given_three(supplier, reviewer)

    page = get("/catalogue/?q=发电厂")

    assert "<mark>发电厂</mark>名录" in page


def test_without_an_answer_the_way_out_has_its_count(supplier: Member, reviewer: Member) -> None:
    given_three(supplier, reviewer)

    page = get("/catalogue/?price=free&sector=energy")

    assert "没有同时符合 2 个条件的产品" in page
    assert re.search(r"去掉「免费」</span><a href=\"/catalogue/\?sector=energy\">就有 1 个", page)


@pytest.mark.parametrize("area", ["110105", "9999", "999999", "9999-12-31", "x" * 90])
@pytest.mark.parametrize("path", ["/catalogue/", "/catalogue/filters/"])
def test_an_address_with_an_area_that_holds_no_listing_is_answered(path: str, area: str) -> None:
    answer = Client().get(path, {"area": area})

    assert answer.status_code == 200


def test_an_empty_market_says_so() -> None:
    assert "还没有挂牌的产品" in get("/catalogue/")
    assert "还没有挂牌的产品" in get("/")


def test_htmx_gets_only_what_changes(supplier: Member, reviewer: Member) -> None:
    given_three(supplier, reviewer)

    answer = Client(headers={"HX-Request": "true"}).get("/catalogue/?sector=energy&sort=newest&sort=newest")

    part = answer.content.decode()
    assert answer["HX-Push-Url"] == "/catalogue/?sector=energy"
    assert part.lstrip().startswith('<div id="results">')
    assert titles(part) == ["发电厂名录"]


def test_pages_of_the_list_lead_on_and_back(supplier: Member, reviewer: Member, settings: object) -> None:
    settings.PAGE_SIZE = 2  # type: ignore[attr-defined]
    given_three(supplier, reviewer)

    first, second = get("/catalogue/"), get("/catalogue/?page=2")

    assert titles(first) + titles(second) == ["人口", "发电厂名录", "空气质量"]
    assert 'rel="next" href="/catalogue/?page=2"' in first
    assert 'rel="prev" href="/catalogue/"' in second


def test_facets_are_a_page_of_their_own_and_keep_the_order(supplier: Member, reviewer: Member) -> None:
    given_three(supplier, reviewer)

    page = get("/catalogue/filters/?sector=energy&sort=trades&q=")

    assert '<input type="hidden" name="sort" value="trades">' in page
    assert re.search(r'id="f-sector-energy" name="sector" value="energy" checked', page)
    assert "看 1 个产品" in page


def test_what_is_typed_into_the_address_is_never_markup(supplier: Member, reviewer: Member) -> None:
    given_three(supplier, reviewer)

    page = get('/catalogue/?q=<script>alert(1)</script>&sector=<b>&supplier="><i>')

    assert "<script>alert" not in page
    assert "<b>&" not in page
    assert '"><i>' not in page


@pytest.mark.parametrize("address", ["/", "/catalogue/", "/catalogue/?q=质量&sector=environment&sort=dearest"])
def test_a_page_asks_at_most_eight_times(supplier: Member, reviewer: Member, address: str) -> None:
    given_three(supplier, reviewer)
    folding.fold_all()
    get(address)

    with CaptureQueriesContext(connection) as queries:
        get(address)

    assert len(queries) <= 8, [query["sql"][:90] for query in queries]


def test_home_tells_sectors_products_and_the_week(reviewer: Member) -> None:
    stage = given_settled()
    stage.dispatch()

    page = get("/")

    assert "本周 1 笔" in page
    assert "成交 1 笔" in page
    assert "生态环境" in page
    assert stage.buyer.member.organisation_name not in page


def test_home_calls_no_listing_date_the_end_of_the_data(supplier: Member, reviewer: Member) -> None:
    given_listing(supplier, reviewer=reviewer, title="无期", title_en="", time_from=None, time_to=None)
    given_listing(
        supplier, reviewer=reviewer, title="有期", title_en="", time_from=date(2013, 1, 1), time_to=date(2013, 12, 30)
    )

    page = get("/")

    assert set(re.findall(r'data-label="(.+?)">([^<]+)</td><td class="num" data-label="质量"', page)) == {
        ("挂牌于", "—"),
        ("数据截至", "2013-12-30"),
    }


def test_sums_of_few_trades_stay_untold() -> None:
    given_settled(price_minor=48_000)

    weeks = volume.weeks()

    assert [week.trades for week in weeks] == [0] * 11 + [1]
    assert weeks[-1].amount_minor is None
    assert weeks[-1].begins_on.weekday() == 0
    assert (clock.now().date() - weeks[0].begins_on).days >= 76


def test_a_sum_is_told_once_enough_trades_stand_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    given_settled(price_minor=48_000)
    monkeypatch.setattr(volume, "SUM_TRADES_MIN", 1)

    assert volume.weeks()[-1].amount_minor == 48_000


def test_the_product_page_shows_heads_rows_licence_and_quality(supplier: Member, reviewer: Member) -> None:
    field = {"name": "pm25", "meaning": "细颗粒物", "unit": "µg/m³"}
    version = given_read_listing(supplier, reviewer, AIR, contains_pi=True, dictionary=[field])

    page = get(f"/products/{version.id}/")

    assert "细颗粒物" in page
    assert "手机号" in page
    assert not re.search(r"138\d{8}", page)
    assert "转售或公开原始数据" in page
    assert "完整性" in page
    assert "购买，下一步看合约" in page
    assert page.count("button wide filled") == 1


def test_the_chosen_plan_leads_to_its_contract(supplier: Member, reviewer: Member) -> None:
    version = given_listing(supplier, reviewer=reviewer).version
    offer = version.offers.get()

    answer = Client().get(f"/products/{version.id}/buy/?offer={offer.id}")

    assert (answer.status_code, answer["Location"]) == (303, f"/workbench/offers/{offer.id}/request/")
    assert Client().get(f"/products/{version.id}/buy/?offer=x").status_code == 404


def test_the_sample_opens_in_a_spreadsheet_and_runs_nothing(supplier: Member, reviewer: Member) -> None:
    body = "名称,值\n" + "".join(f"=SUM({n}),-{n}\n" for n in range(3))
    version = given_read_listing(supplier, reviewer, body.encode())

    answer = Client().get(f"/products/{version.id}/sample.csv")

    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert answer.content.startswith("\ufeff".encode())
    assert rows[:2] == [["名称", "值"], ["'=SUM(0)", "-0"]]


def test_terms_are_there_for_machines(supplier: Member, reviewer: Member) -> None:
    version = given_listing(supplier, reviewer=reviewer).version

    (terms,) = Client().get(f"/products/{version.id}/policy.json").json()

    assert terms["policy"] == version.offers.get().policy


def test_the_supplier_and_seats_are_offered_no_purchase(supplier: Member, reviewer: Member) -> None:
    version = given_listing(supplier, reviewer=reviewer).version

    own, seat = (get(f"/products/{version.id}/", member=each) for each in (supplier, reviewer))

    assert "购买，下一步看合约" not in own + seat
    assert f"/products/{version.id}/oversight/" in seat
    assert f"/products/{version.id}/oversight/" not in own


def test_a_seat_says_why_before_it_reads(supplier: Member, reviewer: Member) -> None:
    version = given_listing(supplier, reviewer=reviewer).version
    client = Client()
    client.force_login(Person.objects.get(id=given_authority(district="140107").person_id))

    assert client.get(f"/products/{version.id}/oversight/").status_code == 403
    assert client.get(f"/products/{version.id}/").status_code == 200

    client.force_login(Person.objects.get(id=reviewer.person_id))
    assert "王晋 0351-0000000" not in client.get(f"/products/{version.id}/oversight/").content.decode()
    assert client.post(f"/products/{version.id}/oversight/", {"reason": ""}).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_after_the_reason_the_seat_reads_what_the_public_does_not() -> None:
    reviewer = given_operator(Role.REVIEWER)
    supplier = given_signatory("供方", reviewer=reviewer).member
    version = given_listing(supplier, reviewer=reviewer).version
    client = Client()
    client.force_login(Person.objects.get(id=reviewer.person_id))

    answer = client.post(f"/products/{version.id}/oversight/", {"reason": "抽查"})

    assert answer.status_code == 200
    assert "王晋 0351-0000000" in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"


def test_pages_speak_english(supplier: Member, reviewer: Member) -> None:
    version = given_read_listing(supplier, reviewer, AIR, contains_pi=True)

    home, catalogue, product = (
        get(address, language="en") for address in ("/", "/catalogue/?sector=environment", f"/products/{version.id}/")
    )

    assert "Find data, sign, check" in home
    assert "1 meet 1 filter, of 1 in the market" in catalogue
    assert "mobile number in 100%" in product
    assert "Taiyuan air quality, hourly" in product


def test_a_delisted_product_is_not_for_sale(supplier: Member, reviewer: Member) -> None:
    version = given_listing(supplier, reviewer=reviewer).version
    reviews.delist(version.id, reason="到期", by=supplier)

    page = get(f"/products/{version.id}/")

    assert "这一版不能购买" in page
    assert "原因：到期" in page


def test_what_was_never_public_is_not_there() -> None:
    assert Client().get("/products/01a21249-6635-76b8-80f8-a31b52fb9393/").status_code == 404


def test_shares_are_never_rounded_to_none() -> None:
    assert [statheads._percent(ppm) for ppm in (0, 1, 999, 1_000, 84_999, 1_000_000)] == [
        "0%", "<0.1%", "<0.1%", "0.1%", "8.4%", "100%",
    ]  # fmt: skip


def test_a_table_with_thousands_of_columns_is_paged(supplier: Member, reviewer: Member) -> None:
    names = ",".join(f"c{n}" for n in range(9_000))
    version = given_read_listing(supplier, reviewer, f"{names}\n{','.join('1' * 9_000)}\n".encode())

    page = get(f"/products/{version.id}/?columns=2")

    assert "第 101–200 列，共 9,000 列" in page
    assert page.count('<th scope="col" class="stat') == detail.COLUMNS_A_PAGE
    assert len(page) < 200_000
