"""Build the evidence pack of a month."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from analytics.evidence import Month, NoEvidenceError, build_pack


class Command(BaseCommand):
    """``evidence 2026-03`` writes the pack; without a month, that of the last one."""

    help = "Build the evidence pack of a month: audit chain, deployments, accesses, verifier."

    def add_arguments(self, parser: CommandParser) -> None:
        """Define the optional month."""
        parser.add_argument("month", nargs="?", help="like 2026-03; default: last month")

    def handle(self, *args: Any, **options: Any) -> None:
        """Build the pack; print path and digest. Raises ``CommandError`` for a month without events."""
        try:
            text = options["month"]
            month = Month.parse(text) if text else Month.from_datetime(timezone.now()).previous
            pack = build_pack(month, None)
        except NoEvidenceError as error:
            raise CommandError(f"{error}.") from error
        self.stdout.write(f"{settings.EVIDENCE_DIR}/{pack.name}\nsha256 {pack.sha256}")
        if not month.is_over:
            self.stdout.write("The month is not over: this pack ends where the chain ends now.")
