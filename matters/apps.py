"""The app of matters: case references whose comparisons only their members see, and organisations."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class MattersConfig(AppConfig):
    """Configuration of matters."""

    name = "matters"
    verbose_name = gettext_lazy("Matters")
