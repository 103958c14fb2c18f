"""manage.py sequence: the one process that gives events their place in the log and signs checkpoints."""

import logging
import signal
import time
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connection

from market import locks
from market.process import Lock
from provenance.errors import LogHalted
from provenance.sequencer import Sequencer

logger = logging.getLogger(__name__)
POLL_S = 0.2


class Command(BaseCommand):
    help = "Sequence events into the log; one process at a time, a second one waits. Exit codes: 0 ended, 1 halted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="sequence what is pending and end")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM; a log that may not go on ends with one sentence."""
        self.running = True
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        try:
            with Lock(locks.SEQUENCER, is_running=lambda: self.running) as lock:
                self.sequence(lock, once=options["once"])
        except LogHalted as error:
            raise CommandError(f"The log is halted: {error}") from error
        except OSError as error:
            raise CommandError(f"The log is halted: the tiles cannot be written: {error}") from error

    def sequence(self, lock: Lock, *, once: bool) -> None:
        """Rounds without end, or one; a database that is away is waited for."""
        sequencer: Sequencer | None = None
        while self.running:
            try:
                lock.check()
                if self.running:  # SIGTERM may have come while the lock was another's
                    sequencer = sequencer or Sequencer()  # asks the database which keys the log has had
                    sequencer.round()
                if once:
                    break
            except (psycopg.OperationalError, OperationalError) as error:
                if once:
                    raise CommandError(f"The database is away: {error}") from error
                logger.warning("the database is away; trying again")
                if sequencer is not None:
                    sequencer.close()
                connection.close()
            time.sleep(POLL_S)
        if sequencer is not None:
            sequencer.close()

    def stop(self, *_: Any) -> None:
        """Finish the batch in hand, then end."""
        self.running = False
