"""``manage.py train``: train the starting model from generated pairs and labelled files."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from threadpoolctl import threadpool_limits

from matching.engine import load_scorer
from matching.training import fitting
from matching.training.dataset import build_dataset
from matching.training.evaluation import evaluate_pairs
from matching.training.model_card import render_model_card
from matching.training.synthetic import DEFAULT_SIZE, LabelledPair, PairsFileError, generate_pairs, read_pairs
from modelops.training.fitting import TrainingError


class Command(BaseCommand):
    """Train, calibrate, set thresholds, measure on held-out entities, write the artefact and its card."""

    help = "Train the model from constructed pairs and labelled CSV files. Needs no server."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the files, the output folder, and the settings that make the run repeatable."""
        parser.add_argument(
            "--pairs", type=Path, action="append", default=[], metavar="FILE", help="may be repeated"
        )
        parser.add_argument("--output", type=Path, default=Path("matching/engine/model"), metavar="DIR")
        parser.add_argument("--seed", type=int, default=20)
        parser.add_argument(
            "--constructed", type=int, default=DEFAULT_SIZE, metavar="N", help="constructed pairs"
        )
        parser.add_argument("--model-version", default="1.2.0")

    def handle(self, *args: Any, **options: Any) -> None:
        """Train a model. Raises ``CommandError`` with one sentence for data that cannot train one."""
        self._start_time = time.monotonic()
        seed, output = options["seed"], options["output"]
        try:
            with threadpool_limits(1, "openmp"):
                data = build_dataset(self._load_pairs(options), self._report)
                trained = fitting.train_on_dataset(data, seed, self._report)
        except (PairsFileError, TrainingError, ValueError) as error:
            raise CommandError(str(error)) from error
        content = fitting.save_artefact(
            trained, data, output, options["model_version"], _format_command(options)
        )
        evaluation = evaluate_pairs(fitting.select_held_out_pairs(data, seed), scorer=load_scorer(content))
        content = fitting.add_held_out_results(output, content, evaluation.overall)
        (output / "MODEL_CARD.md").write_text(
            render_model_card(trained, content, data.pairs, evaluation), encoding="utf-8"
        )
        whole = evaluation.overall
        self._report(
            f"held-out entities: F1 (immaterial) {whole.f1_immaterial}, specificity {whole.specificity}"
        )
        self.stdout.write(
            f"Written to {output}: model.json ({len(content):,} bytes), model.skops, MODEL_CARD.md"
        )

    def _load_pairs(self, options: dict[str, Any]) -> Iterator[LabelledPair]:
        real = [pair for path in options["pairs"] for pair in read_pairs(path)]
        self._report(f"{len(real):,} labelled pairs from {len(options['pairs'])} files")
        return chain(real, generate_pairs(options["seed"], options["constructed"]))

    def _report(self, message: str) -> None:
        self.stderr.write(f"{time.monotonic() - self._start_time:7.1f} s  {message}")


def _format_command(options: dict[str, Any]) -> str:
    """Return the command that repeats this run, without the folders of this machine."""
    files = "".join(f" --pairs {path.name}" for path in options["pairs"])
    return f"manage.py train{files} --seed {options['seed']} --constructed {options['constructed']}"
