"""Remove data older than its retention rule allows."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from accounts.privacy import retention


class Command(BaseCommand):
    """``retain --dry-run`` shows what ``retain`` would remove, by kind; beat runs it every night."""

    help = "Apply the retention rules; --dry-run only counts."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the option to count only."""
        parser.add_argument("--dry-run", action="store_true", help="count what is due and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Count or apply, and print one line per kind."""
        now = timezone.now()
        outcomes = retention.preview_rules(now) if options["dry_run"] else retention.apply_rules(now)
        verb = "due" if options["dry_run"] else "removed"
        for outcome in outcomes:
            days = "for ever" if outcome.days is None else f"{outcome.days} days"
            self.stdout.write(
                f"{outcome.rows:>12,} {verb}  {days:>9}  {outcome.kind.key}: {outcome.kind.title}"
            )
