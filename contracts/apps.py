"""The contracts room."""

from importlib import import_module

from django.apps import AppConfig


class ContractsConfig(AppConfig):
    name = "contracts"

    def ready(self) -> None:
        import_module("contracts.events")
        import_module("contracts.inbox")
