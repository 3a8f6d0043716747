"""The trained estimator: loaded after its digest was checked, and compared with the served model.

For commands and workers, because it loads scikit-learn and skops. The types an artefact declares for itself
protect nothing, so the trusted types are listed here and the digest is checked first.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import skops.io
from sklearn.exceptions import InconsistentVersionWarning

from accounts.encryption.crypto import sha256
from modelops.validation.validation_set import BatchScorer, ValidationSet

TRUSTED_TYPES = (
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
)
"""Types in our estimators beyond those that skops trusts."""

MAX_ROUNDING_DIFFERENCE = 1e-9


class EstimatorError(ValueError):
    """The estimator is not the registered one, or predicts otherwise than the served model."""


def load_estimator(content: bytes, digest: str) -> Any:
    """Return the estimator in the bytes.

    Raises :class:`EstimatorError` for other bytes, other types, or another version of scikit-learn.
    """
    if sha256(content) != digest:
        raise EstimatorError("model.skops is not the file that was registered")
    if unknown := set(skops.io.get_untrusted_types(data=content)) - set(TRUSTED_TYPES):
        raise EstimatorError(f"model.skops holds types of no estimator of ours: {sorted(unknown)}")
    with warnings.catch_warnings():
        warnings.simplefilter("error", InconsistentVersionWarning)
        try:
            return skops.io.loads(content, trusted=list(TRUSTED_TYPES))
        except InconsistentVersionWarning as warning:
            raise EstimatorError(str(warning)) from warning


def compare_with_served(estimator: Any, served: BatchScorer, validation_set: ValidationSet) -> float:
    """Return the largest difference of probability between estimator and served model on a validation set.

    Raises :class:`EstimatorError` above :data:`MAX_ROUNDING_DIFFERENCE`.
    """
    trained = estimator.predict_proba(validation_set.features)[:, 1]
    worst = float(np.abs(trained - validation_set.score_with(served)).max()) if len(validation_set) else 0.0
    if worst > MAX_ROUNDING_DIFFERENCE:
        raise EstimatorError(f"served and trained probabilities differ by {worst:.2g}")
    return worst
