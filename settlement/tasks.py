"""Jobs of this room; each can be driven again from the database alone."""

from celery import shared_task

from settlement import answers, earnings, rollups


@shared_task(name="settlement.tasks.free_earnings")
def free_earnings() -> int:
    """Make reserved shares available whose day has come."""
    return earnings.free_due()


@shared_task(name="settlement.tasks.forget_answers")
def forget_answers() -> int:
    """Drop the answers under Idempotency-Keys whose time is over."""
    return answers.forget_old()


@shared_task(name="settlement.tasks.roll_up")
def roll_up() -> int:
    """Sum up what hot accounts gathered since the last time."""
    return rollups.roll_up()
