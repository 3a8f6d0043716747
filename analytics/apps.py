"""The app of the dashboard and of evidence packs."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """Configuration of analytics, which reads the tables of the other apps and keeps numbers of its own."""

    name = "analytics"
    verbose_name = "Analytics"
