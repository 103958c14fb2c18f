"""The ground floor: kernel, participants, events, rules, holds."""

from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class MarketConfig(AppConfig):
    name = "market"
    verbose_name = "Market"

    def ready(self) -> None:
        import_module("market.events.ours")
        import_module("market.participants.inbox")
        rules = import_module("market.rules")
        post_migrate.connect(rules.write_first_versions, sender=self, dispatch_uid="market.rules")
