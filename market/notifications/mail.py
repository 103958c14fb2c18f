"""The way out for letters: written with the change they tell of, sent later by a job, at least once each."""

import json
import logging
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from django.conf import settings
from django.core import mail as django_mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from market.kernel import clock, ids, seals
from market.notifications.models import Mail
from market.notifications.texts import Letter

logger = logging.getLogger(__name__)
BATCH: Final = 20
LEASE: Final = timedelta(minutes=5)  # a batch that times out at every letter still ends within it
RETRY_FIRST: Final = timedelta(minutes=1)
RETRY_MAX: Final = timedelta(hours=6)
ATTEMPTS_MAX: Final = 16  # about two and a half days
_PURPOSE: Final = "mail"


def post(*, to: str, message: Letter, once: UUID | None = None) -> None:
    """Put a letter into the outbox, in the caller's transaction if there is one.

    once: an event's id; the same event never writes twice to the same address.
    """
    plain = json.dumps([message.subject, message.text]).encode()
    row = Mail(
        id=uuid5(once, to) if once else ids.new_id(),
        address=to,
        sealed=seals.seal(plain, settings.FIELD_KEY, purpose=_PURPOSE),
    )
    Mail.objects.bulk_create([row], ignore_conflicts=once is not None)


def send_due() -> int:
    """Send everything that is due; returns how many letters left. Two senders never take the same letter at once.

    No transaction is open while the mail server is spoken to. A sender that dies after the server took a letter
    leaves it to be sent again, under the same Message-ID.
    """
    sent = 0
    while rows := _claim():
        with django_mail.get_connection() as server:
            sent += sum(_send(row, server) for row in rows)
        if len(rows) < BATCH:
            break
    return sent


def _claim() -> list[Mail]:
    now = clock.now()
    with transaction.atomic(durable=True):
        rows = list(
            Mail.objects.select_for_update(skip_locked=True, no_key=True)
            .filter(sent_at__isnull=True, given_up_at__isnull=True, due_at__lte=now)
            .order_by("due_at")[:BATCH]
        )
        Mail.objects.filter(id__in=[row.id for row in rows]).update(due_at=now + LEASE)
    return rows


def _send(row: Mail, server: BaseEmailBackend) -> bool:
    try:
        subject, text = json.loads(seals.unseal(bytes(row.sealed), settings.FIELD_KEY, purpose=_PURPOSE))
        django_mail.EmailMessage(
            subject=subject,
            body=text,
            to=[row.address],
            headers={"Message-ID": message_id(row), "Auto-Submitted": "auto-generated"},
            connection=server,
        ).send()
    except Exception as error:  # whatever it is, this letter comes back later and the others go on
        _put_back(row, error)
        return False
    Mail.objects.filter(id=row.id).update(sent_at=clock.now(), sealed=b"", last_error="")
    return True


def _put_back(row: Mail, error: Exception) -> None:
    """Wait longer each time; after the last attempt keep the row for the operator to see."""
    attempts = row.attempts + 1
    is_last = attempts >= ATTEMPTS_MAX
    wait = min(RETRY_FIRST * 2 ** min(row.attempts, 12), RETRY_MAX)
    Mail.objects.filter(id=row.id).update(
        attempts=attempts,
        due_at=clock.now() + wait,
        given_up_at=clock.now() if is_last else None,
        last_error=type(error).__name__[:200],  # no text: a server's answer may quote the letter
    )
    logger.warning("letter %s was not sent (attempt %d): %s", row.id, attempts, type(error).__name__)


def message_id(row: Mail) -> str:
    """The same for every attempt, so that a mailbox can drop the second copy."""
    return f"<{row.id}@{urlsplit(settings.PUBLIC_URL).hostname}>"
