"""``manage.py benchmark``: quality and speed beside peers, written to docs/benchmarks.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from matching.benchmark.report import PARTS, BenchmarkSettings, write_report
from matching.jobs.compare_file import prepare_process


class Command(BaseCommand):
    """Measure quality and speed beside the peer and a floor baseline, in one run."""

    help = "Measure quality and speed beside peers; writes docs/benchmarks.md. Needs the labelled sets."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the folder of labelled sets, the peer's Python, the runs, the parts and the output."""
        parser.add_argument("data", type=Path, help="folder with train_pairs.csv and eval/")
        parser.add_argument("--peer", type=Path, help="Python of an environment with nomenklatura")
        parser.add_argument("--runs", type=int, default=5)
        parser.add_argument("--pairs", type=int, help="pairs that speed is measured on (default all)")
        parser.add_argument(
            "--only", default=",".join(PARTS), help=f"parts to measure, of {', '.join(PARTS)}"
        )
        parser.add_argument("--output", type=Path, default=Path(settings.BASE_DIR) / "docs" / "benchmarks.md")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the report. Raises ``CommandError`` when there is nothing to measure."""
        if not options["data"].is_dir():
            raise CommandError(f"There is no folder {options['data']}; name the one with the labelled sets.")
        parts = options["only"].split(",")
        if unknown := set(parts) - set(PARTS):
            raise CommandError(
                f"There is no part {', '.join(sorted(unknown))}; choose of {', '.join(PARTS)}."
            )
        prepare_process()
        write_report(
            BenchmarkSettings(options["data"], options["peer"], options["runs"], options["pairs"]),
            options["output"],
            self.stdout.write,
            parts,
        )
