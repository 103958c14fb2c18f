"""The inbox follows a product version through its review."""

from datetime import timedelta
from uuid import UUID

import pytest

from listings import offers, products, reviews
from listings.models import ProductVersion
from market.events import dispatch
from market.notifications.models import Mail, Task
from market.participants.members import Member, Role
from tests.builders import USAGE, given_draft, given_operator, given_signatory

pytestmark = pytest.mark.django_db


def given_submitted(supplier: Member) -> ProductVersion:
    """A version in review."""
    version = given_draft(supplier)
    offers.open(version.id, name="单次下载", price_minor=48_000, usage=USAGE, by=supplier)
    return products.submit(version.id, by=supplier)


def waiting(version: ProductVersion) -> list[tuple[str, UUID]]:
    """Which tasks are open on the version, after everything was told: kind and organisation."""
    dispatch.run_once(lambda name, payload: None)
    return [(task.kind, task.organisation_id) for task in Task.objects.filter(subject=version.id, done_at=None)]


def test_a_submitted_version_asks_the_reviewer_and_a_returned_one_its_supplier() -> None:
    supplier, reviewer = given_signatory().member, given_operator(Role.REVIEWER)
    version = given_submitted(supplier)
    assert waiting(version) == [("version.review", reviewer.organisation_id)]

    reviews.send_back(version.id, reason="写明单位", by=reviewer)
    assert waiting(version) == [("version.mend", supplier.organisation_id)]

    products.submit(version.id, by=supplier)
    assert waiting(version) == [("version.review", reviewer.organisation_id)]


@pytest.mark.parametrize("is_approved", [True, False], ids=["approved", "rejected"])
def test_a_decided_version_asks_nobody_and_tells_its_supplier_by_letter(is_approved: bool) -> None:
    supplier, reviewer = given_signatory().member, given_operator(Role.REVIEWER)
    version = given_submitted(supplier)
    waiting(version)
    before = Mail.objects.count()

    if is_approved:
        reviews.approve(version.id, by=reviewer)
    else:
        reviews.reject(version.id, reason="来源不明", by=reviewer)

    assert waiting(version) == []
    assert Mail.objects.count() == before + 1


def test_a_withdrawn_version_is_no_longer_to_be_reviewed() -> None:
    supplier = given_signatory().member
    given_operator(Role.REVIEWER)
    version = given_submitted(supplier)
    assert waiting(version)

    products.withdraw(version.id, by=supplier)

    assert waiting(version) == []


def test_a_review_has_the_time_limit_of_the_rule() -> None:
    supplier = given_signatory().member
    given_operator(Role.REVIEWER)
    version = given_submitted(supplier)

    waiting(version)

    assert version.submitted_at is not None
    assert Task.objects.get(subject=version.id).due_at == version.submitted_at + timedelta(days=2)
