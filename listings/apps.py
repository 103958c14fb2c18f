"""The listings room."""

from importlib import import_module

from django.apps import AppConfig


class ListingsConfig(AppConfig):
    name = "listings"

    def ready(self) -> None:
        import_module("listings.events")
