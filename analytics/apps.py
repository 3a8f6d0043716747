"""The app of the dashboard and of evidence packs."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class AnalyticsConfig(AppConfig):
    """Configuration of analytics, which reads the tables of the other apps and keeps numbers of its own."""

    name = "analytics"
    verbose_name = gettext_lazy("Analytics")
