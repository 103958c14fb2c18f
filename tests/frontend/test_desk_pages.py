"""The operator's and authorities' pages: who comes in, what they do, and what a refusal leaves alone."""

import pytest
from django.test import Client
from django.urls import reverse

from listings import products
from listings.models import ProductVersion
from listings.offers import open as open_offer
from listings.states import VersionState
from market.participants.members import Member, Role
from market.participants.models import Person
from tests.builders import USAGE, given_draft, given_operator, given_signatory

pytestmark = pytest.mark.django_db


def client_of(member: Member) -> Client:
    client = Client()
    client.force_login(Person.objects.get(id=member.person_id))
    return client


def given_submitted(supplier: Member) -> ProductVersion:
    version = given_draft(supplier)
    open_offer(version.id, name="单次下载", price_minor=48_000, usage=USAGE, acceptance_days=3, by=supplier)
    return products.submit(version.id, by=supplier)


def test_a_reviewer_reads_and_approves_a_version() -> None:
    version = given_submitted(given_signatory().member)
    client = client_of(given_operator(Role.REVIEWER))

    queue = client.get(reverse("frontend:reviews")).content.decode()
    page = client.get(reverse("frontend:review", args=[version.id])).content.decode()
    answer = client.post(reverse("frontend:review_approval", args=[version.id]))

    version.refresh_from_db()
    assert version.title in queue
    assert version.resource.file_sha256[:8] in page
    assert answer.status_code == 302
    assert version.state in {VersionState.LISTED, VersionState.PUBLICITY}


def test_a_version_is_returned_only_with_a_reason() -> None:
    version = given_submitted(given_signatory().member)
    client = client_of(given_operator(Role.REVIEWER))
    address = reverse("frontend:review_refusal", args=[version.id])

    without = client.post(address, {"reason": "", "act": "return"})
    state = ProductVersion.objects.get().state
    with_reason = client.post(address, {"reason": "来源说明不足", "act": "return"})

    assert (without.status_code, state) == (422, VersionState.SUBMITTED)
    assert with_reason.status_code == 302
    assert ProductVersion.objects.get().state == VersionState.RETURNED
