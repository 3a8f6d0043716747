"""How Django names this app."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """Reads what the other apps wrote; has no tables of its own."""

    name = "analytics"
    verbose_name = "Figures"
