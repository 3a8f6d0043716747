"""App configuration of ``matching``."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class MatchingConfig(AppConfig):
    """The app that compares names, stores predictions and runs bulk jobs."""

    name = "matching"
    verbose_name = gettext_lazy("Comparisons")
