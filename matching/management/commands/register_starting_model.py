"""Make the model that comes with the program live in a new installation."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from matching.engine.types import ArtefactError
from matching.starting_model import install
from modelops.registry import mirror_aliases


class Command(BaseCommand):
    """Register the shipped model in MLflow and make it champion, unless there was a champion before."""

    help = "Register the shipped model and make it champion; harmless to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        """Register, deploy, mirror the aliases, and say what was done."""
        try:
            version, deployment = install()
        except FileNotFoundError as error:
            raise CommandError("This package was built without its model.") from error
        except ArtefactError as error:
            raise CommandError(str(error)) from error
        if deployment is None:
            self.stdout.write(f"{version} is registered; a champion was chosen before, nothing was changed.")
            return
        mirror_aliases()
        self.stdout.write(
            self.style.SUCCESS(f"{version} is the champion (generation {deployment.generation}).")
        )
