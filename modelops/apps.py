"""How Django names this app."""

from django.apps import AppConfig


class ModelopsConfig(AppConfig):
    """The modelops app."""

    name = "modelops"
