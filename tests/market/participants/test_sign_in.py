"""Sign-up, confirmation, reset, second factor and lockout, through the addresses that people use."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.conf import LazySettings, settings
from django.core import mail as sent
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from market.notifications import mail
from market.notifications.models import Mail
from market.participants import accounts
from market.participants.models import Person

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def no_failures_before() -> None:
    """Lockouts of another test's address are not this one's."""
    cache.clear()


def given_account(email: str = "li@test.example") -> Person:
    return accounts.create(email=email, password=PASSWORD, name="李四")


def sign_in(client: Client, email: str, password: str = PASSWORD, **headers: Any) -> int:
    answer = client.post(reverse("account_login"), {"login": email, "password": password}, **headers)
    return answer.status_code


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def letters() -> list[sent.EmailMessage]:
    """Everything that waited is sent; the messages, oldest first."""
    mail.send_due()
    return sent.outbox


def link(text: str) -> str:
    """The path of the first link in a letter, which must stand under PUBLIC_URL."""
    found = re.search(r"https?://\S+", text)
    assert found is not None
    assert found[0].startswith(settings.PUBLIC_URL + "/")
    return urlsplit(found[0]).path


def test_a_person_signs_up_confirms_the_address_and_comes_in(client: Client) -> None:
    said = {"email": "new@test.example", "password1": PASSWORD, "password2": PASSWORD, "name": "王五"}
    assert client.post(reverse("account_signup"), said).status_code == 302
    assert sign_in(client, "new@test.example") == 302
    assert not is_in(client)

    confirm = link(str(letters()[0].body))
    client.post(confirm)

    sign_in(client, "new@test.example")
    assert is_in(client)
    person = Person.objects.get(email="new@test.example")
    assert (person.name, person.language) == ("王五", "zh-hans")


def test_letters_wait_in_the_outbox_and_name_the_market_whatever_host_was_asked(client: Client) -> None:
    given_account()

    client.post(reverse("account_reset_password"), {"email": "li@test.example"}, HTTP_HOST="evil.example")

    assert sent.outbox == []
    [letter] = letters()
    assert letter.subject.startswith(f"[{settings.MARKET_NAME}]")
    assert "evil.example" not in str(letter.body).replace("li@test.example", "")
    link(str(letter.body))


def test_a_forgotten_password_is_set_anew_by_the_link_in_the_letter(client: Client) -> None:
    given_account()
    client.post(reverse("account_reset_password"), {"email": "li@test.example"})
    page = client.get(link(str(letters()[0].body)), follow=True)

    new = "another long secret"
    client.post(page.request["PATH_INFO"], {"password1": new, "password2": new})

    assert sign_in(Client(), "li@test.example") == 200  # the old one is refused on the same page
    sign_in(client, "li@test.example", new)
    assert is_in(client)


def test_nobody_learns_whether_an_address_has_an_account(client: Client) -> None:
    given_account()

    known = client.post(reverse("account_reset_password"), {"email": "li@test.example"})
    unknown = client.post(reverse("account_reset_password"), {"email": "nobody@test.example"})

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


def test_five_wrong_passwords_lock_the_address_even_for_the_right_one(client: Client) -> None:
    given_account()
    for _ in range(5):
        sign_in(client, "li@test.example", "wrong password")

    sign_in(client, "LI@test.example")

    assert not is_in(client)


def test_the_lock_holds_from_other_clients_and_under_other_host_names() -> None:
    given_account()
    for number in range(5):
        host, address = f"h{number}.example", f"198.51.100.{number}"
        sign_in(Client(), "li@test.example", "wrong password", HTTP_HOST=host, REMOTE_ADDR=address)

    client = Client()
    sign_in(client, "li@test.example", HTTP_HOST="h9.example", REMOTE_ADDR="198.51.100.9")

    assert not is_in(client)


def test_the_lock_is_for_one_address_alone(client: Client) -> None:
    given_account()
    given_account("zhao@test.example")
    for _ in range(5):
        sign_in(client, "li@test.example", "wrong password")

    sign_in(client, "zhao@test.example")

    assert is_in(client)


def test_the_lock_survives_a_flood_of_failures_under_other_names(client: Client) -> None:
    given_account()
    for _ in range(5):
        sign_in(client, "li@test.example", "wrong password")
    for number in range(700):  # Django's own ceiling of 300 entries would have thrown the count out
        cache.set(f"flood:{number}", number, 300)

    sign_in(client, "li@test.example")

    assert not is_in(client)


def test_with_a_second_factor_the_password_alone_does_not_let_in(client: Client) -> None:
    person = given_account()
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(person, secret)

    sign_in(client, "li@test.example")
    assert not is_in(client)
    code = totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))))
    client.post(reverse("mfa_authenticate"), {"code": code})

    assert is_in(client)


def test_a_wrong_code_does_not_let_in_and_five_lock(client: Client) -> None:
    person = given_account()
    totp.TOTP.activate(person, totp.generate_totp_secret())
    sign_in(client, "li@test.example")

    answers = [client.post(reverse("mfa_authenticate"), {"code": "000000"}) for _ in range(6)]

    assert not is_in(client)
    assert answers[-1].status_code in {200, 429}
    assert Authenticator.objects.filter(user=person, type="totp").exists()


def test_a_recovery_code_lets_in_once(client: Client) -> None:
    person = given_account()
    totp.TOTP.activate(person, totp.generate_totp_secret())
    code = RecoveryCodes.activate(person).get_unused_codes()[0]
    sign_in(client, "li@test.example")
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert is_in(client)

    other = Client()
    sign_in(other, "li@test.example")
    other.post(reverse("mfa_authenticate"), {"code": code})

    assert not is_in(other)


def test_recovery_codes_alone_are_no_second_factor() -> None:
    person = given_account()
    assert not accounts.has_second_factor(person)
    RecoveryCodes.activate(person)
    assert not accounts.has_second_factor(person)

    totp.TOTP.activate(person, totp.generate_totp_secret())

    assert accounts.has_second_factor(person)


@pytest.mark.parametrize("name", ["account_login", "account_signup", "account_reset_password"])
def test_the_doors_of_sign_in_open_without_scripts_or_styles_in_the_page(client: Client, name: str) -> None:
    answer = client.get(reverse(name))

    assert answer.status_code == 200
    page = answer.content.decode()
    assert "<form" in page
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", page)
    assert " style=" not in page


def test_a_person_who_is_not_active_stays_outside(client: Client) -> None:
    person = given_account()
    Person.objects.filter(id=person.id).update(is_active=False)

    sign_in(client, "li@test.example")

    assert not is_in(client)


def test_outside_a_demonstration_second_factors_are_required(settings: LazySettings) -> None:
    assert settings.SECOND_FACTOR_REQUIRED is (not settings.DEMONSTRATION)


def test_an_account_made_at_the_console_counts_as_confirmed() -> None:
    person = given_account()

    assert EmailAddress.objects.get(user=person).verified
    assert Mail.objects.count() == 0
