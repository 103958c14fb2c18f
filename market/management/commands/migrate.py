"""manage.py migrate: as the owner of the tables, then grants to the role that runs."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections

from market import grants


class Command(Migrate):
    help = "Migrate as market_owner and grant market_app what each model allows."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run Django's own command under the owner's name."""
        with grants.as_owner(connections[options["database"]], settings.DATABASE_OWNER) as connection:
            call_command("createcachetable", database=options["database"], verbosity=0)
            super().handle(*args, **options)
            grants.write(connection, apps.get_models(include_auto_created=True))
