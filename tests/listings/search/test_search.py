"""The catalogue's search: what is listed is found at once, counted exactly, and stays so through every fold."""

from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from listings import offers, products, reviews, sales, search
from listings.models import Listing, ProductVersion, SearchBits
from listings.search import folding, known
from market.events.dispatch import News
from market.kernel import ids
from market.participants.members import Member, Role
from tests.builders import USAGE, given_listing, given_operator, given_settled, given_signatory

pytestmark = pytest.mark.django_db


def ask(address: str = "") -> search.Found:
    return search.find(search.question(QueryDict(address)))


def titles(address: str = "") -> list[str]:
    return [row.title for row in ask(address).rows]


@pytest.fixture
def reviewer() -> Member:
    return given_operator(Role.REVIEWER)


@pytest.fixture
def supplier(reviewer: Member) -> Member:
    return given_signatory("太原晋环数据科技有限公司", reviewer=reviewer).member


def given_market(supplier: Member, reviewer: Member) -> None:
    """Six listings of three industries, at four prices, in three districts."""
    rows: list[dict[str, Any]] = [
        {"title": "太原市空气质量逐小时监测", "sector": "environment", "price_minor": 48_000},
        {"title": "中国发电厂名录", "sector": "energy", "price_minor": 0, "keywords": ["发电厂"], "district": "140107"},
        {
            "title": "山西省发电厂空间分布",
            "sector": "energy",
            "price_minor": 12_000,
            "keywords": [],
            "frequency": "007",
        },
        {"title": "全国县级行政区划代码", "sector": "economy", "price_minor": 0, "keywords": [], "district": "110101"},
        {"title": "全国城市人口与坐标", "sector": "economy", "price_minor": 120_000, "keywords": []},
        {"title": "机场逐小时气象", "sector": "environment", "price_minor": 2_000_000, "keywords": []},
    ]
    for row in rows:
        given_listing(supplier, reviewer=reviewer, **{"abstract": "公开数据的整理。", "title_en": "", **row})


@pytest.fixture(params=["rows alone", "folded in", "half folded"])
def market(request: pytest.FixtureRequest, supplier: Member, reviewer: Member) -> None:
    given_market(supplier, reviewer)
    if request.param != "rows alone":
        folding.fold_all()
    if request.param == "half folded":
        Listing.objects.filter(sector="energy").update(is_folded=False)


TOTALS = {
    "": 6,
    "q=发电厂": 2,
    "q=逐小时": 2,
    "q=空气质量": 1,
    "q=公开数据": 6,
    "q=晋环": 6,
    "q=station": 0,
    "q=能源": 2,
    "sector=energy": 2,
    "sector=energy&sector=economy": 4,
    "sector=energy&price=free": 1,
    "price=free&price=under-1000": 4,
    "q=发电厂&price=free": 1,
    "area=1401": 5,
    "area=140107": 1,
    "area=1401&area=140107": 1,
    "area=1101&area=140107": 2,
    "frequency=007": 1,
    "licence=derive": 6,
    "licence=resell": 0,
    "format=csv": 6,
    "supplier=nobody": 0,
    "sector=nothing": 0,
}


def test_totals_are_exact(market: None) -> None:
    found = {address: ask(address) for address in TOTALS}

    assert {address: each.total for address, each in found.items()} == TOTALS
    assert {address: len(each.rows) for address, each in found.items()} == TOTALS
    assert {each.market_total for each in found.values()} == {6}


def test_facets_count_beside_the_choices_of_other_groups(market: None) -> None:
    found = ask("sector=energy&price=free")

    assert {value: count for value, count in found.facets["sector"].items() if count} == {"energy": 1, "economy": 1}
    assert {value: count for value, count in found.facets["price"].items() if count} == {"free": 1, "under-1000": 1}
    assert found.facets["area"] == {"1401": 1, "140107": 1}


def test_areas_and_suppliers_are_counted_with_their_names(market: None, supplier: Member) -> None:
    found = ask()

    assert found.facets["area"] == {"1401": 5, "140105": 4, "140107": 1, "1101": 1, "110101": 1}
    assert found.facets["supplier"] == {str(supplier.organisation_id): 6}
    assert found.supplier_names == {str(supplier.organisation_id): "太原晋环数据科技有限公司"}


