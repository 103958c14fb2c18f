"""manage.py houserules: what import-linter cannot see."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand

from market import houserules


class Command(BaseCommand):
    help = "Check that no string, foreign key or import breaks the floor plan. Exit 1 names each place."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each breach."""
        breaches = houserules.check_all(settings.BASE_DIR, apps.get_models())
        for breach in breaches:
            self.stdout.write(str(breach))
        if breaches:
            raise SystemExit(1)
        self.stdout.write("house rules hold")
