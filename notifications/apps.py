"""The app of notifications: tells people what happened and what waits for them, on a page and by e-mail."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class NotificationsConfig(AppConfig):
    """Configuration of notifications."""

    name = "notifications"
    verbose_name = gettext_lazy("Notifications")