def test_the_order_is_the_one_asked_for(market: None) -> None:
    ends = {sort: titles(f"sort={sort}")[::5] for sort in ("newest", "cheapest", "dearest")}

    assert ends == {
        "newest": ["机场逐小时气象", "太原市空气质量逐小时监测"],
        "cheapest": ["全国县级行政区划代码", "机场逐小时气象"],
        "dearest": ["机场逐小时气象", "中国发电厂名录"],
    }


def test_titles_come_before_mentions(supplier: Member, reviewer: Member) -> None:
    given_listing(supplier, reviewer=reviewer, title="空气质量", keywords=[])
    given_listing(supplier, reviewer=reviewer, title="发电厂", abstract="含空气质量的说明。", keywords=[])

    assert titles("q=空气质量") == ["空气质量", "发电厂"]
    assert titles("q=空气质量&sort=newest") == ["发电厂", "空气质量"]


def test_field_names_and_meanings_are_found(supplier: Member, reviewer: Member) -> None:
    field = {"name": "WatchPoint", "meaning": "监测站点", "unit": ""}
    given_listing(supplier, reviewer=reviewer, title="甲", keywords=[], dictionary=[field])

    assert titles("q=watchpoint") == titles("q=监测站点") == titles("q=watch+point") == ["甲"]


def test_a_fingerprint_and_a_credit_code_are_found(supplier: Member, reviewer: Member) -> None:
    offer = given_listing(supplier, reviewer=reviewer)
    version = ProductVersion.objects.select_related("resource", "product__supplier").get(id=offer.version_id)

    assert ask(f"q={version.resource.file_sha256}").total == 1
    assert ask(f"q={version.product.supplier.uscc}").total == 1
    assert ask(f"q={version.product.number}").total == 1


def test_what_was_delisted_is_gone_at_once_and_after_the_fold(market: None, supplier: Member) -> None:
    version = ProductVersion.objects.get(title="中国发电厂名录")

    reviews.delist(version.id, reason="来源许可到期", by=supplier)

    assert ask("q=发电厂").total == 1
    assert ask().market_total == 5
    folding.fold_all()
    assert ask("q=发电厂").total == 1
    assert ask("sector=energy").facets["sector"]["energy"] == 1


def test_a_new_price_moves_the_listing_between_bands_at_once(market: None, supplier: Member) -> None:
    version = ProductVersion.objects.get(title="机场逐小时气象")

    offers.open(version.id, name="试用", price_minor=0, usage=USAGE, by=supplier)

    for _ in range(2):
        assert ask("price=free&sector=environment").total == 1
        assert ask("price=above").total == 0
        folding.fold_all()


def test_a_withdrawn_offer_takes_its_licence_along(supplier: Member, reviewer: Member) -> None:
    offer = given_listing(supplier, reviewer=reviewer)
    resold = offers.open(
        offer.version_id, name="再售", price_minor=90_000, usage={"may_redistribute": True}, by=supplier
    )
    folding.fold_all()
    assert ask("licence=resell").total == 1

    offers.withdraw(resold.id, by=supplier)

    for _ in range(2):
        assert ask("licence=resell").total == 0
        assert ask().total == 1
        folding.fold_all()


def test_an_offer_to_one_buyer_shows_no_price(supplier: Member, reviewer: Member) -> None:
    buyer = given_signatory("需方公司", reviewer=reviewer).member
    version = given_listing(supplier, reviewer=reviewer).version
    public = version.offers.get()
    offers.open(version.id, name="专供", price_minor=100, usage=USAGE, buyer_id=buyer.organisation_id, by=supplier)

    offers.withdraw(public.id, by=supplier)

    assert [row.price_minor for row in ask("price=on-request").rows] == [None]


