"""Training of the model of names: weights of pairs, split by entity, artefact.

The model never gets a name: names become features, and rules determine which pairs the model decides.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import numpy as np
import sklearn
import skops.io
from numpy.typing import NDArray

from matching.engine import (
    FEATURE_NAMES,
    MONOTONE_CONSTRAINTS,
    RULES_VERSION,
    Kind,
    compute_schema_hash,
    load_scorer,
)
from matching.training.dataset import SYNTHETIC_SOURCE, LabelledDataset, ProgressReporter
from matching.training.error_rates import (
    estimate_error_rates,
    observe_labelled_pairs,
    observe_practitioner_pairs,
)
from matching.training.synthetic import DatasetSplit, LabelledPair, assign_split
from matching.training.synthetic.split import is_held_out
from modelops.training import fitting
from modelops.training.compilation import compile_model
from modelops.training.evaluation import ClassificationMetrics
from modelops.training.trained_model import TrainedModel

MODEL_NAME = "legal-names"
HELD_OUT_SHARE = 0.2
"""Share of the entities of real pairs that training leaves out; results are reported on them."""
SYNTHETIC_WEIGHT = 0.04
"""Weight of a generated pair relative to a real one; multiplied by the weight of its recipe."""
MODEL_REFUSES_UNDER = ("general", "kyc", "contract")
"""Profiles whose question the labels answer, and under which the model may decide *material* alone. Not
``sanctions``: there a missed match costs more than a review."""


def train_on_dataset(data: LabelledDataset, seed: int, report: ProgressReporter) -> TrainedModel:
    """Train on everything but the held-out entities of real pairs (of all pairs, where none is real)."""
    chosen = select_training_rows(data, seed)
    measured = select_measured_rows(data, seed)
    weights = np.array([_compute_weight(pair) for pair in data.pairs])
    report(f"training on {len(chosen):,} pairs, {int(measured[chosen].sum()):,} of them measured")
    return fitting.fit(
        data.features[chosen],
        [int(data.pairs[at].material) for at in chosen],
        [data.pairs[at].entity for at in chosen],
        weights[chosen],
        FEATURE_NAMES,
        MONOTONE_CONSTRAINTS,
        counted=(measured & data.flags["general"].needs_model)[chosen],
        bands=_build_bands(data, measured, chosen),
        kept=measured[chosen],
        seed=seed,
        report=report,
    )


def select_training_rows(data: LabelledDataset, seed: int) -> NDArray[np.int64]:
    """Return the indices of the rows to train on: generated ones, and real ones of entities not held out."""
    parts = np.array([assign_split(pair, HELD_OUT_SHARE, seed) for pair in data.pairs])
    return np.flatnonzero(~_select_real_rows(data) | (parts == DatasetSplit.TRAIN))


def select_measured_rows(data: LabelledDataset, seed: int) -> NDArray[np.bool_]:
    """Return a mask of the rows that are measured on: real ones (any, where none is), not outdated.

    A pair of two entities is trained on only if neither is held out. As many pairs of one entity are left out
    here, so that the share of material pairs stays that of the data.
    """
    usable = [
        not pair.is_outdated
        and not (pair.right_entity == pair.entity and is_held_out(_get_pair_key(pair), HELD_OUT_SHARE, seed))
        for pair in data.pairs
    ]
    measured: NDArray[np.bool_] = _select_real_rows(data) & np.array(usable, dtype=bool)
    return measured


def _get_pair_key(pair: LabelledPair) -> str:
    return f"{pair.left}\x1f{pair.right}"


def _select_real_rows(data: LabelledDataset) -> NDArray[np.bool_]:
    real = np.array([pair.source != SYNTHETIC_SOURCE for pair in data.pairs])
    return real if real.any() else np.ones(len(real), dtype=bool)


def _build_bands(
    data: LabelledDataset, measured: NDArray[np.bool_], chosen: NDArray[np.int64]
) -> dict[str, fitting.BandRows]:
    """Return the rows of the thresholds of each kind, alone and under each profile.

    *Immaterial* is promised on real pairs. Words that only look alike are few in registers, so *material* is
    promised on constructed pairs too.
    """
    nothing = np.zeros(len(data.pairs), dtype=bool)
    current = np.array([not pair.is_outdated for pair in data.pairs])
    bands = {}
    for kind in Kind:
        here = data.kinds == kind.value
        for profile, flags in data.flags.items():
            may_be_material = here & current & flags.may_be_material
            masks = (
                here & measured & flags.may_be_immaterial,
                may_be_material if profile in MODEL_REFUSES_UNDER else nothing,
                here & measured & flags.is_immaterial_by_rule,
            )
            bands[f"{kind.value}/{profile}"] = fitting.BandRows(*(mask[chosen] for mask in masks))
        bands[kind.value] = bands[f"{kind.value}/general"]
    return bands


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


def save_artefact(
    trained: TrainedModel, data: LabelledDataset, folder: Path, version: str, command: str
) -> bytes:
    """Write ``model.skops`` and ``model.json`` into a folder; return the bytes of the latter.

    The version ends with the beginning of the estimator's digest, so that every training has its own version.
    ``model.json`` holds what serving must check (schema hash, digest of the estimator, library versions) and
    the error rates of the rules, measured with this model beside them.
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
        "rules": RULES_VERSION,
        "calibration": trained.calibration,
        "metrics": dict(trained.metrics),
    }
    compiled = compile_model(
        replace(trained, settings=settings), MODEL_NAME, f"{version}+{digest[:8]}", compute_schema_hash()
    )
    scorer = load_scorer(json.dumps(compiled).encode())
    chosen = select_training_rows(data, trained.seed)
    counted = select_measured_rows(data, trained.seed)[chosen]
    probabilities = dict(zip(chosen[counted].tolist(), trained.predicted[counted].tolist(), strict=True))
    observed = chain(observe_labelled_pairs(data, probabilities), observe_practitioner_pairs(scorer))
    compiled["measured_errors"] = estimate_error_rates(observed)
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
