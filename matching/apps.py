"""How Django names this app."""

from django.apps import AppConfig


class MatchingConfig(AppConfig):
    """The matching app."""

    name = "matching"
