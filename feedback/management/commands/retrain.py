"""Train a candidate model on the reviewers' labels at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from feedback.models import Feedback
from feedback.retraining.pipeline import retrain
from matching.training.synthetic import DEFAULT_SIZE, PairsFileError, read_pairs
from modelops.training.fitting import TrainingError
from modelops.training.runs import TrainingBusyError


class Command(BaseCommand):
    """Train a model and register it as a candidate; a promotion needs two people in the admin."""

    help = "Train and register a candidate model on the adjudicated labels and the synthetic corpus."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add options for labelled files, the size of the corpus and a dry run."""
        parser.add_argument(
            "--pairs", type=Path, action="append", default=[], metavar="FILE", help="may be repeated"
        )
        parser.add_argument(
            "--corpus-size", type=int, default=DEFAULT_SIZE, help="pairs of the synthetic corpus"
        )
        parser.add_argument("--dry-run", action="store_true", help="print the training data and stop")

    def handle(self, *args: Any, **options: Any) -> None:
        """Train, or only print the training data. Raises ``CommandError`` when the training fails."""
        try:
            self._print_training_data(options["pairs"], options["corpus_size"])
            if options["dry_run"]:
                return
            run = retrain(
                "requested on the command line", None, options["corpus_size"], tuple(options["pairs"])
            )
        except (TrainingBusyError, PairsFileError, TrainingError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"{run.model} is registered as a candidate"))

    def _print_training_data(self, files: list[Path], corpus_size: int) -> None:
        labels = Feedback.objects.for_training()
        self.stdout.write(f"{labels.count()} labels, {labels.pending().count()} of them new")
        for path in files:
            self.stdout.write(f"{len(read_pairs(path)):,} labelled pairs in {path.name}")
        self.stdout.write(f"{corpus_size:,} synthetic pairs")
