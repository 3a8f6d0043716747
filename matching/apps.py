"""Matching: the comparison itself, and the record of every answer."""

from __future__ import annotations

from django.apps import AppConfig


class MatchingConfig(AppConfig):
    """Compares names, stores predictions, runs bulk jobs."""

    name = "matching"
    verbose_name = "Comparisons"
