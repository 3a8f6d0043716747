"""The app that keeps model versions, their metrics, and what is live."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class ModelopsConfig(AppConfig):
    """Configuration of modelops, which handles scores, digests and generations but never a name."""

    name = "modelops"
    verbose_name = gettext_lazy("Models")
