"""Admission: what an application must hold, what the checks say, who decides, who looks."""

import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from market import holds, rules, storage
from market.events import dispatch
from market.events.models import Event, Opening
from market.holds import Held, Scope
from market.kernel.clock import shifted
from market.kernel.errors import IllegalStep, Invalid, MarketError, NotAllowed, NotFound
from market.notifications import queries as inbox
from market.notifications.models import Mail, Task
from market.participants import admissions, identities, keys, licences, memberships, organisations, queries
from market.participants.errors import AdmissionOpen, LicenceTooLarge
from market.participants.members import Member, OrganisationKind, Role
from market.participants.models import Admission, Organisation, Person
from tests.builders import (
    given_applicant,
    given_authority,
    given_operator,
    given_person,
    given_submitted_admission,
    member_of,
)
from tests.market.participants.test_memberships import given_confirmed

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


def tell() -> None:
    """Let the dispatcher tell what happened."""
    dispatch.run_once(lambda *_: None)


def submit(admission_id: UUID, by: Member, **changed: object) -> Admission:
    said: dict[str, object] = {
        "source_statement": "自有业务系统产生的数据，合法持有",
        "legal_representative": "张三",
        "terms_version": rules.current("terms.participant").version,
        "has_clean_record": True,
    }
    return admissions.submit(admission_id, **(said | changed), by=by)  # type: ignore[arg-type]


def given_natural_person() -> Member:
    person = given_person("natural")
    organisation = organisations.create(
        kind=OrganisationKind.INDIVIDUAL,
        name="赵六",
        district="140105",
        sector="other",
        identity_number="110101199003078515",
        by=person,
    )
    return member_of(person, organisation)


def test_every_missing_part_is_named_at_once() -> None:
    applicant = given_applicant()
    admission = admissions.draft(by=applicant)

    with pytest.raises(Invalid) as refusal:
        submit(
            admission.id,
            applicant,
            source_statement="短",
            legal_representative=" ",
            terms_version=99,
            has_clean_record=False,
        )

    assert [each["field"] for each in refusal.value.fields] == [
        "source_statement",
        "legal_representative",
        "contact",
        "licence",
        "terms_version",
        "has_clean_record",
    ]
    admission.refresh_from_db()
    assert admission.state == "draft"
    assert not Event.objects.filter(kind="admission.submitted").exists()


def test_an_application_is_due_by_the_rule_in_force_when_it_came_in() -> None:
    admission = Admission.objects.get(id=given_submitted_admission(given_applicant()))

    assert admission.submitted_at is not None
    assert admission.review_due_at == admission.submitted_at + timedelta(days=2)


def test_a_second_application_beside_an_open_one_is_refused() -> None:
    applicant = given_applicant()
    given_submitted_admission(applicant)

    with pytest.raises(AdmissionOpen):
        admissions.draft(by=applicant)


@pytest.mark.parametrize(
    ("content", "kind"), [(b"%PDF-1.7 x", "pdf"), (PNG, "png"), (b"\xff\xd8\xff\xe0 jfif", "jpeg")]
)
def test_a_scan_is_known_by_its_bytes(content: bytes, kind: str) -> None:
    applicant = given_applicant()
    admission = admissions.draft(by=applicant)

    admission = admissions.attach_licence(admission.id, io.BytesIO(content), name="执照.exe", by=applicant)

    assert admission.licence_type == kind
    assert storage.get_bytes(admission.licence_key) == content


@pytest.mark.parametrize("content", [b"MZ\x90\x00", b"<svg onload=1>", b"", b"PDF-1.4"])
def test_a_file_that_only_claims_to_be_a_scan_is_refused(content: bytes) -> None:
    applicant = given_applicant()
    admission = admissions.draft(by=applicant)

    with pytest.raises(Invalid):
        admissions.attach_licence(admission.id, io.BytesIO(content), name="licence.pdf", by=applicant)

    admission.refresh_from_db()
    assert admission.licence_key == ""


