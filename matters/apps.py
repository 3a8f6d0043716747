"""The app of matters: case references whose comparisons only their members see, and organisations."""

from __future__ import annotations

from django.apps import AppConfig


class MattersConfig(AppConfig):
    """Configuration of matters."""

    name = "matters"
    verbose_name = "Matters"
