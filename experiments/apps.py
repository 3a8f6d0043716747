"""The app of experiments: which users get which version, and what the results allow to conclude."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class ExperimentsConfig(AppConfig):
    """Configuration of experiments, which assigns users to arms by a hash."""

    name = "experiments"
    verbose_name = gettext_lazy("Experiments")
