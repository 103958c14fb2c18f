"""People's and organisations' pages: inbox, registration, application, members, keys, sign-in."""

from io import BytesIO

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from market import rules
from market.participants import admissions
from market.participants.members import Member, Role
from market.participants.models import Admission, ApiKey, Invitation, Organisation, Person, PublicKey
from market.participants.states import AdmissionState
from tests.builders import (
    given_applicant,
    given_operator,
    given_person,
    given_signatory,
    given_submitted_admission,
    given_uscc,
)

pytestmark = pytest.mark.django_db


def client_of(member: Member) -> Client:
    client = Client()
    client.force_login(Person.objects.get(id=member.person_id))
    return client


def test_a_person_without_an_organisation_registers_one() -> None:
    client = Client()
    client.force_login(given_person())
    said = {"kind": "enterprise", "name": "新公司", "uscc": given_uscc(), "district": "140105", "sector": "energy"}

    first = client.get(reverse("frontend:inbox"))
    wrong = client.post(reverse("frontend:organisation"), {**said, "uscc": said["uscc"][:17] + "?"})
    right = client.post(reverse("frontend:organisation"), said)

    assert first.headers["Location"] == reverse("frontend:organisation")
    assert wrong.status_code == 422
    assert "新公司" in wrong.content.decode()
    assert right.status_code == 302
    assert Organisation.objects.get().name == "新公司"


def test_an_application_names_what_is_missing_and_is_handed_in_when_whole() -> None:
    applicant = given_applicant()
    client = client_of(applicant)
    scan = BytesIO(b"%PDF-1.4\n1 0 obj\n")
    scan.name = "licence.pdf"
    said = {"source_statement": "自有业务系统产生的数据，合法持有", "legal_representative": "张三"}
    said |= {"contact_name": "李四", "contact_phone": "0351-1234567"}

    wrong = client.post(reverse("frontend:application"), said)
    right = client.post(
        reverse("frontend:application"), {**said, "licence": scan, "terms": "on", "has_clean_record": "on"}
    )

    assert wrong.status_code == 422
    assert "自有业务系统产生的数据" in wrong.content.decode()
    assert right.status_code == 302
    assert Admission.objects.get().state == AdmissionState.SUBMITTED


def test_an_invitation_is_sent_and_accepted_by_its_link() -> None:
    admin = given_signatory().member
    joiner = given_person("joiner")

    client_of(admin).post(reverse("frontend:invite"), {"email": joiner.email, "roles": ["trader"]})
    stranger = Client()
    stranger.force_login(joiner)
    closed = stranger.get(reverse("frontend:invitation", args=["no-such-secret"]))

    assert Invitation.objects.get().email == joiner.email
    assert closed.status_code == 404
    assert mail.outbox == []  # letters leave by their job, never inside a page


def test_keys_are_made_registered_and_issued_on_one_page() -> None:
    applicant = given_applicant()
    client = client_of(applicant)

    weak = client.post(reverse("frontend:key_make"), {"pin-pin": "123"})
    kept = client.post(reverse("frontend:key_make"), {"pin-pin": "a long enough pin"})
    issued = client.post(reverse("frontend:api_key_issue"), {"program-name": "erp", "program-scopes": ["read"]})

    assert weak.status_code == 422
    assert kept.status_code == 302
    assert PublicKey.objects.get().provider == "sealed_key"
    assert "dm_" in issued.content.decode()
    assert issued.headers["Cache-Control"] == "no-store"
    assert "dm_" not in client.get(reverse("frontend:keys")).content.decode()
    assert ApiKey.objects.get().scopes == ["read"]


@pytest.mark.parametrize("name", ["account_login", "account_signup", "account_reset_password"])
def test_sign_in_pages_look_as_everything_does(name: str) -> None:
    answer = Client().get(reverse(name))

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "frontend/market" in page
    assert "button" in page


def test_the_second_factor_pages_answer() -> None:
    client = client_of(given_operator())

    assert client.get(reverse("mfa_index")).status_code == 200


def test_the_inbox_answers_for_members_and_sends_visitors_to_sign_in() -> None:
    assert client_of(given_signatory().member).get(reverse("frontend:inbox")).status_code == 200
    assert "/accounts/login" in Client().get(reverse("frontend:inbox")).headers["Location"]


def test_a_fault_in_the_summary_names_its_field() -> None:
    client = client_of(given_applicant())

    page = client.post(reverse("frontend:application"), {}).content.decode()

    assert "联系人：" in page.partition('class="error-summary"')[2].partition("</ul>")[0]


def test_a_scan_that_lies_with_the_application_is_said_and_not_asked_for_again() -> None:
    applicant = given_applicant()
    client = client_of(applicant)
    scan = BytesIO(b"%PDF-1.4\n1 0 obj\n")
    scan.name = "licence.pdf"
    said = {"source_statement": "自有业务系统产生的数据，合法持有", "legal_representative": "张三"}
    said |= {"contact_name": "李四", "contact_phone": "0351-1234567"}

    client.post(reverse("frontend:application"), {**said, "licence": scan})  # the terms are not accepted yet
    page = client.get(reverse("frontend:organisation")).content.decode()
    again = client.post(reverse("frontend:application"), {**said, "terms": "on", "has_clean_record": "on"})

    assert "扫描件licence.pdf已附上" in page
    assert again.status_code == 302
    assert Admission.objects.get().state == AdmissionState.SUBMITTED


def test_members_roles_stand_in_words() -> None:
    page = client_of(given_applicant()).get(reverse("frontend:organisation")).content.decode()

    assert "管理员" in page
    assert "admin, trader" not in page


def test_who_has_signed_in_without_an_organisation_is_offered_the_next_step_and_the_way_out() -> None:
    client = Client()
    client.force_login(given_person())

    header = client.get(reverse("frontend:organisation")).content.decode().partition("</header>")[0]

    assert reverse("account_logout") in header
    assert reverse("account_signup") not in header
    assert reverse("account_login") not in header


def test_what_is_wrong_at_sign_up_and_sign_in_is_said_in_chinese_without_addressing_the_reader() -> None:
    client = Client(headers={"Accept-Language": "zh-hans"})
    said = {"email": "wang@new.example", "name": "王建国", "password1": "123", "password2": "123"}

    up = client.post(reverse("account_signup"), said).content.decode()
    in_ = client.post(reverse("account_login"), {"login": "wang@new.example", "password": "x"}).content.decode()

    assert "密码不足10个字符" in up
    assert "This password" not in up
    assert "邮箱或密码不对" in in_
    assert not {"您", "你"} & set(up + in_)


def test_why_an_application_came_back_is_shown_until_it_is_handed_in_again() -> None:
    applicant = given_applicant()
    admission_id = given_submitted_admission(applicant)
    admissions.send_back(admission_id, reason="扫描件不清晰", by=given_operator(Role.REVIEWER))
    client = client_of(applicant)

    returned = client.get(reverse("frontend:organisation")).content.decode()
    admissions.submit(
        admission_id,
        source_statement="自有业务系统产生的数据，合法持有",
        legal_representative="张三",
        terms_version=rules.current("terms.participant").version,
        has_clean_record=True,
        by=applicant,
    )
    waiting = client.get(reverse("frontend:organisation")).content.decode()

    assert "扫描件不清晰" in returned
    assert "扫描件不清晰" not in waiting
