"""App configuration of ``matching``."""

from __future__ import annotations

from django.apps import AppConfig


class MatchingConfig(AppConfig):
    """The app that compares names, stores predictions and runs bulk jobs."""

    name = "matching"
    verbose_name = "Comparisons"
