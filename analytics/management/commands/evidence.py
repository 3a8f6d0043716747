"""Build the evidence pack of a month."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from analytics.evidence import Month, NoEvidenceError, build_pack


class Command(BaseCommand):
    """``evidence 2026-03`` writes the pack; without a month, that of the last one."""

    help = "Build the evidence pack of a month: audit chain, deployments, accesses, verifier."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the month."""
        parser.add_argument("month", nargs="?", help="like 2026-03; default: last month")

    def handle(self, *args: Any, **options: Any) -> None:
        """Build it and print where it is and its digest. Raises ``CommandError`` when there is nothing."""
        try:
            given = options["month"]
            month = Month.parse(given) if given else Month.from_datetime(timezone.now()).previous
            found = build_pack(month, None)
        except NoEvidenceError as error:
            raise CommandError(f"{error}.") from error
        self.stdout.write(f"{found.path}\nsha256 {found.sha256}")
        if not month.is_over:
            self.stdout.write("The month is not over: this pack ends where the chain ends now.")
