"""manage.py verify --deep: the whole log from all sides. Without --deep the offline verifier answers (manage.py)."""

import json
from dataclasses import asdict
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from market import process
from provenance import audit, keys
from provenance.errors import LogHalted


class Command(BaseCommand):
    help = (
        "Walk every row, leaf, tile and checkpoint and name the first that was altered. "
        "Exit codes: 0 all whole, 1 something was altered, 2 the log cannot be looked at."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--deep", action="store_true", help="look at the whole log (needs the database)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Walk, print, exit."""
        try:
            with process.connect() as database:
                found = audit.walk(database, settings.LOG_DIR, keys.trusted())
        except (psycopg.OperationalError, LogHalted) as error:
            raise CommandError(f"The log cannot be looked at: {error}", returncode=2) from error
        if options["json"]:
            self.stdout.write(json.dumps({"whole": found.is_whole, **asdict(found)}, ensure_ascii=False))
        else:
            self.stdout.write(
                f"{found.entries} entries, {found.files} files, {found.checkpoints} checkpoints looked at"
            )
            for finding in found.findings:
                self.stdout.write(f"ALTERED {finding.what}: {finding.sentence}. To repair: {finding.remedy}")
            if found.is_cut:
                self.stdout.write("and more")
            self.stdout.write("WHOLE" if found.is_whole else f"first altered: {found.findings[0].sentence}")
        if not found.is_whole:
            raise SystemExit(1)
