"""manage.py books: the trial balance, and whether the books agree. Exit 1 where they do not."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from settlement import books


class Command(BaseCommand):
    help = "Print the trial balance; --check: compare the books with themselves and exit 1 on any difference."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only look for differences")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, print, exit."""
        findings = books.check()
        rows = [] if options["check"] else books.trial_balance()
        if options["json"]:
            shown = {
                "agree": not findings,
                "findings": [asdict(finding) | {"says": books.describe(finding)} for finding in findings],
                "trial_balance": [asdict(row) | {"balance": row.balance} for row in rows],
            }
            self.stdout.write(json.dumps(shown, ensure_ascii=False, default=str))
        else:
            for row in rows:
                self.stdout.write(
                    f"{row.book} {row.code:<16} {row.currency} {row.debits:>20} {row.credits:>20} {row.balance:>20}"
                )
            for finding in findings:
                self.stdout.write(books.describe(finding))
            self.stdout.write("the books agree" if not findings else f"{len(findings)} differences")
        if findings:
            raise SystemExit(1)
