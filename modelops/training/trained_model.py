"""The result of training: a calibrated estimator, and how it was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelops.arrays import FloatArray
from modelops.training.thresholds import AbstentionBand


@dataclass(frozen=True, slots=True)
class CandidateScore:
    """The result of one candidate in grouped cross-validation.

    ``log_loss`` is the mean over the folds in nats, ``standard_error`` its standard error.
    """

    name: str
    log_loss: float
    standard_error: float
    f1_immaterial: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A fitted, calibrated estimator with its features, its decision thresholds and its metrics.

    ``bands`` maps each slice with thresholds of its own to them; ``rows`` counts the training rows as given.
    ``predicted`` holds the probability of each of them by a model that had not learnt its entity, ``nan`` for
    rows that were merged with equal ones.
    """

    estimator: Any
    feature_names: tuple[str, ...]
    candidate_scores: tuple[CandidateScore, ...]
    chosen_candidate: str
    calibration: str
    bands: Mapping[str, AbstentionBand]
    metrics: Mapping[str, float]
    rows: int
    seed: int
    predicted: FloatArray
    settings: Mapping[str, Any] = field(default_factory=dict)
