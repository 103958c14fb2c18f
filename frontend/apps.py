"""The room of the pages."""

from django.apps import AppConfig


class FrontendConfig(AppConfig):
    """Pages, components and page scripts; owns no tables."""

    name = "frontend"
