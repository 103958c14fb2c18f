"""The log over the events."""

from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ProvenanceConfig(AppConfig):
    name = "provenance"
    verbose_name = "Provenance"

    def ready(self) -> None:
        import_module("provenance.events")
        import_module("provenance.alerts")
        post_migrate.connect(write_standing_rows, sender=self, dispatch_uid="provenance.log_state")


def write_standing_rows(*, sender: AppConfig, **_: Any) -> None:
    """Begin an empty log and its anchoring after a migration or a flush; a log that goes on is left alone."""
    for name in ("LogState", "Anchoring"):
        sender.get_model(name)._default_manager.get_or_create(id=1)
