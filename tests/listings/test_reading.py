"""A file read by the locked child: what its supplier is told, and what strangers may see of it."""

import json

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from listings import faults, offers, products, resources, reviews, tasks
from listings.intake.problems import REASONS, REFUSALS
from listings.models import DataResource
from listings.states import ResourceState
from market import process
from market.participants.members import Member, Role, system
from market.participants.models import Person
from tests.builders import USAGE, description, given_operator, given_signatory

pytestmark = pytest.mark.django_db


def given_read(supplier: Member, content: bytes, filename: str = "data.csv") -> DataResource:
    """A file taken in by the real child."""
    received = resources.receive(iter([content]))
    resource = resources.upload(received, name=filename, filename=filename, by=supplier)
    tasks.read(resource.id)
    resource.refresh_from_db()
    return resource


def client_of(member: Member) -> Client:
    client = Client()
    client.force_login(Person.objects.get(id=member.person_id))
    return client


@pytest.mark.parametrize(
    ("language", "sentence", "fix"),
    [("en", "The row has 3 cells, the first row has 2.", "Give every row"), ("zh-hans", "3", "引号")],
)
def test_a_ragged_row_is_told_by_row_sentence_and_fix(language: str, sentence: str, fix: str) -> None:
    supplier = given_signatory().member
    resource = given_read(supplier, b"a,b\n1,2\n1,2,3\n")
    client = client_of(supplier)
    client.cookies["language"] = language

    page = client.get(reverse("frontend:resource", args=[resource.id])).content.decode()
    answer = client.get(f"/api/listings/resources/{resource.id}").json()["problem"]

    assert resource.state == ResourceState.REFUSED
    assert answer["code"] == "ragged_row"
    assert (answer["row"], sentence in answer["reason"], fix in answer["fix"]) == (3, True, True)
    assert answer["reason"] in page
    assert answer["fix"] in page
    assert "ragged_row" not in page
    assert not resource.parquet_key


@pytest.mark.parametrize("code", [*REASONS, *REFUSALS])
def test_every_fault_has_a_chinese_sentence(code: str) -> None:
    facts = dict.fromkeys(
        ("found", "expected", "byte", "encoding", "limit", "sheet", "sheets", "what", "key", "how", "name"), "7"
    )
    problem = {"reason" if code in REASONS else "code": code, "facts": facts}

    with translation.override("en"):
        english = faults.in_words(problem)
    with translation.override("zh-hans"):
        chinese = faults.in_words(problem)

    assert english is not None
    assert chinese is not None
    assert chinese["reason"] != english["reason"]
    assert code not in {chinese["reason"], english["reason"]}


def test_strangers_see_no_extreme_and_no_value_that_few_rows_share() -> None:
    supplier = given_signatory().member
    rows = [f"S{n % 3},{1000 + n},common" for n in range(60)]
    rows += ["ONLY-ONE-STATION,987654321,rare-word", "S1,-123456789,common"]
    resource = given_read(supplier, ("station,reading,note\n" + "\n".join(rows) + "\n").encode())
    version = products.draft(resource.id, description(), by=supplier)
    offers.open(version.id, name="单次下载", price_minor=100, usage=USAGE, by=supplier)
    products.submit(version.id, by=supplier)
    reviews.approve(version.id, by=given_operator(Role.REVIEWER))

    own = json.dumps(client_of(supplier).get(f"/api/listings/resources/{resource.id}").json()["profile"])
    listing = Client().get(f"/api/listings/catalogue/{version.id}").json()
    shown = json.dumps(listing["columns"])

    assert resource.state == ResourceState.READY
    assert listing["columns"]
    for secret in ("987654321", "-123456789", "ONLY-ONE-STATION", "rare-word"):
        assert secret in own
        assert secret not in shown


def given_begun(content: bytes = b"a,b\n1,2\n", times: int = 1) -> DataResource:
    """A file whose reader began and was killed, so many times."""
    received = resources.receive(iter([content]))
    resource = resources.upload(received, name="x", filename="x.csv", by=given_signatory().member)
    for _ in range(times):
        resource = resources.begin(resource.id, by=system("intake"))
    return resource


def test_what_a_killed_reader_left_is_read_at_the_next_sweep() -> None:
    resource = given_begun()

    tasks.sweep_intake()

    resource.refresh_from_db()
    assert (resource.state, resource.attempts, resource.row_count) == (ResourceState.READY, 2, 1)


def test_a_file_that_is_being_read_is_left_to_its_reader() -> None:
    resource = given_begun(times=3)

    with process.claim(resource.id) as is_ours:
        tasks.sweep_intake()
        tasks.read(resource.id)

    resource.refresh_from_db()
    assert is_ours
    assert (resource.state, resource.attempts) == (ResourceState.PROCESSING, 3)


def test_a_file_whose_reading_was_interrupted_three_times_is_refused() -> None:
    resource = given_begun(times=3)

    tasks.sweep_intake()

    resource.refresh_from_db()
    assert resource.state == ResourceState.REFUSED
    assert resource.problem is not None
    assert resource.problem["reason"]
