"""``manage.py compare_file IN.csv OUT.csv``: compare a file of pairs on all cores."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from matching.engine import EngineError, Kind
from matching.engine.profiles import ALL_PROFILE_IDS
from matching.jobs.compare_file import (
    FileCompareOptions,
    RowProgressCallback,
    RowTotals,
    compare_file,
    count_cores,
    prepare_process,
)
from matching.jobs.formats.rows import FileError

_BAR_WIDTH = 30
_REFRESH_SECONDS = 0.2


class Command(BaseCommand):
    """Compare every row of a CSV file; progress goes to the error stream."""

    help = "Compare the pairs in a CSV file and write the answers as further columns. Needs no server."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add both files, the profile and the options."""
        parser.add_argument("source", type=Path, metavar="IN.csv")
        parser.add_argument("target", type=Path, metavar="OUT.csv")
        parser.add_argument("--profile", default="general", help=f"one of {', '.join(ALL_PROFILE_IDS)}")
        parser.add_argument(
            "--columns", default="name_a,name_b", help="the two name columns (default name_a,name_b)"
        )
        parser.add_argument("--kind", default="auto", choices=["auto", *Kind])
        parser.add_argument(
            "--processes", type=int, default=count_cores(), metavar="N", help="default: all cores"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the comparison. Raises ``CommandError`` with one sentence for a file that cannot be used."""
        columns = [column.strip() for column in options["columns"].split(",")]
        if len(columns) != 2 or not all(columns):
            raise CommandError(
                "--columns takes two column names separated by a comma, such as name_a,name_b."
            )
        if options["processes"] < 1:
            raise CommandError("--processes takes a number of at least 1.")
        compare_options = FileCompareOptions((columns[0], columns[1]), options["profile"], options["kind"])
        started = time.monotonic()
        prepare_process()
        try:
            totals = compare_file(
                options["source"],
                options["target"],
                compare_options,
                options["processes"],
                self._make_progress_bar(options["source"]),
            )
        except (FileError, EngineError) as error:
            raise CommandError(str(error)) from error
        self._write_summary(totals, time.monotonic() - started, options["target"])

    def _make_progress_bar(self, source: Path) -> RowProgressCallback:
        """Return a callback that draws a progress bar at most five times a second."""
        started, drawn = time.monotonic(), [0.0]
        total = source.stat().st_size if source.is_file() else 0

        def draw(rows: int, read: int) -> None:
            now = time.monotonic()
            if now - drawn[0] < _REFRESH_SECONDS:
                return
            drawn[0] = now
            share = min(1.0, read / total) if total else 1.0
            bar = "█" * round(share * _BAR_WIDTH)
            rate = rows / max(now - started, 1e-9)
            self.stderr.write(f"\r{bar:<{_BAR_WIDTH}} {share:4.0%}  {rows:,} rows  {rate:,.0f}/s", ending="")

        return draw

    def _write_summary(self, totals: RowTotals, seconds: float, target: Path) -> None:
        rate = totals.rows / max(seconds, 1e-9)
        done = f"{totals.rows:,} rows in {seconds:.1f} s, {rate:,.0f}/s, {totals.errors:,} with an error"
        self.stderr.write(f"\r{'█' * _BAR_WIDTH} 100%  {done}")
        self.stderr.write(f"Written to {target}.")
