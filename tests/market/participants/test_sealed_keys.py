"""Keys in the platform's keeping: sealed under a PIN, five tries, never a PIN in any record."""

import logging
from threading import Thread

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.db import connection, transaction

from market.events.models import Event, Opening
from market.kernel import seals
from market.kernel.errors import Invalid, NotAllowed, NotFound, Unavailable
from market.participants import keys, sealed_keys
from market.participants.errors import KeyLocked, WrongPin
from market.participants.members import Role
from market.participants.models import PublicKey
from tests.builders import given_applicant
from tests.market.participants.test_memberships import given_colleague

pytestmark = pytest.mark.django_db
PIN = "tai-hang 2026"


def test_the_right_pin_gives_a_signature_that_verifies_under_the_registered_key() -> None:
    signatory = given_applicant()
    key = sealed_keys.make(pin=PIN, by=signatory)

    signature = sealed_keys.open_and_sign(key.id, pin=PIN, message=b"digest", by=signatory)

    Ed25519PublicKey.from_public_bytes(bytes(key.public_key)).verify(signature, b"digest")
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(bytes(key.public_key)).verify(signature, b"another")


def test_a_key_in_the_platforms_keeping_is_labelled_so_everywhere() -> None:
    key = sealed_keys.make(pin=PIN, by=given_applicant())

    assert key.provider == "sealed_key"
    opening = Opening.objects.get(event__kind="key.registered")
    assert opening.fields["provider"]["value"] == "sealed_key"
    assert opening.event_id == key.event_id


def test_five_wrong_pins_lock_the_key_for_good_and_each_is_recorded() -> None:
    signatory = given_applicant()
    key = sealed_keys.make(pin=PIN, by=signatory)

    for left in (4, 3, 2, 1, 0):
        with pytest.raises(WrongPin) as refusal:
            sealed_keys.open_and_sign(key.id, pin="wrong pin 1", message=b"m", by=signatory)
        assert refusal.value.extra["tries_left"] == left
    with pytest.raises(KeyLocked):
        sealed_keys.open_and_sign(key.id, pin=PIN, message=b"m", by=signatory)

    told = Opening.objects.filter(event__kind="key.refused").order_by("event__seq")
    assert [each.fields["wrong_pins"]["value"] for each in told] == [1, 2, 3, 4, 5]


def test_a_right_pin_starts_the_count_anew() -> None:
    signatory = given_applicant()
    key = sealed_keys.make(pin=PIN, by=signatory)
    for _ in range(4):
        with pytest.raises(WrongPin):
            sealed_keys.open_and_sign(key.id, pin="wrong pin 1", message=b"m", by=signatory)

    sealed_keys.open_and_sign(key.id, pin=PIN, message=b"m", by=signatory)

    assert PublicKey.objects.get(id=key.id).wrong_pins == 0


@pytest.mark.django_db(transaction=True)
def test_tries_at_the_same_moment_gain_none() -> None:
    signatory = given_applicant()
    key = sealed_keys.make(pin=PIN, by=signatory)
    answers: list[str] = []

    def guess(number: int) -> None:
        try:
            sealed_keys.open_and_sign(key.id, pin=f"guess number {number}", message=b"m", by=signatory)
        except (WrongPin, KeyLocked) as refusal:
            answers.append(type(refusal).__name__)
        finally:
            connection.close()

    threads = [Thread(target=guess, args=(number,)) for number in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == ["KeyLocked"] * 4 + ["WrongPin"] * 5
    assert Event.objects.filter(kind="key.refused").count() == 5


@pytest.mark.django_db(transaction=True)
def test_a_rollback_around_it_cannot_unsay_a_try() -> None:
    signatory = given_applicant()
    key = sealed_keys.make(pin=PIN, by=signatory)

    with pytest.raises(RuntimeError), transaction.atomic():
        sealed_keys.open_and_sign(key.id, pin="wrong pin 1", message=b"m", by=signatory)

    assert PublicKey.objects.get(id=key.id).wrong_pins == 0


def test_nobody_opens_the_key_of_another_not_even_the_administrator() -> None:
    admin = given_applicant()
    colleague = given_colleague(admin, Role.SIGNATORY)
    key = sealed_keys.make(pin=PIN, by=colleague)

    with pytest.raises(NotFound):
        sealed_keys.open_and_sign(key.id, pin=PIN, message=b"m", by=admin)
    with pytest.raises(NotAllowed):
        sealed_keys.make(pin=PIN, by=given_colleague(admin, Role.TRADER))


def test_a_revoked_key_does_not_open() -> None:
    signatory = given_applicant()
    key = sealed_keys.make(pin=PIN, by=signatory)
    keys.revoke(key.id, by=signatory)

    with pytest.raises(NotFound):
        sealed_keys.open_and_sign(key.id, pin=PIN, message=b"m", by=signatory)


@pytest.mark.parametrize("pin", ["1234567", "", "11111111", "12345678", "98765432", "abababab"])
def test_a_pin_that_is_easy_to_guess_is_refused(pin: str) -> None:
    with pytest.raises(Invalid):
        sealed_keys.make(pin=pin, by=given_applicant())

    assert not PublicKey.objects.exists()


def test_sealed_bytes_moved_to_another_row_do_not_open() -> None:
    signatory = given_applicant()
    first, second = (sealed_keys.make(pin=PIN, by=signatory) for _ in range(2))
    PublicKey.objects.filter(id=second.id).update(sealed=bytes(first.sealed or b""), salt=bytes(first.salt or b""))

    with pytest.raises(seals.BrokenSeal):
        sealed_keys.open_and_sign(second.id, pin=PIN, message=b"m", by=signatory)


def test_the_pin_is_in_no_record_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    signatory = given_applicant()
    with caplog.at_level(logging.DEBUG):
        key = sealed_keys.make(pin=PIN, by=signatory)
        with pytest.raises(WrongPin) as refusal:
            sealed_keys.open_and_sign(key.id, pin="wrong-secret-1", message=b"m", by=signatory)
        sealed_keys.open_and_sign(key.id, pin=PIN, message=b"m", by=signatory)

    everything = caplog.text + str(refusal.value) + str(Opening.objects.values_list("fields", flat=True))
    assert PIN not in everything
    assert "wrong-secret-1" not in everything
    assert PIN.encode() not in seals.unseal(
        bytes(key.sealed or b""), settings.FIELD_KEY, purpose=f"sealed-key/{key.id}"
    )


def test_a_third_scrypt_at_once_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    signatory = given_applicant()
    key = sealed_keys.make(pin=PIN, by=signatory)
    monkeypatch.setattr(sealed_keys, "_WAIT_S", 0.05)
    assert sealed_keys._AT_ONCE.acquire()
    assert sealed_keys._AT_ONCE.acquire()

    try:
        with pytest.raises(Unavailable):
            sealed_keys.open_and_sign(key.id, pin=PIN, message=b"m", by=signatory)
    finally:
        sealed_keys._AT_ONCE.release()
        sealed_keys._AT_ONCE.release()

    assert PublicKey.objects.get(id=key.id).wrong_pins == 0
