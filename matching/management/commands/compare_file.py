"""``manage.py compare_file IN.csv OUT.csv``: compare a file of pairs on all cores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from matching.engine import EngineError, Kind
from matching.engine.profiles import ALL_PROFILE_IDS
from matching.jobs.compare_file import RowTotals, compare_file, count_cores, prepare_process
from matching.jobs.formats.rows import FileError
from matching.jobs.offline.scores import FileCompareOptions
from matching.management.file_progress import ProgressReport


class Command(BaseCommand):
    """Compare every row of a file; progress goes to the error stream."""

    help = "Compare the pairs in a CSV or Parquet file; the answers are further columns. Needs no server."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add both files, the profile and the options."""
        parser.add_argument(
            "source", type=Path, metavar="IN", help="CSV, Parquet (.parquet), or - for standard input"
        )
        parser.add_argument(
            "target", type=Path, metavar="OUT", help="of the same format; - for standard output"
        )
        parser.add_argument("--profile", default="general", help=f"one of {', '.join(ALL_PROFILE_IDS)}")
        parser.add_argument(
            "--columns", default="name_a,name_b", help="the two name columns (default name_a,name_b)"
        )
        parser.add_argument("--kind", default="auto", choices=["auto", *Kind])
        parser.add_argument(
            "--processes", type=int, default=count_cores(), metavar="N", help="default: all cores"
        )
        parser.add_argument(
            "--resume", action="store_true", help="go on where a run that was ended has stopped"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the comparison. Raises ``CommandError`` with one sentence for a file that cannot be used."""
        if options["processes"] < 1:
            raise CommandError("--processes takes a number of at least 1.")
        compare_options = FileCompareOptions(
            _parse_columns(options["columns"]), options["profile"], options["kind"]
        )
        report = ProgressReport(self.stderr)
        prepare_process()
        files = options["source"], options["target"]
        try:
            totals = compare_file(
                *files, compare_options, options["processes"], report.show, options["resume"]
            )
        except (FileError, EngineError) as error:
            report.finish("")
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            report.finish("")
            raise CommandError("Stopped; go on with the same command and --resume.", returncode=130) from None
        report.finish(_summarise(totals, report.seconds, options["target"]))


def _parse_columns(text: str) -> tuple[str, str]:
    """Return the two columns. Raises ``CommandError`` for another number of them."""
    columns = [column.strip() for column in text.split(",")]
    if len(columns) != 2 or not all(columns):
        raise CommandError("--columns takes two column names separated by a comma, such as name_a,name_b.")
    return columns[0], columns[1]


def _summarise(totals: RowTotals, seconds: float, target: Path) -> str:
    rate = (totals.rows - totals.resumed) / seconds
    earlier = f", {totals.resumed:,} of them by an earlier run" if totals.resumed else ""
    return (
        f"{totals.rows:,} rows{earlier}, {totals.errors:,} with an error, in {seconds:.1f} s, {rate:,.0f}/s\n"
        f"Written to {target if str(target) != '-' else 'standard output'}."
    )
