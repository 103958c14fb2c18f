"""Pages for people and doors for agents."""

from django.apps import AppConfig


class FrontendConfig(AppConfig):
    name = "frontend"
