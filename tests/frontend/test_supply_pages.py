"""A supplier's pages: upload, read, describe, price, submit."""

from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse

from listings import resources
from listings.models import DataResource, Offer, ProductVersion
from listings.states import ResourceState, VersionState
from market.events.models import Event
from market.participants.members import Member, system
from market.participants.models import Person
from tests.builders import CSV, USAGE, description, given_draft, given_listing, given_resource, given_signatory

pytestmark = pytest.mark.django_db


def client_of(member: Member) -> Client:
    client = Client()
    client.force_login(Person.objects.get(id=member.person_id))
    return client


def form_of(**changed: str) -> dict[str, object]:
    said = {**description(), "keywords": "空气质量，PM2.5", "preview": "public"}
    return {**said, **changed}


OFFER = {
    "name": "单次下载",
    "price": "480.00",
    "acceptance_days": "3",
    "term_days": "365",
    "uses_max": "3",
    "purposes": "internal-analysis",
    "territory": "CN",
    "delete_within_days": "30",
    "incident_report_hours": "24",
}


def test_an_uploaded_file_is_registered_and_its_page_shows_the_progress() -> None:
    supplier = given_signatory().member
    client = client_of(supplier)
    file = BytesIO(CSV)
    file.name = "../空气 质量.csv"

    answer = client.post(reverse("frontend:upload"), {"file": file, "name": ""})

    resource = DataResource.objects.get()
    assert answer.status_code == 302
    assert resource.filename == "空气 质量.csv"
    assert resource.state == ResourceState.RECEIVED
    page = client.get(answer.headers["Location"]).content.decode()
    assert "第 1 步，共 7 步" in page
    assert "hx-get" in page


def test_an_empty_file_is_refused_beside_its_field_and_nothing_is_kept() -> None:
    client = client_of(given_signatory().member)
    file = BytesIO(b"")
    file.name = "empty.csv"

    answer = client.post(reverse("frontend:upload"), {"file": file, "name": "保留"})

    assert answer.status_code == 422
    assert "保留" in answer.content.decode()
    assert not DataResource.objects.exists()


def test_a_refused_reading_names_row_and_column_and_can_be_tried_again() -> None:
    supplier = given_signatory().member
    received = resources.receive(iter([b"a,b\n1\n"]))
    resource = resources.upload(received, name="坏文件", filename="bad.csv", by=supplier)
    resources.begin(resource.id, by=system("intake"))
    problem = {"row": 2, "column": 2, "reason": "缺少一格", "fix": "补齐", "count": 1, "places": []}
    resources.refuse(resource.id, problem, by=system("intake"))
    client = client_of(supplier)

    page = client.get(reverse("frontend:resource", args=[resource.id])).content.decode()
    answer = client.post(
        reverse("frontend:resource_reading", args=[resource.id]), {"encoding": "gb18030", "delimiter": ";"}
    )

    assert "第 2 行，第 2 列" in page
    assert "已完成" not in page
    assert "，已停止" in page
    assert "缺少一格" in page
    assert answer.status_code == 302
    resource.refresh_from_db()
    assert (resource.state, resource.encoding, resource.delimiter) == (ResourceState.RECEIVED, "gb18030", ";")


def test_a_product_is_described_priced_and_submitted() -> None:
    supplier = given_signatory().member
    resource = given_resource(supplier)
    client = client_of(supplier)

    client.post(reverse("frontend:product_new", args=[resource.id]), form_of())
    version = ProductVersion.objects.get()
    page = reverse("frontend:version", args=[version.id])
    before = client.get(page).content.decode()
    client.post(reverse("frontend:product_offer", args=[version.id]), OFFER)
    answer = client.post(reverse("frontend:product_submission", args=[version.id]))

    version.refresh_from_db()
    offer = Offer.objects.get()
    assert "disabled" in before
    assert version.keywords == ["空气质量", "PM2.5"]
    assert (offer.price_minor, offer.acceptance_days) == (48_000, 3)
    assert answer.status_code == 302
    assert version.state == VersionState.SUBMITTED


def test_a_submission_without_price_is_refused_with_its_reason_and_nothing_moves() -> None:
    supplier = given_signatory().member
    version = given_draft(supplier)
    told = Event.objects.count()

    answer = client_of(supplier).post(reverse("frontend:product_submission", args=[version.id]))

    version.refresh_from_db()
    assert answer.status_code == 409
    assert version.state == VersionState.DRAFT
    assert Event.objects.count() == told


def test_a_wrong_price_keeps_what_was_typed() -> None:
    supplier = given_signatory().member
    version = given_draft(supplier)

    answer = client_of(supplier).post(
        reverse("frontend:product_offer", args=[version.id]), {**OFFER, "price": "-1", "purposes": "自用"}
    )

    assert answer.status_code == 422
    assert "自用" in answer.content.decode()
    assert not Offer.objects.exists()


def test_another_organisation_finds_nothing_there() -> None:
    supplier, stranger = given_signatory("甲").member, given_signatory("乙").member
    version = given_draft(supplier)
    client = client_of(stranger)

    for address in (
        reverse("frontend:version", args=[version.id]),
        reverse("frontend:resource", args=[version.resource_id]),
        reverse("frontend:product_description", args=[version.id]),
    ):
        assert client.get(address).status_code == 404


def test_a_listing_is_taken_down_only_with_a_reason() -> None:
    supplier = given_signatory().member
    offer = given_listing(supplier, usage=USAGE)
    client = client_of(supplier)
    address = reverse("frontend:product_delisting", args=[offer.version_id])

    without = client.post(address, {"reason": ""})
    with_reason = client.post(address, {"reason": "来源许可到期"})

    assert without.status_code == 422
    assert with_reason.status_code == 302
    assert ProductVersion.objects.get().state == VersionState.DELISTED


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_lists_answer_in_both_languages(language: str) -> None:
    supplier = given_signatory().member
    given_draft(supplier)
    client = client_of(supplier)
    client.cookies["language"] = language

    for name in ("resources", "products", "upload"):
        answer = client.get(reverse(f"frontend:{name}"))
        assert answer.status_code == 200
        assert answer.headers["Content-Language"] == language


def test_a_wrong_territory_is_told_at_its_field_in_the_readers_language() -> None:
    supplier = given_signatory().member
    version = given_draft(supplier)

    answer = client_of(supplier).post(
        reverse("frontend:product_offer", args=[version.id]), {**OFFER, "territory": "中国"}
    )

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "中国不是地域代码" in page.partition('id="id_territory_error"')[2].partition("</p>")[0]
    assert "usage." not in page
    assert not Offer.objects.exists()


def test_data_that_end_before_they_begin_are_refused_at_the_field() -> None:
    supplier = given_signatory().member
    version = given_draft(supplier)
    address = reverse("frontend:product_description", args=[version.id])

    answer = client_of(supplier).post(address, form_of(time_from="2020-04-09", time_to="2020-04-02"))

    assert answer.status_code == 422
    assert 'value="2020-04-09"' in answer.content.decode()
