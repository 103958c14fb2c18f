"""Letters: written with the change, sent later, at least once, under one Message-ID, and then forgotten."""

import smtplib
from collections.abc import Sequence
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.core import mail as sent
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction

from market.kernel.clock import shifted
from market.kernel.ids import new_id
from market.notifications import mail
from market.notifications.models import Mail
from market.notifications.texts import Letter

pytestmark = pytest.mark.django_db
LETTER = Letter(subject="轮到本方", text="请签署 T20261123-000042：/trades/1")


class Refusing(BaseEmailBackend):
    """A mail server that takes nothing for addresses at bad.example."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            if message.to[0].endswith("@bad.example"):
                raise smtplib.SMTPRecipientsRefused({})
            sent.outbox.append(message)
        return len(email_messages)


def test_a_letter_leaves_with_its_text_and_a_lasting_message_id() -> None:
    mail.post(to="li@test.example", message=LETTER)
    row = Mail.objects.get()

    assert mail.send_due() == 1

    [message] = sent.outbox
    assert (message.subject, message.body, message.to) == (LETTER.subject, LETTER.text, ["li@test.example"])
    assert message.extra_headers["Message-ID"] == f"<{row.id}@localhost>"
    assert message.from_email == settings.DEFAULT_FROM_EMAIL
    assert mail.send_due() == 0


def test_a_waiting_letter_is_sealed_and_a_sent_one_is_wiped() -> None:
    mail.post(to="li@test.example", message=LETTER)
    assert "签署".encode() not in bytes(Mail.objects.get().sealed)

    mail.send_due()

    row = Mail.objects.get()
    assert bytes(row.sealed) == b""
    assert row.sent_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_letter_goes_with_the_transaction_that_wrote_it() -> None:
    @transaction.atomic
    def fail_late() -> None:
        mail.post(to="li@test.example", message=LETTER)
        raise KeyError

    with pytest.raises(KeyError):
        fail_late()

    assert mail.send_due() == 0


def test_one_address_that_is_refused_delays_no_other_and_is_tried_again_later(settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    mail.post(to="a@bad.example", message=LETTER)
    mail.post(to="b@test.example", message=LETTER)

    assert mail.send_due() == 1

    row = Mail.objects.get(sent_at=None)
    assert (row.address, row.attempts, row.last_error) == ("a@bad.example", 1, "SMTPRecipientsRefused")
    assert mail.send_due() == 0
    with shifted(timedelta(seconds=61)):
        mail.send_due()
    assert Mail.objects.get(sent_at=None).attempts == 2


def test_after_the_last_attempt_the_letter_stays_for_the_operator_to_see(settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    mail.post(to="a@bad.example", message=LETTER)
    Mail.objects.update(attempts=mail.ATTEMPTS_MAX - 1)

    mail.send_due()

    assert Mail.objects.get().given_up_at is not None
    with shifted(timedelta(days=1)):
        assert mail.send_due() == 0
    assert Mail.objects.get().attempts == mail.ATTEMPTS_MAX


def test_a_sender_that_died_leaves_the_letter_to_be_sent_again_under_the_same_id() -> None:
    mail.post(to="li@test.example", message=LETTER)
    [row] = mail._claim()  # and then it died

    assert mail.send_due() == 0
    with shifted(mail.LEASE + timedelta(seconds=1)):
        assert mail.send_due() == 1

    assert sent.outbox[0].extra_headers["Message-ID"] == mail.message_id(row)


@pytest.mark.django_db(transaction=True)
def test_two_senders_send_each_letter_once(settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    for number in range(45):
        mail.post(to=f"n{number}@test.example", message=LETTER)
    together = Barrier(2)

    def work() -> None:
        together.wait()
        try:
            mail.send_due()
        finally:
            connection.close()

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(message.to[0] for message in sent.outbox) == sorted(f"n{number}@test.example" for number in range(45))


@pytest.mark.django_db(transaction=True)
def test_the_mail_server_is_spoken_to_with_no_transaction_open(settings: LazySettings) -> None:
    open_: list[bool] = []

    class Watching(BaseEmailBackend):
        def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
            open_.append(connection.in_atomic_block)
            return 1

    globals()["Watching"] = Watching
    settings.EMAIL_BACKEND = f"{__name__}.Watching"
    mail.post(to="li@test.example", message=LETTER)

    mail.send_due()

    assert open_ == [False]


def test_one_event_never_writes_twice_to_one_address() -> None:
    event_id = new_id()

    for address in ("a@test.example", "a@test.example", "b@test.example"):
        mail.post(to=address, message=LETTER, once=event_id)

    assert Mail.objects.count() == 2


def test_no_header_can_be_smuggled_in_by_a_subject() -> None:
    from market.notifications import texts

    letter = texts.task("zh-hans", title="a\r\nBcc: x@evil.example", path="/", due_at=None)

    assert "\n" not in letter.subject
    assert "\r" not in letter.subject


def test_the_job_sends_what_is_due(settings: LazySettings) -> None:
    from market import tasks

    mail.post(to="li@test.example", message=LETTER)

    tasks.send_mail()

    assert len(sent.outbox) == 1


def schedule() -> dict[str, Any]:
    """What beat runs."""
    found: dict[str, Any] = settings.CELERY_BEAT_SCHEDULE
    return found


def test_beat_names_jobs_of_this_room_that_are_there() -> None:
    from market import tasks
    from market.celery import app

    for task in (tasks.send_mail, tasks.remind):
        assert task.name in app.tasks
        assert task.name in {entry["task"] for entry in schedule().values()}
