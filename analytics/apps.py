"""The app of the dashboard and of evidence packs."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """Configuration of analytics, which reads the tables of the other apps and has none."""

    name = "analytics"
    verbose_name = "Analytics"
