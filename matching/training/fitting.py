"""Training of the model of names: weights of pairs, split by entity, artefact.

The model never gets a name: names become features, and rules determine which pairs the model decides.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import sklearn
import skops.io

from matching.engine import FEATURE_NAMES, MONOTONE_CONSTRAINTS, compute_schema_hash
from matching.training.dataset import SYNTHETIC_SOURCE, LabelledDataset, ProgressReporter
from matching.training.synthetic import DatasetSplit, LabelledPair, assign_split
from modelops.training import fitting
from modelops.training.compilation import compile_model
from modelops.training.evaluation import ClassificationMetrics
from modelops.training.trained_model import TrainedModel

MODEL_NAME = "legal-names"
HELD_OUT_SHARE = 0.2
"""Share of the entities of real pairs that training leaves out; results are reported on them."""
SYNTHETIC_WEIGHT = 0.04
"""Weight of a generated pair relative to a real one; multiplied by the weight of its recipe."""


def train_on_dataset(data: LabelledDataset, seed: int, report: ProgressReporter) -> TrainedModel:
    """Train on everything but the held-out entities of real pairs (of all pairs, where none is real)."""
    real = np.array([pair.source != SYNTHETIC_SOURCE for pair in data.pairs])
    measured = real if real.any() else np.ones(len(real), dtype=bool)
    current = np.array([not pair.is_outdated for pair in data.pairs])
    parts = np.array([assign_split(pair, HELD_OUT_SHARE, seed) for pair in data.pairs])
    chosen = np.flatnonzero(~measured | (parts == DatasetSplit.TRAIN))
    weights = np.array([_compute_weight(pair) for pair in data.pairs])
    report(f"training on {len(chosen):,} pairs, {int(measured[chosen].sum()):,} of them measured")
    return fitting.fit(
        data.features[chosen],
        [int(data.pairs[at].material) for at in chosen],
        [data.pairs[at].entity for at in chosen],
        weights[chosen],
        FEATURE_NAMES,
        MONOTONE_CONSTRAINTS,
        counted=(measured & current & data.needs_model)[chosen],
        decided=data.may_be_immaterial[chosen],
        settled=(measured & current & data.is_immaterial_by_rule)[chosen],
        slices=data.kinds[chosen],
        seed=seed,
        report=report,
    )


def select_held_out_pairs(data: LabelledDataset, seed: int) -> list[LabelledPair]:
    """Return the pairs of real entities (of all, where none is real) that training left out.

    Outdated pairs are excluded: they carry labels that the model is trained to contradict.
    """
    real = any(pair.source != SYNTHETIC_SOURCE for pair in data.pairs)
    candidates = [pair for pair in data.pairs if not real or pair.source != SYNTHETIC_SOURCE]
    kept = [pair for pair in candidates if assign_split(pair, HELD_OUT_SHARE, seed) is DatasetSplit.HELD_OUT]
    return [pair for pair in kept if not pair.is_outdated]


def _compute_weight(pair: LabelledPair) -> float:
    return pair.weight * (SYNTHETIC_WEIGHT if pair.source == SYNTHETIC_SOURCE else 1.0)


def save_artefact(trained: TrainedModel, folder: Path, version: str, command: str) -> bytes:
    """Write ``model.skops`` and ``model.json`` into a folder; return the bytes of the latter.

    The version ends with the beginning of the estimator's digest, so that every training has its own version.
    ``model.json`` holds what serving must check: schema hash, digest of the estimator, library versions.
    """
    folder.mkdir(parents=True, exist_ok=True)
    estimator = skops.io.dumps(trained.estimator)
    digest = hashlib.sha256(estimator).hexdigest()
    (folder / "model.skops").write_bytes(estimator)
    settings = {
        "command": command,
        "trained_on": datetime.now(UTC).date().isoformat(),
        "estimator_sha256": digest,
        "libraries": {
            "scikit-learn": sklearn.__version__,
            "numpy": np.__version__,
            "skops": skops.__version__,
        },
        "calibration": trained.calibration,
        "metrics": dict(trained.metrics),
    }
    compiled = compile_model(
        replace(trained, settings=settings), MODEL_NAME, f"{version}+{digest[:8]}", compute_schema_hash()
    )
    content = json.dumps(compiled, separators=(",", ":"), sort_keys=True).encode()
    (folder / "model.json").write_bytes(content)
    return content


def add_held_out_results(folder: Path, content: bytes, held_out: ClassificationMetrics) -> bytes:
    """Add the metrics on held-out entities to a saved model; return its bytes."""
    artefact = json.loads(content)
    artefact["training"]["held_out"] = {
        "pairs": float(held_out.n),
        "accuracy": held_out.accuracy.value,
        "f1_immaterial": held_out.f1_immaterial.value,
        "specificity": held_out.specificity.value,
        "review_share": held_out.review_share.value,
        "calibration_error": held_out.calibration_error,
    }
    noted = json.dumps(artefact, separators=(",", ":"), sort_keys=True).encode()
    (folder / "model.json").write_bytes(noted)
    return noted
