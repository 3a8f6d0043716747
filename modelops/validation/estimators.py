"""The trained estimator beside what is served of it: loaded after its digest, compared number by number.

For commands and workers: it brings scikit-learn and skops. What an artefact says about its own types is no
protection, so the list of types is ours and the digest comes first.
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
"""Types an estimator of ours is made of, beside those that skops trusts by itself."""

MAX_ROUNDING_DIFFERENCE = 1e-9


class EstimatorError(ValueError):
    """The estimator is not the one that was registered, or says something else than what is served."""


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


def compare_with_served(estimator: Any, served: BatchScorer, exam: ValidationSet) -> float:
    """Return the largest difference of probability between the estimator and what is served, over an exam.

    Raises :class:`EstimatorError` when it is more than rounding.
    """
    trained = estimator.predict_proba(exam.features)[:, 1]
    worst = float(np.abs(trained - exam.score_with(served)).max()) if len(exam) else 0.0
    if worst > MAX_ROUNDING_DIFFERENCE:
        raise EstimatorError(f"served and trained probabilities differ by {worst:.2g}")
    return worst
