"""`manage.py messages`: bring the translations up to date, or say what is missing."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.template import engines
from django.template.backends.django import DjangoTemplates

from market import messages
from market.launcher import translations


class Command(BaseCommand):
    """Exit 0: complete. Exit 1: something is missing, empty, fuzzy, stale or does not compile; each is named."""

    help = "Collect every sentence of the rooms into their zh_Hans catalogues, sort and compile them."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """--check writes nothing; --json prints one object."""
        parser.add_argument("--check", action="store_true", help="write nothing, exit 1 for every gap")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it for every room."""
        backend = engines["django"]
        assert isinstance(backend, DjangoTemplates), "the pages are Django templates"  # noqa: S101  a fact of settings
        engine = backend.engine
        work = messages.check if options["check"] else messages.write
        paths = messages.rooms(settings.BASE_DIR)
        faults = [fault for path in paths for fault in work(path, engine)]
        faults += messages.disagreements(paths)
        if not options["check"]:
            translations.compile_all(settings.BASE_DIR)
        if options["json"]:
            self.stdout.write(json.dumps({"complete": not faults, "faults": faults}, ensure_ascii=False))
        else:
            for fault in faults:
                self.stdout.write(fault)
        if faults:
            raise CommandError(f"{len(faults)} sentences need attention", returncode=1)
        if not options["json"]:
            self.stdout.write(f"{len(paths)} rooms: every sentence has its translation")
