"""What the supplier says about a file is how it is read: at the upload, or later without a second one."""

from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.urls import reverse

from listings import resources, tasks
from listings.models import DataResource
from listings.resources import Choices
from listings.states import ResourceState
from market.kernel.errors import Invalid
from market.participants.members import Member
from tests.builders import given_signatory
from tests.frontend.clients import client_of, text

pytestmark = pytest.mark.django_db
YEARS = b"2019;7\n2020;8\n2021;9\n"


def workbook() -> bytes:
    """Two sheets; the second has no row of names."""
    book = openpyxl.Workbook()
    book.active.title = "说明"
    for row in (("指标", "单位"), ("PM2.5", "微克")):
        book.active.append(row)
    second = book.create_sheet("数据")
    for line in ((1, "甲"), (2, "乙"), (3, "丙")):
        second.append(line)
    kept = BytesIO()
    book.save(kept)
    return kept.getvalue()


def given_read(supplier: Member, content: bytes, filename: str, choices: Choices | None = None) -> DataResource:
    """A file taken in by the real child under these choices."""
    received = resources.receive(iter([content]))
    resource = resources.upload(received, name="", filename=filename, choices=choices, by=supplier)
    return read(resource)


def read(resource: DataResource) -> DataResource:
    """The job has run."""
    tasks.read(resource.id)
    resource.refresh_from_db()
    return resource


def names(resource: DataResource) -> list[str]:
    """The columns as they were read."""
    assert resource.profile is not None
    return [column["name"] for column in resource.profile["columns"]]


def test_a_first_row_that_is_data_is_kept_as_a_row() -> None:
    supplier = given_signatory().member

    said = given_read(supplier, b"name,sum\na,1\nb,2\n", "said.csv", Choices(has_header=False))

    assert said.row_count == 3
    assert "name" not in names(said)


def test_a_chosen_sheet_is_read_and_the_others_are_named() -> None:
    resource = given_read(given_signatory().member, workbook(), "两表.xlsx", Choices(sheet="数据", has_header=False))

    assert resource.state == ResourceState.READY
    assert resource.row_count == 3
    assert resource.profile is not None
    assert (resource.profile["sheet"], resource.profile["other_sheets"]) == ("数据", ["说明"])


def test_a_sheet_that_is_not_there_is_told_with_those_that_are() -> None:
    resource = given_read(given_signatory().member, workbook(), "两表.xlsx", Choices(sheet="附表"))

    assert resource.state == ResourceState.REFUSED
    assert resource.problem is not None
    assert resource.problem["reason"] == "unknown_sheet"
    assert resource.problem["facts"] == {"sheet": "附表", "sheets": "说明, 数据"}


def test_a_file_is_read_again_from_the_store_on_the_page_and_the_page_says_how() -> None:
    supplier = given_signatory().member
    resource = given_read(supplier, workbook(), "两表.xlsx")
    client = client_of(supplier)
    address = reverse("frontend:resource", args=[resource.id])

    before = text(client.get(address))
    client.post(reverse("frontend:resource_reading", args=[resource.id]), {"sheet": "数据", "has_header": "no"})
    again = read(resource)
    after = text(client.get(address))

    assert '<option value="数据">' in before
    assert "id_encoding" not in before
    assert (again.row_count, again.sheet, again.has_header) == (3, "数据", False)
    assert '<option value="数据" selected>' in after
    assert "本身就是数据" in after
    assert DataResource.objects.count() == 1


def test_the_upload_page_takes_the_choices_with_the_file() -> None:
    supplier = given_signatory().member
    file = BytesIO(YEARS)
    file.name = "years.csv"

    client_of(supplier).post(
        reverse("frontend:upload"),
        {"file": file, "name": "", "delimiter": ";", "has_header": "no", "encoding": "", "sheet": ""},
    )

    resource = read(DataResource.objects.get())
    assert (resource.delimiter, resource.has_header, resource.row_count) == (";", False, 3)


def test_the_api_takes_the_choices_beside_the_file_and_reads_again_with_others() -> None:
    supplier = given_signatory().member
    client = client_of(supplier)
    address = "/api/listings/resources"

    made: Any = client.post(
        f"{address}?filename=years.csv&has_header=false&delimiter=%3B", YEARS, content_type="application/octet-stream"
    )
    first = read(DataResource.objects.get())
    rows = first.row_count
    client.post(f"{address}/{first.id}/reading", {"has_header": True}, content_type="application/json")
    again = read(first)

    assert made.status_code == 201
    assert (rows, again.row_count, again.delimiter) == (3, 2, "")


@pytest.mark.parametrize(
    ("sent", "field"),
    [("delimiter=x", "delimiter"), ("encoding=morse", "encoding")],
)
def test_the_api_refuses_an_unknown_choice_by_field_before_it_takes_a_byte(sent: str, field: str) -> None:
    client = client_of(given_signatory().member)

    answer = client.post(
        f"/api/listings/resources?filename=a.csv&{sent}", YEARS, content_type="application/octet-stream"
    )

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["fields"]] == [field]
    assert not DataResource.objects.exists()


def test_an_unknown_choice_leaves_no_file_behind() -> None:
    supplier = given_signatory().member
    received = resources.receive(iter([YEARS]))

    with pytest.raises(Invalid):
        resources.upload(received, name="", filename="a.csv", choices=Choices(delimiter="x"), by=supplier)

    assert not received.path.exists()
    assert not DataResource.objects.exists()
