"""manage.py log …: putting the log right after a disaster. Which command helps which case: docs/log.md."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from market import locks
from market.participants.members import system
from market.process import Lock
from provenance import checkpoints, repairs, restores
from provenance.errors import LogHalted
from provenance.repairs import Repaired

ACTIONS: Final[dict[str, Callable[..., Repaired]]] = {"restore": restores.restore, "repair": repairs.repair}


class Command(BaseCommand):
    help = (
        "restore: give a rolled back database the entries that were published since. repair: put back rows, tiles and "
        "checkpoints that were altered. Exit codes: 0 done or nothing to do, 1 refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=sorted(ACTIONS))
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Work under the sequencer's lock, so that nothing is signed meanwhile."""
        folder: Path = settings.LOG_DIR
        try:
            with Lock(locks.SEQUENCER, is_running=lambda: True):
                done = ACTIONS[options["action"]](folder, checkpoints.signing_keys(), by=system("log"))
        except LogHalted as error:
            raise CommandError(f"Refused: {error}") from error
        if options["json"]:
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
