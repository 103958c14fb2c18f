"""manage.py dispatch: the process that tells upper rooms of events and alone sends jobs to the broker."""

import logging
import signal
import time
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, close_old_connections, connection
from kombu.exceptions import OperationalError as BrokerDown

from market import locks
from market.celery import app
from market.events import dispatch
from market.events.outbox import CHANNEL
from market.kernel.errors import Unavailable
from market.process import Lock

logger = logging.getLogger(__name__)
SWEEP_S = 1.0
PING_S = 5.0


class Command(BaseCommand):
    help = "Tell upper rooms of events; one process at a time, a second one waits."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="tell what is due and end")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM."""
        if options["once"]:
            dispatch.run_once(send_job)
            return
        self.running = True
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        with Lock(locks.DISPATCHER, listen=CHANNEL, is_running=lambda: self.running) as lock:
            broker, was_cut_off = BrokerWatch(lock), False
            while self.running:
                try:
                    if lock.check() or was_cut_off:
                        # Killed or cut off from the database, a dispatcher leaves rows that nobody tells.
                        dispatch.take_over()
                        was_cut_off = False
                    dispatch.run_once(send_job, is_running=lambda: self.running)
                    broker.look()
                    lock.wait(SWEEP_S)
                except (OperationalError, psycopg.OperationalError):
                    logger.warning("the database is away; trying again")
                    connection.close()
                    was_cut_off = True
                    time.sleep(SWEEP_S)
                close_old_connections()

    def stop(self, *_: Any) -> None:
        """Finish the row in hand, then end."""
        self.running = False


def send_job(name: str, payload: dict[str, Any]) -> None:
    """Hand one job to the broker. Raises Unavailable when it does not take it; the row is then told later."""
    try:
        app.send_task(name, kwargs={"news": payload}, retry=False)
    except (BrokerDown, OSError) as error:
        raise Unavailable(f"the broker did not take {name}") from error


class BrokerWatch:
    """Shows by an advisory lock whether the broker answered lately; only this process asks it."""

    def __init__(self, lock: Lock) -> None:
        self.lock = lock
        self.next_at = 0.0
        self.is_up = False

    def look(self) -> None:
        """Ping at most every five seconds and take or drop the lock."""
        if time.monotonic() < self.next_at:
            return
        self.next_at = time.monotonic() + PING_S
        try:
            with app.connection_for_write(connect_timeout=2) as broker:
                broker.ensure_connection(max_retries=1, timeout=2)
            is_up = True
        except (BrokerDown, OSError):
            is_up = False
        if is_up != self.is_up:
            self.lock.show(locks.BROKER, is_up)
            self.is_up = is_up
