"""A version as the public may see it: measured facts, no value that few share, and nothing kept back slips out."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from listings import detail, oversight, quality, reviews
from market import holds, rules
from market.access import OutOfScope
from market.events.models import Event
from market.holds import Scope
from market.kernel.errors import Invalid, NotAllowed, NotFound
from market.participants.members import Member, Role
from tests.builders import given_authority, given_draft, given_listing, given_operator, given_signatory
from tests.listings.given import given_read_listing

pytestmark = pytest.mark.django_db
AIR = b"station,pm25,note\n" + b"".join(b"S%d,%d,%s\n" % (n % 3, n % 40, b"" if n % 4 else b"x") for n in range(120))


@pytest.fixture
def reviewer() -> Member:
    return given_operator(Role.REVIEWER)


@pytest.fixture
def supplier(reviewer: Member) -> Member:
    return given_signatory("太原晋环数据科技有限公司", reviewer=reviewer).member


def test_the_page_tells_what_was_counted(supplier: Member, reviewer: Member) -> None:
    version = given_read_listing(supplier, reviewer, AIR + AIR[-7:])

    found = detail.read(version.id)

    assert [(each.dimension, each.bad, each.all) for each in found.measures] == [
        ("completeness", 91, 363),
        ("uniqueness", 1, 121),
        ("validity", 0, 272),
    ]
    assert quality.overall(found.measures) == 91
    assert [column["name"] for column in found.columns] == ["station", "pm25", "note"]
    assert len(found.rows) == 8
    assert found.is_open


def test_values_that_few_rows_share_are_not_told(supplier: Member, reviewer: Member) -> None:
    version = given_read_listing(supplier, reviewer, AIR)

    station, pm25, _note = detail.read(version.id).columns

    assert {each["value"] for each in station["top"]} == {"S0", "S1", "S2"}
    assert pm25["top"] == []
    assert (pm25["min"], pm25["max"]) == (None, None)


def test_personal_columns_show_only_what_was_found(supplier: Member, reviewer: Member) -> None:
    rows = b"".join(b"%d,138%08d\n" % (n, 10_000_000 + n * 7_919) for n in range(60))
    version = given_read_listing(supplier, reviewer, b"id,phone\n" + rows, contains_pi=True)

    found = detail.read(version.id)

    phone = found.columns[1]
    assert set(phone) == {"name", "source_name", "position", "type", "findings"}
    assert all("*" in str(row[1]) for row in found.rows)


@pytest.mark.parametrize(
    ("preview", "visitor", "stranger", "buyer", "own"),
    [("public", True, True, True, True), ("admitted", False, False, True, True), ("none", False, False, False, True)],
)
def test_statistics_are_shown_to_whom_the_supplier_says(
    supplier: Member, reviewer: Member, preview: str, visitor: bool, stranger: bool, buyer: bool, own: bool
) -> None:
    from tests.builders import given_applicant

    version = given_listing(supplier, reviewer=reviewer, preview=preview).version
    admitted = given_signatory("需方公司", reviewer=reviewer).member

    seen = [detail.may_preview(version, who) for who in (None, given_applicant("新公司"), admitted, supplier)]

    assert seen == [visitor, stranger, buyer, own]


def test_what_is_not_shown_is_not_in_the_answer(supplier: Member, reviewer: Member) -> None:
    version = given_read_listing(supplier, reviewer, AIR, preview="none")

    found = detail.read(version.id)

    assert (found.columns, found.rows, found.sample) == ([], [], None)
    assert Client().get(f"/products/{version.id}/sample.csv").status_code == 404
    assert b"S1" not in Client().get(f"/products/{version.id}/").content
    assert Client().get(f"/api/listings/catalogue/{version.id}").json()["columns"] is None


def test_a_wide_table_comes_a_hundred_columns_at_a_time(supplier: Member, reviewer: Member) -> None:
    names = b",".join(b"c%d" % n for n in range(250))
    row = b",".join(b"%d" % n for n in range(250))
    version = given_read_listing(supplier, reviewer, names + b"\n" + (row + b"\n") * 3)

    second, last = detail.read(version.id, column_page=2), detail.read(version.id, column_page=9)

    assert [column["name"] for column in second.columns][::99] == ["c100", "c199"]
    assert second.sample is not None
    assert second.sample["rows"][0][:2] == ["100", "101"]
    assert len(last.columns) == 50


def test_versions_tell_what_changed(supplier: Member, reviewer: Member) -> None:
    first = given_read_listing(supplier, reviewer, AIR)
    more = AIR.replace(b"note", b"remark") + b"S9,1,y\n"
    second = given_read_listing(supplier, reviewer, more, product_id=first.product_id)

    newest, oldest = detail.read(second.id).versions

    assert newest.change == detail.Change(120, 121, added=["remark"], removed=["note"])
    assert oldest.change is None
    assert detail.read(first.id).successor == newest
    assert not detail.read(first.id).is_open


def test_what_was_never_public_is_not_found(supplier: Member) -> None:
    version = given_draft(supplier)

    with pytest.raises(NotFound):
        detail.read(version.id, supplier)


def test_a_delisted_version_keeps_its_page_with_the_reason(supplier: Member, reviewer: Member) -> None:
    version = given_listing(supplier, reviewer=reviewer).version

    reviews.delist(version.id, reason="来源许可到期", by=supplier)

    assert not detail.read(version.id).is_open
    assert "来源许可到期" in Client().get(f"/products/{version.id}/").content.decode()
    assert Client().get(f"/api/listings/catalogue/{version.id}").status_code == 404


def test_the_page_of_a_product_leads_to_its_listed_version(supplier: Member, reviewer: Member) -> None:
    version = given_listing(supplier, reviewer=reviewer).version

    answer = Client().get(f"/products/{version.product_id}/")

    assert answer["Location"] == f"/products/{version.id}/"


def test_a_hold_is_told_and_stops_buying(supplier: Member, reviewer: Member) -> None:
    version = given_listing(supplier, reviewer=reviewer).version
    holds.place(version.urn, scope=Scope.LISTING, reason="来源存疑", legal_basis="条例 28", by=reviewer)

    page = Client().get(f"/products/{version.id}/").content.decode()
    offer = version.offers.get()

    assert "来源存疑" in page
    assert "条例 28" in page
    assert Client().get(f"/products/{version.id}/buy/?offer={offer.id}").status_code == 404
    assert "停控中" in Client().get("/catalogue/").content.decode()


def test_a_version_takes_at_most_eight_statements(supplier: Member, reviewer: Member) -> None:
    version = given_read_listing(supplier, reviewer, AIR)

    with CaptureQueriesContext(connection) as queries:
        Client().get(f"/products/{version.id}/")

    assert len(queries) <= 8


def test_an_offer_to_one_buyer_is_seen_by_that_buyer_only(supplier: Member, reviewer: Member) -> None:
    from listings import offers
    from tests.builders import USAGE

    version = given_listing(supplier, reviewer=reviewer).version
    buyer = given_signatory("需方公司", reviewer=reviewer).member
    offers.open(version.id, name="专供", price_minor=1, usage=USAGE, buyer_id=buyer.organisation_id, by=supplier)

    assert [each.name for each in detail.read(version.id).offers] == ["单次下载"]
    assert [each.name for each in detail.read(version.id, buyer).offers] == ["专供", "单次下载"]


def test_a_seat_of_another_district_is_refused_and_the_attempt_recorded(supplier: Member, reviewer: Member) -> None:
    version = given_listing(supplier, reviewer=reviewer, district="140105").version
    elsewhere = given_authority(district="140107")

    with pytest.raises(OutOfScope):
        oversight.read(version.id, reason="巡查", by=elsewhere)

    assert Event.objects.filter(kind="party.look_refused").count() == 1
    assert not Event.objects.filter(kind="party.looked").exists()
    assert detail.read(version.id, elsewhere).version == version  # what is public stays public


@pytest.mark.django_db(transaction=True)
def test_a_seat_within_reach_reads_everything_after_saying_why() -> None:
    reviewer = given_operator(Role.REVIEWER)
    supplier = given_signatory("太原晋环数据科技有限公司", reviewer=reviewer).member
    version = given_read_listing(supplier, reviewer, AIR, preview="none")
    seat = given_authority(district="1401")
    with pytest.raises(Invalid):
        oversight.read(version.id, reason=" ", by=seat)
    assert not Event.objects.filter(kind="party.looked").exists()

    found = oversight.read(version.id, reason="巡查", by=seat)

    assert len(found.columns) == 3
    looked = Event.objects.get(kind="party.looked")
    assert "巡查" not in json.dumps(json.loads(bytes(looked.body)), ensure_ascii=False)


def test_parties_have_no_supervised_view(supplier: Member, reviewer: Member) -> None:
    version = given_listing(supplier, reviewer=reviewer).version

    with pytest.raises(NotAllowed):
        oversight.read(version.id, reason="好奇", by=supplier)


def test_a_publicised_version_is_shown_with_the_end_of_its_notice(
    supplier: Member, reviewer: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Days:
        value = {"days": 3}

    monkeypatch.setattr(rules, "current", lambda name: Days())
    version = given_listing(supplier, reviewer=reviewer).version

    page = Client().get(f"/products/{version.id}/").content.decode()

    assert "公示至" in page
    assert "购买，下一步看合约" not in page


def test_the_api_answers_the_same_question_as_the_page(supplier: Member, reviewer: Member) -> None:
    given_listing(supplier, reviewer=reviewer, title="空气质量", sector="environment", price_minor=0)
    given_listing(supplier, reviewer=reviewer, title="发电厂", keywords=[], sector="energy", price_minor=500)

    answer = Client().get("/api/listings/catalogue?sector=energy&sector=environment&price=free&sort=cheapest").json()

    assert (answer["total"], answer["page"], answer["pages"]) == (1, 1, 1)
    assert [(item["title"], item["price_minor"], item["format"]) for item in answer["items"]] == [
        ("空气质量", 0, "csv")
    ]
    assert {each["value"]: each["count"] for each in answer["facets"]["price"]} == {"free": 1, "under-1000": 1}
    assert answer["facets"]["supplier"][0]["name"] == "太原晋环数据科技有限公司"
    assert Client().get("/api/listings/catalogue?page=0").status_code == 422
