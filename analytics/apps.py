"""How Django names this app."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """The analytics app."""

    name = "analytics"
