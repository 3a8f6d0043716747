"""Modelops: which model versions exist, how good they are, and which one is live."""

from __future__ import annotations

from django.apps import AppConfig


class ModelopsConfig(AppConfig):
    """Knows scores, digests and generations; never learns what a name is."""

    name = "modelops"
    verbose_name = "Models"
