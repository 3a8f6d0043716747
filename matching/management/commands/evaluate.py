"""``manage.py evaluate PAIRS.csv``: metrics on labelled pairs, beside two baselines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from matching.engine import EngineError, Kind
from matching.engine.profiles import ALL_PROFILE_IDS
from matching.training.evaluation import EvaluationReport, evaluate_pairs
from matching.training.synthetic import DatasetSplit, LabelledPair, PairsFileError, assign_split, read_pairs
from modelops.training.evaluation import ClassificationMetrics

_MAX_SLICES = 30
_SLICE_TITLES = {
    "kind": "By kind",
    "tag": "By tag of the file",
    "difference": "By differences found",
    "script": "By script",
    "source": "By source",
}


class Command(BaseCommand):
    """Measure precision, recall, F1 for both positives, specificity, review share, errors and calibration."""

    help = "Measure the answers on labelled pairs (name_a, name_b, label: 1 = same name). Needs no server."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the file and the selection of its pairs."""
        parser.add_argument("pairs", type=Path, metavar="PAIRS.csv")
        parser.add_argument("--profile", default="general", help=f"one of {', '.join(ALL_PROFILE_IDS)}")
        parser.add_argument("--kind", choices=["auto", *Kind], help="instead of the file's own kind column")
        parser.add_argument(
            "--held-out", type=float, metavar="SHARE", help="only this share of the entities (0 to 1)"
        )
        parser.add_argument(
            "--seed", type=int, default=20, help="which entities are held out (20, as in training)"
        )
        parser.add_argument("--json", action="store_true", help="print everything as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Evaluate the pairs. Raises ``CommandError`` with one sentence for a file that cannot be used."""
        try:
            pairs = self._load_pairs(options)
            report = evaluate_pairs(pairs, options["profile"])
        except (PairsFileError, EngineError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(report.to_dict(), ensure_ascii=False, indent=2))
            return
        for line in format_report(report):
            self.stdout.write(line)

    def _load_pairs(self, options: dict[str, Any]) -> list[LabelledPair]:
        pairs = read_pairs(options["pairs"])
        share = options["held_out"]
        if share is not None:
            if not 0 < share <= 1:
                raise CommandError("--held-out takes a share above 0 and at most 1, such as 0.2.")
            pairs = [
                pair for pair in pairs if assign_split(pair, share, options["seed"]) is DatasetSplit.HELD_OUT
            ]
        if not pairs:
            raise CommandError("There is no pair to measure.")
        return [replace(pair, kind=options["kind"]) for pair in pairs] if options["kind"] else pairs


def format_report(report: EvaluationReport) -> Iterator[str]:
    """Yield the lines of the report."""
    whole = report.overall
    yield (
        f"{whole.n:,} pairs, {whole.material:,} material; {report.unreadable_count} unreadable. "
        "Intervals are 95 %."
    )
    yield ""
    yield from _format_summary(whole)
    for by, title in _SLICE_TITLES.items():
        slices = report.slices[by]
        if len(slices) > 1:
            yield ""
            yield from _format_slices(title, slices)
    yield ""
    yield from _format_slices("Beside baselines", {"this engine": whole, **report.baselines})


def _format_summary(whole: ClassificationMetrics) -> Iterator[str]:
    rates = (
        ("F1, positive = immaterial", whole.f1_immaterial),
        ("  precision", whole.precision_immaterial),
        ("  recall", whole.recall_immaterial),
        ("F1, positive = material", whole.f1_material),
        ("  precision", whole.precision_material),
        ("  recall (= specificity)", whole.recall_material),
        ("Accuracy", whole.accuracy),
        ("Sent to review", whole.review_share),
        ("Wrong among auto-decided immaterial", whole.missed_material),
        ("Wrong among auto-decided material", whole.false_material),
    )
    for title, rate in rates:
        yield f"{title:<38}{rate}  n={rate.n:,}"
    yield f"{'Calibration error (ECE) / Brier':<38}{whole.calibration_error:6.4f} / {whole.brier:.4f}"


def _format_slices(title: str, slices: dict[str, ClassificationMetrics]) -> Iterator[str]:
    wide = f"{'recall immaterial':<24}{'specificity':<24}{'F1 immaterial':<24}"
    yield f"{title:<34}{'n':>7}{'material':>9}  {wide}{'review':>7}{'ECE':>7}"
    for name, q in list(slices.items())[:_MAX_SLICES]:
        rates = f"{q.recall_immaterial!s:<24}{q.specificity!s:<24}{_format_f1(q):<24}"
        ends = f"{q.review_share.value:>7.1%}{q.calibration_error:>7.3f}"
        yield f"{name[:33]:<34}{q.n:>7,}{q.material:>9,}  {rates}{ends}"
    if len(slices) > _MAX_SLICES:
        yield f"... and {len(slices) - _MAX_SLICES} smaller ones (--json shows all)"


def _format_f1(quality: ClassificationMetrics) -> str:
    both = 0 < quality.material < quality.n
    return str(quality.f1_immaterial) if both else "-"