def test_a_next_version_takes_the_place_of_the_earlier_one(supplier: Member, reviewer: Member) -> None:
    first = given_listing(supplier, reviewer=reviewer, title="第一版").version
    folding.fold_all()
    from tests.builders import description, given_resource

    version = products.draft(
        given_resource(supplier).id, description(title="第二版"), product_id=first.product_id, by=supplier
    )
    offers.open(version.id, name="单次下载", price_minor=1, usage=USAGE, by=supplier)
    products.submit(version.id, by=supplier)

    reviews.approve(version.id, by=reviewer)

    assert titles() == ["第二版"]


def test_frequent_words_get_bitmaps_and_answer_the_same(
    supplier: Member, reviewer: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_market(supplier, reviewer)
    monkeypatch.setattr(folding, "FREQUENT_MIN", 2)
    before = {q: ask(f"q={q}").total for q in ("发电厂", "逐小时", "空气质量", "公开数据")}
    match = titles("q=发电厂")

    folding.fold_all()

    assert SearchBits.objects.filter(key="发电").exists()
    assert not SearchBits.objects.filter(key="空气").exists()
    assert {q: ask(f"q={q}").total for q in before} == before
    assert titles("q=发电厂") == match
    given_listing(supplier, reviewer=reviewer, title="火力发电厂清单", keywords=[])
    assert ask("q=发电厂").total == 3
    folding.fold_all()
    assert ask("q=发电厂").total == 3


def test_without_an_answer_the_nearest_questions_are_named(market: None) -> None:
    found = ask("q=发电厂&price=above")

    assert found.total == 0
    assert [(way.question.parameters(), way.total) for way in found.ways_out] == [
        ([("q", "发电厂")], 2),
        ([("price", "above")], 1),
    ]


def test_of_two_words_without_a_common_answer_each_is_tried(market: None) -> None:
    found = ask("q=发电厂+人口")

    assert [(way.question.text, way.total) for way in found.ways_out] == [("发电厂", 2), ("人口", 1)]


def test_pages_do_not_overlap(market: None, settings: Any) -> None:
    settings.PAGE_SIZE = 4

    first, second, beyond = ask("page=1"), ask("page=2"), ask("page=9")

    assert len({row.version_id for row in first.rows + second.rows}) == 6
    assert beyond.question.page == 2
    assert beyond.rows == second.rows


def test_orders_over_many_answers_are_walked_in_the_index(market: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from listings.search import sets

    few = {sort: titles(f"sort={sort}") for sort in ("cheapest", "dearest", "trades")}

    monkeypatch.setattr(sets, "IN_ORDER_MAX", 0)

    assert {sort: titles(f"sort={sort}") for sort in few} == few


def test_closed_trades_are_counted_once_and_put_first(reviewer: Member) -> None:
    stage = given_settled()
    assert stage.trade is not None
    newest = given_listing(stage.supplier.member, reviewer=reviewer, title="无人购买", keywords=[])
    stage.dispatch()
    for _ in range(2):  # told again, nothing is counted twice
        sales.hear(
            News(
                ids.new_id(),
                "grant.opened",
                stage.grant.urn,
                "x",
                stage.trade.urn,
                {"version": stage.offer.version.urn},
            )
        )

    assert [row.trade_count for row in ask("sort=trades").rows] == [1, 0]
    assert [row.version_id for row in ask().rows] == [newest.version_id, stage.offer.version_id]


def test_a_search_takes_at_most_four_statements(market: None) -> None:
    ask()

    with CaptureQueriesContext(connection) as queries:
        ask("q=发电厂&price=free&sort=cheapest")

    assert len(queries) <= 4


def test_another_history_of_the_bitmaps_is_noticed(supplier: Member, reviewer: Member) -> None:
    given_market(supplier, reviewer)
    folding.fold_all()
    assert ask().total == 6
    held = known.current()

    known._known = known.Known(held.version + 9, 12345, 0, {}, {}, frozenset(), {})

    assert ask("sector=energy").total == 2


def test_a_malformed_address_is_answered(supplier: Member, reviewer: Member) -> None:
    given_listing(supplier, reviewer=reviewer)

    for address in (
        "page=x", "page=-3", "page=99999999999", "sort=price", "q=%00", "q='%3B--", "sector=a'b", "supplier=%5C",
        "q=%E2%80%AE", "area=1401&area=x", "sort=match",
    ):  # fmt: skip
        assert ask(address).market_total == 1