def test_a_scan_of_ten_mebibytes_passes_and_one_byte_more_does_not() -> None:
    whole = b"%PDF-" + b"\x00" * (licences.BYTES_MAX - 5)

    assert licences.receive(io.BytesIO(whole), name="a.pdf", folder="t").type == "pdf"
    with pytest.raises(LicenceTooLarge):
        licences.receive(io.BytesIO(whole + b"\x00"), name="a.pdf", folder="t")


def test_a_scan_cannot_be_changed_under_the_reviewers_eyes() -> None:
    applicant = given_applicant()
    admission_id = given_submitted_admission(applicant)
    before = Admission.objects.get(id=admission_id).licence_key

    with pytest.raises(IllegalStep):
        admissions.attach_licence(admission_id, io.BytesIO(PNG), name="b.png", by=applicant)

    assert Admission.objects.get(id=admission_id).licence_key == before


def test_the_checks_tell_the_reviewer_what_does_not_fit() -> None:
    first, second = given_applicant("同名公司"), given_applicant("同名公司")
    given_submitted_admission(first)
    admission_id = given_submitted_admission(second)

    file = queries.file(admission_id, by=second)

    assert {finding.check: finding.passed for finding in file.findings} == {
        "code": True,
        "name": False,
        "contact": False,
        "licence": True,
        "terms": True,
        "representative": False,
    }


def test_a_scan_whose_name_lies_is_a_finding() -> None:
    applicant = given_applicant()
    organisations.change(contact_name="李四", contact_phone="0351-1234567", contact_email="", by=applicant)
    admission = admissions.draft(by=applicant)
    admissions.attach_licence(admission.id, io.BytesIO(PNG), name="licence.pdf", by=applicant)

    file = queries.file(submit(admission.id, applicant).id, by=applicant)

    [finding] = [each for each in file.findings if each.check == "licence"]
    assert not finding.passed


def test_only_a_reviewer_admits_and_an_admitted_organisation_may_trade() -> None:
    applicant = given_applicant()
    admission_id = given_submitted_admission(applicant)

    with pytest.raises(NotAllowed):
        admissions.admit(admission_id, by=given_operator(Role.CLERK))
    admissions.admit(admission_id, by=given_operator(Role.REVIEWER))

    member = organisations.member(applicant.person_id, applicant.organisation_id)
    assert member is not None
    assert member.is_admitted


def test_a_reviewer_does_not_decide_the_application_of_an_organisation_of_their_own() -> None:
    reviewer = given_operator(Role.REVIEWER)
    person = Person.objects.get(id=reviewer.person_id)
    from tests.builders import given_uscc

    own = organisations.create(
        kind=OrganisationKind.ENTERPRISE, name="自家", district="140105", sector="other", uscc=given_uscc(), by=person
    )
    admission_id = given_submitted_admission(member_of(person, own))

    with pytest.raises(NotAllowed):
        admissions.admit(admission_id, by=reviewer)

    assert Admission.objects.get(id=admission_id).state == "submitted"


def test_a_returned_application_comes_back_with_its_reasons_and_can_be_handed_in_again() -> None:
    applicant, reviewer = given_applicant(), given_operator(Role.REVIEWER)
    admission_id = given_submitted_admission(applicant)

    with pytest.raises(Invalid):
        admissions.send_back(admission_id, reason="  ", by=reviewer)
    admissions.send_back(admission_id, reason="执照模糊", by=reviewer)
    assert queries.file(admission_id, by=applicant).decision_reason == "执照模糊"
    again = submit(admission_id, applicant)

    assert again.state == "submitted"


