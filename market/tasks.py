"""This room's jobs: letters and reminders. Each can run twice or beside itself."""

from celery import shared_task

from market.notifications import mail, todo


@shared_task(name="market.tasks.send_mail")
def send_mail() -> None:
    """Send the letters that are due."""
    mail.send_due()


@shared_task(name="market.tasks.remind")
def remind() -> None:
    """Write reminders for deadlines that are near."""
    todo.remind()
