"""``manage.py rollup --from 2026-01-01 --verify``: count the hours of reports again, or compare them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.dates import format_moment
from analytics import rollup

_SHOWN = 20
"""Most differing hours that are printed."""


class Command(BaseCommand):
    """Replace the hourly roll-ups of a period by what the rows say; with ``--verify`` only compare."""

    help = "Count the hours of reports again from the rows, or compare them with the rows (--verify)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the period, in days of UTC, and the comparison."""
        parser.add_argument("--from", dest="first", type=date.fromisoformat, help="first day, 2026-01-31")
        parser.add_argument("--to", dest="last", type=date.fromisoformat, help="last day; today if left out")
        parser.add_argument(
            "--verify", action="store_true", help="change nothing; exit with 1 if hours differ"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Repair or verify. Raises ``CommandError`` when hours differ under ``--verify``."""
        now = timezone.now()
        start = _begin(options["first"]) if options["first"] else rollup.find_first_hour(now)
        end = _begin(options["last"]) + timedelta(days=1) if options["last"] else now
        end = min(end, rollup.floor_hour(now) + rollup.HOUR)
        if start >= end:
            raise CommandError("The period has not begun or ends before it begins.")
        period = f"{format_moment(start)} to {format_moment(end)}"
        if not options["verify"]:
            self.stdout.write(
                f"{period}: {rollup.repair(start, end):,} hours or days differed and are repaired."
            )
            return
        differences = rollup.verify(start, end)
        for row in differences[:_SHOWN]:
            counts = f"{row.in_rows:,} in the rows, {row.in_rollup:,} rolled up"
            self.stdout.write(f"{format_moment(row.hour)}, {row.what}: {counts}")
        if differences:
            raise CommandError(f"{period}: {len(differences):,} differences.")
        self.stdout.write(f"{period}: every hour agrees with the rows.")


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