def test_a_hold_on_the_applicant_stops_the_decision() -> None:
    applicant, reviewer = given_applicant(), given_operator(Role.REVIEWER)
    admission_id = given_submitted_admission(applicant)
    proposer = given_operator(Role.APPROVER)
    holds.place(
        applicant.organisation_urn,
        scope=Scope.PARTY,
        reason="投诉",
        legal_basis="条例 28",
        proposed_by=proposer.urn,
        by=reviewer,
    )

    with pytest.raises(Held):
        admissions.admit(admission_id, by=reviewer)

    assert Organisation.objects.get(id=applicant.organisation_id).admitted_at is None


def test_the_inbox_follows_the_application() -> None:
    applicant, reviewer = given_applicant(), given_operator(Role.REVIEWER)
    admission_id = given_submitted_admission(applicant)
    tell()
    assert [task.kind for task in inbox.listing(reviewer)] == ["admission.review"]
    assert inbox.count(applicant) == 0

    admissions.send_back(admission_id, reason="执照模糊", by=reviewer)
    tell()
    assert inbox.count(reviewer) == 0
    assert [task.kind for task in inbox.listing(applicant)] == ["admission.mend"]

    submit(admission_id, applicant)
    admissions.admit(admission_id, by=reviewer)
    tell()
    assert inbox.count(applicant) == inbox.count(reviewer) == 0
    assert Task.objects.filter(done_at=None).count() == 0


def test_only_the_admitted_applicant_is_written_to_once() -> None:
    applicant, reviewer = given_applicant(), given_operator(Role.REVIEWER)
    admissions.admit(given_submitted_admission(applicant), by=reviewer)
    address = Person.objects.get(id=applicant.person_id).email

    tell()
    tell()

    assert Mail.objects.filter(address=address).count() == 1


def test_a_reviewer_reads_a_file_only_with_a_reason_and_the_look_stands_in_the_record() -> None:
    applicant, reviewer = given_applicant(), given_operator(Role.REVIEWER)
    admission_id = given_submitted_admission(applicant)

    with pytest.raises(Invalid):
        queries.file(admission_id, by=reviewer, reason=" ")
    file = queries.file(admission_id, by=reviewer, reason="准入审核")

    look = Opening.objects.get(event__kind="party.looked")
    assert look.fields["reason"]["value"] == "准入审核"
    assert look.fields["case"]["value"] == file.number
    assert applicant.organisation_id in look.parties


def test_a_stranger_learns_not_even_that_an_application_exists() -> None:
    admission_id = given_submitted_admission(given_applicant("甲公司"))

    for read in (queries.file, queries.licence):
        with pytest.raises(NotFound):
            read(admission_id, by=given_applicant("乙公司"), reason="好奇")


def test_an_authority_of_another_district_is_refused_and_the_attempt_is_recorded() -> None:
    admission_id = given_submitted_admission(given_applicant(district="140106"))
    official = given_authority(Role.REGULATOR_DATA, district="140105")

    with pytest.raises(MarketError) as refusal:
        queries.file(admission_id, by=official, reason="检查")

    assert refusal.value.status == 403
    assert Event.objects.filter(kind="party.look_refused").count() == 1
    assert not Event.objects.filter(kind="party.looked").exists()


def test_an_identity_number_is_sealed_masked_and_shown_in_full_only_after_a_recorded_look() -> None:
    natural, reviewer = given_natural_person(), given_operator(Role.REVIEWER)
    organisation = Organisation.objects.get(id=natural.organisation_id)
    assert organisation.identity_masked == "110101********8515"
    assert b"110101199003078515" not in bytes(organisation.identity_sealed or b"")

    with pytest.raises(NotAllowed):
        identities.reveal(organisation.id, case="A-1", reason="核对", by=given_operator(Role.CLERK))
    with pytest.raises(Invalid):
        identities.reveal(organisation.id, case="A-1", reason="", by=reviewer)
    number = identities.reveal(organisation.id, case="A-1", reason="核对身份", by=reviewer)

    assert number == "110101199003078515"
    look = Opening.objects.get(event__kind="party.looked")
    assert look.fields["fields"]["value"] == ["identity_number"]
    assert "110101199003078515" not in str(Opening.objects.values_list("fields", flat=True))


