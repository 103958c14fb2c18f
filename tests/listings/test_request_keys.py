"""A request that makes something and is sent again under its key makes nothing new."""

import pytest

from listings import offers, products
from listings.models import DataProduct, Offer, ProductVersion
from market.events.models import Event
from market.kernel.errors import Conflict
from tests.builders import USAGE, description, given_draft, given_resource, given_signatory

pytestmark = pytest.mark.django_db


def test_a_draft_sent_twice_is_one_product_with_one_version() -> None:
    supplier = given_signatory().member
    resource = given_resource(supplier)

    first = products.draft(resource.id, description(), key="k-1", by=supplier)
    again = products.draft(resource.id, description(), key="k-1", by=supplier)

    assert again == first
    assert (DataProduct.objects.count(), ProductVersion.objects.count()) == (1, 1)
    assert Event.objects.filter(kind="version.drafted").count() == 1
    assert products.draft(resource.id, description(), key="k-2", by=supplier) != first
    assert products.draft(resource.id, description(), by=supplier) != products.draft(
        resource.id, description(), by=supplier
    )


def test_a_key_does_not_stand_for_another_draft() -> None:
    supplier = given_signatory().member
    resource = given_resource(supplier)
    first = products.draft(resource.id, description(), key="k-1", by=supplier)

    with pytest.raises(Conflict) as refusal:
        products.draft(resource.id, description(title="另一个标题"), key="k-1", by=supplier)

    assert refusal.value.extra == {"version": first.urn}
    assert ProductVersion.objects.get().title == first.title


def test_an_offer_sent_twice_is_one_offer_and_its_key_stands_for_no_other() -> None:
    supplier = given_signatory().member
    version = given_draft(supplier)

    first = offers.open(version.id, name="单次下载", price_minor=100, usage=USAGE, key="k-1", by=supplier)
    again = offers.open(version.id, name="单次下载", price_minor=100, usage=USAGE, key="k-1", by=supplier)

    assert again == first
    with pytest.raises(Conflict) as refusal:
        offers.open(version.id, name="单次下载", price_minor=200, usage=USAGE, key="k-1", by=supplier)
    assert refusal.value.extra == {"offer": first.urn}
    assert Offer.objects.get().price_minor == 100
    assert Event.objects.filter(kind="offer.opened").count() == 1
