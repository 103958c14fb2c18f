"""Files and offers in disorder: a sentence for each."""

import pytest

from listings import faults, offers, resources, tasks
from listings.models import Offer
from listings.states import ResourceState
from market.kernel import ids
from market.kernel.errors import Invalid
from tests.builders import USAGE, given_draft, given_signatory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("content", [bytes(range(256)) * 100, b"a,b\n1,\x002\n"])
def test_a_file_in_disorder_is_refused_at_once_with_its_place(content: bytes) -> None:
    supplier = given_signatory().member
    received = resources.receive(iter([content]))
    resource = resources.upload(received, name="x", filename="x.csv", by=supplier)

    tasks.read(resource.id)

    resource.refresh_from_db()
    said = faults.in_words(resource.problem)
    assert (resource.state, resource.attempts) == (ResourceState.REFUSED, 1)
    assert said is not None
    assert said["row"] is not None or said["line"] is not None
    assert said["fix"]


def test_a_file_name_does_not_turn_the_direction_of_writing() -> None:
    assert resources.clean_name("../\u202efdp.exe") == "fdp.exe"
    assert resources.clean_name("a\u2066\x85\u200fb.csv") == "ab.csv"
    assert resources.clean_name("气象 数据.csv") == "气象 数据.csv"


def test_an_offer_to_a_buyer_whom_nobody_knows_is_refused_by_its_field() -> None:
    supplier = given_signatory().member
    version = given_draft(supplier)

    with pytest.raises(Invalid) as refusal:
        offers.open(version.id, name="单次", price_minor=1, usage=USAGE, buyer_id=ids.new_id(), by=supplier)

    assert [each["field"] for each in refusal.value.fields] == ["buyer"]
    assert not Offer.objects.exists()
