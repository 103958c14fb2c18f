"""The settlement room."""

from importlib import import_module

from django.apps import AppConfig


class SettlementConfig(AppConfig):
    name = "settlement"

    def ready(self) -> None:
        import_module("settlement.events")
        import_module("settlement.inbox")
