"""Listings on files that intake really read."""

from typing import Any

from listings import offers, products, resources, reviews, tasks
from listings.models import DataResource, ProductVersion
from market.participants.members import Member
from tests.builders import USAGE, description


def given_read_resource(supplier: Member, content: bytes, filename: str = "air.csv") -> DataResource:
    """A file that went through the locked child to its end."""
    resource = resources.upload(resources.receive(iter([content])), name=filename, filename=filename, by=supplier)
    tasks.read(resource.id)
    return DataResource.objects.get(id=resource.id)


def given_read_listing(
    supplier: Member,
    reviewer: Member,
    content: bytes,
    filename: str = "air.csv",
    price_minor: int = 48_000,
    **said: Any,
) -> ProductVersion:
    """A listed version of a file that intake read, with one public offer."""
    resource = given_read_resource(supplier, content, filename)
    product_id = said.pop("product_id", None)
    version = products.draft(resource.id, description(**said), product_id=product_id, by=supplier)
    offers.open(version.id, name="单次下载", price_minor=price_minor, usage=USAGE, acceptance_days=3, by=supplier)
    products.submit(version.id, by=supplier)
    return reviews.approve(version.id, by=reviewer)
