"""The operator's and authorities' pages: who comes in, what they do, and what a refusal leaves alone."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from listings import products
from listings.models import ProductVersion
from listings.offers import open as open_offer
from listings.states import VersionState
from market.events.models import Event
from market.participants.members import Member, Role
from market.participants.models import Admission, Person
from tests.builders import (
    USAGE,
    description,
    given_applicant,
    given_draft,
    given_operator,
    given_signatory,
    given_submitted_admission,
)
from tests.listings.given import given_read_resource

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
    assert re.search(r'data-label="期限">(<time [^>]*>)?\d', queue)
    assert version.resource.file_sha256[:8] in page
    assert answer.status_code == 302
    assert version.state in {VersionState.LISTED, VersionState.PUBLICITY}


def test_a_reviewer_sees_preview_and_fields_as_they_will_be_listed() -> None:
    reviewer = given_operator(Role.REVIEWER)
    supplier = given_signatory(reviewer=reviewer).member
    content = b"station,pm25\n" + b"".join(b"S%d,%d\n" % (n % 3, n % 40) for n in range(99))
    resource = given_read_resource(supplier, content)
    said = description(dictionary=[{"name": "pm25", "meaning": "细颗粒物", "unit": "μg/m³"}])
    version = products.draft(resource.id, said, by=supplier)
    open_offer(version.id, name="单次下载", price_minor=48_000, usage=USAGE, acceptance_days=3, by=supplier)
    products.submit(version.id, by=supplier)

    page = client_of(reviewer).get(reverse("frontend:review", args=[version.id])).content.decode()

    assert '<table class="preview">' in page
    assert "S1" in page
    assert "细颗粒物" in page


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


def test_an_application_opens_only_for_a_reason_and_its_look_is_recorded() -> None:
    applicant = given_applicant()
    admission_id = given_submitted_admission(applicant)
    statement = Admission.objects.get().source_statement
    client = client_of(given_operator(Role.REVIEWER))
    address = reverse("frontend:admission_letter", args=[admission_id])

    closed = client.get(address)
    without = client.post(address, {"reason": ""})
    looks = Event.objects.filter(kind="party.looked").count()
    opened = client.post(address, {"reason": "准入审核"})
    scan = client.post(reverse("frontend:admission_licence", args=[admission_id]), {"reason": "准入审核"})

    assert (closed.status_code, without.status_code, looks) == (200, 422, 0)
    assert statement not in closed.content.decode()
    assert statement in opened.content.decode()
    assert scan.headers["Content-Disposition"].startswith("attachment")
    assert Event.objects.filter(kind="party.looked").count() == 2


def test_a_reviewer_admits_once() -> None:
    admission_id = given_submitted_admission(given_applicant())
    client = client_of(given_operator(Role.REVIEWER))
    address = reverse("frontend:admission_decision", args=[admission_id])

    first = client.post(address)
    told = Event.objects.count()
    second = client.post(address)

    assert (first.status_code, second.status_code) == (302, 409)
    assert Admission.objects.get().state == "admitted"
    assert Event.objects.count() == told


def test_a_return_without_a_reason_is_told_at_its_field_and_the_file_stays_open() -> None:
    applicant = given_applicant()
    admission_id = given_submitted_admission(applicant)
    statement = Admission.objects.get().source_statement
    client = client_of(given_operator(Role.REVIEWER))
    address = reverse("frontend:admission_refusal", args=[admission_id])

    without = client.post(address, {"reason": "", "act": "return", "look_reason": "准入审核"})
    unread = client.post(address, {"reason": "", "act": "return"})

    page = without.content.decode()
    assert (without.status_code, unread.status_code) == (422, 422)
    assert statement in page
    assert 'id="decision_reason_error"' in page
    assert statement not in unread.content.decode()
    assert Admission.objects.get().state == "submitted"
    assert Event.objects.filter(kind="party.looked").count() == 1


def test_a_reviewer_reads_division_and_sector_in_words() -> None:
    admission_id = given_submitted_admission(given_applicant(district="140105", sector="environment"))
    client = client_of(given_operator(Role.REVIEWER))

    page = client.post(reverse("frontend:admission", args=[admission_id]), {"reason": "准入审核"}).content.decode()

    assert "小店区 140105" in page
    assert "<dd>生态环境</dd>" in page
