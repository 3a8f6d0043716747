"""The app of webhooks: tells the programs of customers what happened to what they asked."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class WebhooksConfig(AppConfig):
    """Configuration of webhooks."""

    name = "webhooks"
    verbose_name = gettext_lazy("Webhooks")
