"""From labelled pairs to a candidate that can be registered: trained, measured, drawn and described.

Imported by commands and workers only: it brings scikit-learn, skops and matplotlib.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from matching.engine import CompiledScorer, Score, load_scorer
from matching.training import fitting, validation
from matching.training.dataset import build_dataset, compute_digests, is_safe_label, score_pairs
from matching.training.evaluation import MIN_SLICE_PAIRS, EvaluationReport, evaluate_pairs
from matching.training.model_card import render_model_card
from matching.training.synthetic import LabelledPair
from modelops.deployment.registration import SliceMetric, VersionRegistration
from modelops.models import TrainingStage
from modelops.training import figures
from modelops.training.evaluation import ClassificationMetrics
from modelops.training.trained_model import TrainedModel
from modelops.validation.validation_set import ValidationSet, pack_validation_set

StageReporter = Callable[[str, str, int | None], None]
"""Told what is done, at which stage, and how many percent of the whole came before it."""

_MAX_CONTRIBUTION_ROWS = 400
_RATE_METRICS = (
    "accuracy",
    "precision_immaterial",
    "recall_immaterial",
    "f1_immaterial",
    "precision_material",
    "recall_material",
    "f1_material",
    "review_share",
    "missed_material",
    "false_material",
)


@dataclass(frozen=True)
class CandidateModel:
    """A trained model with everything that is registered of it. ``files`` hold no name."""

    version: str
    schema_hash: str
    trained_model: TrainedModel
    evaluation: EvaluationReport
    files: Mapping[str, bytes]
    datasets: Mapping[str, Any]
    libraries: Mapping[str, str]
    validation_set: ValidationSet

    @property
    def metrics(self) -> dict[str, float]:
        """Plain numbers of the held-out entities, and those of cross-validation."""
        measured = self.evaluation.overall
        return {
            **_collect_metrics(measured),
            **{f"cv_{name}": value for name, value in self.trained_model.metrics.items()},
        }

    @property
    def params(self) -> dict[str, Any]:
        """What was chosen, for the registry."""
        counts = {f"pairs_{source}": found["pairs"] for source, found in self.datasets.items()}
        trained = self.trained_model
        chosen = {
            "chosen": trained.chosen_candidate,
            "calibration": trained.calibration,
            "seed": trained.seed,
        }
        return {**chosen, "rows": trained.rows, "schema": self.schema_hash, **counts}

    def build_registration(self, model_path: str, run_id: str) -> VersionRegistration:
        """What is registered of it here."""
        return VersionRegistration(
            name=fitting.MODEL_NAME,
            version=self.version,
            content=self.files["model.json"],
            schema_hash=self.schema_hash,
            model_path=model_path,
            mlflow_run_id=run_id,
            accuracy=self.evaluation.overall.accuracy.value,
            metrics=self.metrics,
            libraries=self.libraries,
            slices=_build_slice_metrics(self.evaluation),
            datasets=self.datasets,
            card=self.files["MODEL_CARD.md"].decode(),
            validation_set=pack_validation_set(self.validation_set),
        )


def train_candidate(
    pairs: Sequence[LabelledPair], seed: int, version: str, command: str, report: StageReporter
) -> CandidateModel:
    """Train, measure on held-out entities, draw and describe.

    Raises ``TrainingError`` for pairs that cannot train a model.
    """
    report("reading pairs", TrainingStage.READING, 5)
    data = build_dataset(pairs, lambda said: report(said, TrainingStage.READING, None))
    report("training", TrainingStage.TRAINING, 30)
    trained = fitting.train_on_dataset(data, seed, lambda said: report(said, TrainingStage.TRAINING, None))
    held_out = fitting.select_held_out_pairs(data, seed)
    outdated = sum(pair.is_outdated for pair in data.pairs)
    apart = (
        f"; {outdated:,} pairs labelled under rules that have changed are not measured on" if outdated else ""
    )
    report(f"measuring on {len(held_out):,} held-out pairs{apart}", TrainingStage.MEASURING, 75)
    with tempfile.TemporaryDirectory() as folder:
        fitting.save_artefact(trained, Path(folder), version, command)
        files = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
    content = files["model.json"]
    scorer, found = load_scorer(content), evaluate_pairs(held_out, scorer=load_scorer(content))
    report("making the exam", TrainingStage.MEASURING, 82)
    exam = validation.build_validation_set(held_out)
    files["MODEL_CARD.md"] = render_model_card(trained, content, data.pairs, found).encode()
    files |= _render_files(held_out, scorer, found, exam)
    described = json.loads(content)
    return CandidateModel(
        described["version"],
        described["schema"],
        trained,
        found,
        files,
        compute_digests(data.pairs),
        described["training"]["libraries"],
        exam,
    )


def select_safe_slices(
    found: EvaluationReport, fewest: int = MIN_SLICE_PAIRS
) -> dict[str, ClassificationMetrics]:
    """Slices big enough to be measured, by ``dimension: name``; free text of a file is left out."""
    return {
        f"{by}: {name}": quality
        for by in ("kind", "script", "difference", "tag")
        for name, quality in found.slices[by].items()
        if quality.n >= fewest and is_safe_label(name)
    }


def _render_files(
    pairs: Sequence[LabelledPair], scorer: CompiledScorer, found: EvaluationReport, exam: ValidationSet
) -> dict[str, bytes]:
    answers = score_pairs(pairs, "general", scorer)
    judged = [(pair, score) for pair, score in zip(pairs, answers, strict=True) if isinstance(score, Score)]
    labels = np.array([pair.material for pair, _ in judged], dtype=bool)
    said = np.array([score.material_probability for _, score in judged])
    slices = select_safe_slices(found)
    table = {name: quality.to_dict() for name, quality in {"all": found.overall, **slices}.items()}
    return {
        "calibration_curve.png": figures.plot_calibration(labels, said),
        "precision_recall.png": figures.plot_precision_recall(labels, said),
        "confusion.png": figures.plot_confusion_matrix(labels, [score.verdict.value for _, score in judged]),
        "slice_table.png": figures.plot_slice_table(slices),
        "contributions.png": figures.plot_contributions(_compute_mean_contributions(scorer, exam)),
        "slices.json": json.dumps(table, indent=1).encode(),
    }


def _compute_mean_contributions(scorer: CompiledScorer, exam: ValidationSet) -> dict[str, float]:
    """Mean absolute log-odds of each feature over some rows of the exam."""
    rows = exam.features[:: max(1, len(exam) // _MAX_CONTRIBUTION_ROWS)]
    total: dict[str, float] = {}
    for row in rows:
        for name, value in scorer.compute_contributions(row.tolist()).items():
            if name not in ("baseline", "calibration"):
                total[name] = total.get(name, 0.0) + abs(value) / len(rows)
    return total or {"none": 0.0}


def _collect_metrics(quality: ClassificationMetrics) -> dict[str, float]:
    """The rates that could be measured."""
    rates = {name: getattr(quality, name).value for name in _RATE_METRICS}
    plain = {"calibration_error": quality.calibration_error, "brier": quality.brier, "held_out": quality.n}
    return {name: float(value) for name, value in {**rates, **plain}.items() if not np.isnan(value)}


def _build_slice_metrics(found: EvaluationReport) -> list[SliceMetric]:
    return [
        SliceMetric(metric, name, value, quality.n)
        for name, quality in select_safe_slices(found).items()
        for metric, value in _collect_metrics(quality).items()
        if metric in ("accuracy", "recall_immaterial", "recall_material", "review_share", "calibration_error")
    ]
