"""Training pipeline: from labelled pairs to a candidate with metrics, figures and a model card.

Imported by commands and workers only, because it imports scikit-learn, skops and matplotlib.
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
"""Called with a message, the stage, and the percentage done at its start."""

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
    """A trained model with everything that is registered with it. ``files`` contain no name."""

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
        """Return the metrics on held-out entities, and those of cross-validation with the prefix ``cv_``."""
        overall = self.evaluation.overall
        return {
            **_collect_metrics(overall),
            **{f"cv_{name}": value for name, value in self.trained_model.metrics.items()},
        }

    @property
    def params(self) -> dict[str, Any]:
        """Return the parameters of the training, for the registry."""
        counts = {f"pairs_{source}": dataset["pairs"] for source, dataset in self.datasets.items()}
        trained = self.trained_model
        chosen = {
            "chosen": trained.chosen_candidate,
            "calibration": trained.calibration,
            "seed": trained.seed,
        }
        return {**chosen, "rows": trained.rows, "schema": self.schema_hash, **counts}

    def build_registration(self, model_path: str, run_id: str) -> VersionRegistration:
        """Return the registration of this candidate as a model version."""
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
    """Train a model, evaluate it on held-out entities and build its files.

    Raises ``TrainingError`` for pairs that cannot train a model.
    """
    report("reading pairs", TrainingStage.READING, 5)
    data = build_dataset(pairs, lambda message: report(message, TrainingStage.READING, None))
    report("training", TrainingStage.TRAINING, 30)
    trained = fitting.train_on_dataset(
        data, seed, lambda message: report(message, TrainingStage.TRAINING, None)
    )
    held_out = fitting.select_held_out_pairs(data, seed)
    outdated = sum(pair.is_outdated for pair in data.pairs)
    note = (
        f"; {outdated:,} pairs labelled under rules that have changed are not measured on" if outdated else ""
    )
    report(f"measuring on {len(held_out):,} held-out pairs{note}", TrainingStage.MEASURING, 75)
    with tempfile.TemporaryDirectory() as folder:
        fitting.save_artefact(trained, data, Path(folder), version, command)
        files = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
    content = files["model.json"]
    scorer = load_scorer(content)
    evaluation = evaluate_pairs(held_out, scorer=scorer)
    report("building the validation set", TrainingStage.MEASURING, 82)
    validation_set = validation.build_validation_set(held_out)
    files["MODEL_CARD.md"] = render_model_card(trained, content, data.pairs, evaluation).encode()
    files |= _render_files(held_out, scorer, evaluation, validation_set)
    artefact = json.loads(content)
    return CandidateModel(
        version=artefact["version"],
        schema_hash=artefact["schema"],
        trained_model=trained,
        evaluation=evaluation,
        files=files,
        datasets=compute_digests(data.pairs),
        libraries=artefact["training"]["libraries"],
        validation_set=validation_set,
    )


def select_safe_slices(
    evaluation: EvaluationReport, min_pairs: int = MIN_SLICE_PAIRS
) -> dict[str, ClassificationMetrics]:
    """Return slices of at least ``min_pairs`` by ``dimension: name``, without free text of a file."""
    return {
        f"{by}: {name}": metrics
        for by in ("kind", "script", "difference", "tag")
        for name, metrics in evaluation.slices[by].items()
        if metrics.n >= min_pairs and is_safe_label(name)
    }


def _render_files(
    pairs: Sequence[LabelledPair],
    scorer: CompiledScorer,
    evaluation: EvaluationReport,
    validation_set: ValidationSet,
) -> dict[str, bytes]:
    scores = score_pairs(pairs, "general", scorer)
    scored = [(pair, score) for pair, score in zip(pairs, scores, strict=True) if isinstance(score, Score)]
    labels = np.array([pair.material for pair, _ in scored], dtype=bool)
    probabilities = np.array([score.material_probability for _, score in scored])
    slices = select_safe_slices(evaluation)
    table = {name: metrics.to_dict() for name, metrics in {"all": evaluation.overall, **slices}.items()}
    return {
        "calibration_curve.png": figures.plot_calibration(labels, probabilities),
        "precision_recall.png": figures.plot_precision_recall(labels, probabilities),
        "confusion.png": figures.plot_confusion_matrix(labels, [score.verdict.value for _, score in scored]),
        "slice_table.png": figures.plot_slice_table(slices),
        "contributions.png": figures.plot_contributions(_compute_mean_contributions(scorer, validation_set)),
        "slices.json": json.dumps(table, indent=1).encode(),
    }


def _compute_mean_contributions(scorer: CompiledScorer, validation_set: ValidationSet) -> dict[str, float]:
    """Return the mean absolute log-odds of each feature over some rows of the validation set."""
    rows = validation_set.features[:: max(1, len(validation_set) // _MAX_CONTRIBUTION_ROWS)]
    total: dict[str, float] = {}
    for row in rows:
        for name, value in scorer.compute_contributions(row.tolist()).items():
            if name not in ("baseline", "calibration"):
                total[name] = total.get(name, 0.0) + abs(value) / len(rows)
    return total or {"none": 0.0}


def _collect_metrics(quality: ClassificationMetrics) -> dict[str, float]:
    """Return the metrics that are defined for these pairs."""
    rates = {name: getattr(quality, name).value for name in _RATE_METRICS}
    plain = {"calibration_error": quality.calibration_error, "brier": quality.brier, "held_out": quality.n}
    return {name: float(value) for name, value in {**rates, **plain}.items() if not np.isnan(value)}


def _build_slice_metrics(evaluation: EvaluationReport) -> list[SliceMetric]:
    return [
        SliceMetric(metric, name, value, quality.n)
        for name, quality in select_safe_slices(evaluation).items()
        for metric, value in _collect_metrics(quality).items()
        if metric in ("accuracy", "recall_immaterial", "recall_material", "review_share", "calibration_error")
    ]
