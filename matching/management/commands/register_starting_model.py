"""Deploy the shipped model in a new installation, or where no live model fits the program."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from matching.engine.types import ArtefactError
from matching.serving.starting_model import install_shipped_model
from modelops.registry.mlflow_registry import REGISTRY_ERRORS, mirror_aliases


class Command(BaseCommand):
    """Register the shipped model in MLflow and make it champion, unless there is one that fits."""

    help = "Register the shipped model and make it champion; harmless to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        """Register and deploy the model, mirror the aliases, and print what was done."""
        try:
            version, deployments = install_shipped_model()
        except FileNotFoundError as error:
            raise CommandError("This package was built without its model.") from error
        except ArtefactError as error:
            raise CommandError(str(error)) from error
        if not deployments:
            self.stdout.write(f"{version} is registered; a champion was chosen before, nothing was changed.")
            return
        try:
            mirror_aliases()
        except REGISTRY_ERRORS:
            self.stderr.write("MLflow's store does not answer: the aliases follow when it does.")
        for made in deployments:
            self.stdout.write(
                self.style.SUCCESS(f"{version} is the champion (generation {made.generation}).")
            )
            if made.upgrade:
                self.stdout.write(f"{made.reason}. Train on your labels again and ask for promotion.")