def test_the_same_person_cannot_register_twice_under_other_letters() -> None:
    given_natural_person()

    with pytest.raises(MarketError) as refusal:
        given_natural_person()

    assert refusal.value.slug() == "already-registered"


def test_name_and_district_stay_as_they_were_admitted() -> None:
    applicant = given_applicant()
    organisations.change(contact_name="甲", contact_phone="", contact_email="", district="140106", by=applicant)
    given_submitted_admission(applicant)

    with pytest.raises(MarketError) as refusal:
        organisations.change(contact_name="甲", contact_phone="", contact_email="", district="140105", by=applicant)

    assert refusal.value.status == 409
    assert Organisation.objects.get(id=applicant.organisation_id).district == "140106"


def test_over_the_api_a_firm_applies_and_a_reviewer_admits(client: Client) -> None:
    applicant, reviewer = given_applicant(), given_operator(Role.REVIEWER)
    from market.participants.members import system

    _, theirs = keys.issue(name="p", scopes=["admin", "read"], by=applicant)
    _, ours = keys.issue_for_seat(reviewer, name="r", scopes=["review"], by=system("test"))
    firm: Any = {"HTTP_AUTHORIZATION": f"Bearer {theirs}"}
    desk: Any = {"HTTP_AUTHORIZATION": f"Bearer {ours}"}
    organisation = {"contact_name": "李四", "contact_phone": "0351-1234567"}
    assert client.put("/api/organisation", organisation, content_type="application/json", **firm).status_code == 200

    admission = client.post("/api/admissions", **firm).json()
    url = f"/api/admissions/{admission['id']}"
    scan = io.BytesIO(b"%PDF-1.4 scan")
    scan.name = "../../licence.pdf"
    assert client.post(f"{url}/licence", {"licence": scan}, **firm).json()["licence_name"] == "licence.pdf"
    said = {
        "source_statement": "自有业务系统产生的数据，合法持有",
        "legal_representative": "张三",
        "terms_version": 1,
        "has_clean_record": True,
    }
    assert client.post(f"{url}/submit", said, content_type="application/json", **firm).json()["state"] == "submitted"

    assert [each["id"] for each in client.get("/api/admissions/queue", **desk).json()] == [admission["id"]]
    assert client.get(url, **desk).status_code == 422
    assert client.get(url, {"reason": "准入审核"}, **desk).json()["licence_type"] == "pdf"
    scan_answer = client.get(f"{url}/licence", {"reason": "准入审核"}, **desk)
    assert b"".join(scan_answer.streaming_content) == b"%PDF-1.4 scan"  # type: ignore[attr-defined]
    assert scan_answer["Content-Disposition"].startswith("attachment;")
    assert scan_answer["X-Content-Type-Options"] == "nosniff"
    assert scan_answer["Content-Type"] == "application/octet-stream"
    assert client.post(f"{url}/admit", **firm).status_code == 403
    assert client.post(f"{url}/admit", **desk).json()["state"] == "admitted"
    assert client.get("/api/me", **firm).json()["is_admitted"] is True


def test_an_overdue_application_says_so() -> None:
    given_submitted_admission(given_applicant())
    reviewer = given_operator(Role.REVIEWER)

    with shifted(timedelta(days=2, minutes=1)):
        [row] = queries.queue(reviewer)

    assert row.is_overdue


def test_invitations_reach_the_right_desk(client: Client) -> None:
    admin, person = given_applicant(), given_confirmed()
    _, secret = memberships.invite(email=person.email, roles=[Role.TRADER], by=admin)
    client.force_login(person)

    answer = client.post("/api/invitations/accept", {"secret": secret}, content_type="application/json")

    assert answer.status_code == 201
    assert client.get("/api/me").json()["roles"] == ["trader"]
