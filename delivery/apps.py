"""The delivery room."""

from importlib import import_module

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "delivery"

    def ready(self) -> None:
        import_module("delivery.events")
