"""The listings room."""

from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ListingsConfig(AppConfig):
    name = "listings"

    def ready(self) -> None:
        import_module("listings.events")
        import_module("listings.inbox")  # what its letters say
        post_migrate.connect(write_standing_rows, sender=self, dispatch_uid="listings.search_state")


def write_standing_rows(*, sender: AppConfig, **_: Any) -> None:
    """Begin with empty bitmaps after a migration or a flush; a market that goes on is left alone."""
    sender.get_model("SearchState")._default_manager.get_or_create(id=1)
