"""Load the starting guideline, or write its page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from feedback.guideline import starting_guideline


class Command(BaseCommand):
    """``manage.py guideline load`` publishes the starting guideline once; ``write`` writes its page."""

    help = "Publish the starting guideline where there is none (load), or write docs/guideline.md (write)."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the ``what`` argument."""
        parser.add_argument("what", choices=("load", "write"))

    def handle(self, *_args: Any, **options: Any) -> None:
        """Load the guideline or write its page, and print the result."""
        if options["what"] == "write":
            page = Path(settings.BASE_DIR) / "docs" / "guideline.md"
            page.write_text(starting_guideline.render_markdown(), encoding="utf-8")
            self.stdout.write("docs/guideline.md")
            return
        loaded = starting_guideline.publish_starting_guideline()
        message = f"Guideline {loaded.version} is in force" if loaded else "There is a guideline already"
        self.stdout.write(message)
