"""manage.py log …: putting the log right after a disaster, and changing its key. Which helps when: docs/log.md."""

import base64
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from market import locks, process
from market.kernel import clock
from market.kernel.errors import Conflict
from market.participants.members import system
from provenance import keys, repairs, restores
from provenance.errors import LogHalted
from provenance.notes import SigningKey
from provenance.repairs import Repaired

REPAIRS: Final[dict[str, Callable[..., Repaired]]] = {"restore": restores.restore, "repair": repairs.repair}
OVERLAP_DAYS: Final = 30
WAIT_S: Final = 30.0


class Command(BaseCommand):
    help = (
        "restore: give a rolled back database the entries that were published since. repair: put back rows, tiles and "
        "checkpoints that were altered. newkey: make a key for the time after the present one. rotate: announce it, "
        "signed by both. Exit codes: 0 done or nothing to do, 1 refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        for action in REPAIRS:
            actions.add_parser(action).add_argument("--json", action="store_true", help="print one JSON object")
        actions.add_parser("newkey").add_argument("file", type=Path, help="where the secret is to be written")
        rotate = actions.add_parser("rotate")
        rotate.add_argument("--days", type=int, default=OVERLAP_DAYS, help="how long both keys will sign at least")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do one of the four."""
        try:
            match options["action"]:
                case "newkey":
                    self.make_key(options["file"])
                case "rotate":
                    self.rotate(options["days"])
                case action:
                    self.put_right(action, as_json=options["json"])
        except (LogHalted, Conflict) as error:
            raise CommandError(f"Refused: {error}") from error

    def make_key(self, file: Path) -> None:
        """A new secret in a file that only its owner can read; never over another one."""
        seed = secrets.token_bytes(32)
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as error:
            raise CommandError(f"{file} is there already and is left alone.") from error
        with os.fdopen(handle, "w", encoding="ascii") as opened:
            opened.write(base64.b64encode(seed).decode())
            opened.flush()
            os.fsync(handle)
        self.stdout.write(f"{SigningKey.from_seed(settings.LOG_ORIGIN, seed).verifier_key}")

    def rotate(self, days: int) -> None:
        """Announce the following key. The sequencer sees it by itself."""
        then = keys.following()
        if then is None:
            raise CommandError("LOG_SIGNING_KEY_NEXT is not set: make a key with `manage.py log newkey FILE` first.")
        if days < 1:
            raise CommandError("Both keys must sign for a day at least: readers have to hear of the change.")
        until = clock.now() + timedelta(days=days)
        change = keys.announce(keys.leading(), then, both_until=until, by=system("log"))
        self.stdout.write(f"from {change.old}\nto   {change.new}\nboth sign until {change.both_until} at least")
        self.stdout.write("After that day set LOG_SIGNING_KEY to the new secret and unset LOG_SIGNING_KEY_NEXT.")

    def put_right(self, action: str, *, as_json: bool) -> None:
        """Work under the sequencer's lock, so that nothing is signed meanwhile."""
        with _stopped_log():
            done = REPAIRS[action](settings.LOG_DIR, keys.signing(), by=system("log"))
        if as_json:
            self.stdout.write(json.dumps(asdict(done), ensure_ascii=False))
        elif done.is_nothing:
            self.stdout.write("nothing to put right")
        else:
            self.stdout.write(
                f"put right: {len(done.rows)} entries in the database, {len(done.files)} files,"
                f" {len(done.checkpoints)} checkpoints"
            )
            if done.remade:
                self.stdout.write(
                    f"{done.remade} events were written again from the published files. The values behind their"
                    " commitments are gone, and the trades that they were about are as old as the database: see which"
                    f" they were from entry {done.first_index} on."
                )


@contextmanager
def _stopped_log() -> Iterator[None]:
    """Hold the sequencer's lock. One that halts and is started again lets it go between; one that works does not."""
    deadline = time.monotonic() + WAIT_S
    with process.connect() as database:
        while database.execute("SELECT pg_try_advisory_lock(%s)", [locks.SEQUENCER]).fetchone() != (True,):
            if time.monotonic() > deadline:
                raise CommandError("The sequencer is at work and holds the log: stop it, then try again.")
            time.sleep(0.1)
        yield
