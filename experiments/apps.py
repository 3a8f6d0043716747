"""Experiments: which users meet which version, and what may be concluded."""

from __future__ import annotations

from django.apps import AppConfig


class ExperimentsConfig(AppConfig):
    """Assigns people to arms by a hash and says when an experiment can be believed."""

    name = "experiments"
    verbose_name = "Experiments"
