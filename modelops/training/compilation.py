"""Compilation of a scikit-learn estimator into plain numbers that are served without scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelops.arrays import BoolArray
from modelops.training.thresholds import AbstentionBand
from modelops.training.trained_model import TrainedModel

COMPILED_FORMAT = 1


def compile_model(trained: TrainedModel, name: str, version: str, schema: str) -> dict[str, Any]:
    """Return the model as a JSON-ready dictionary: features, trees or coefficients, calibration, thresholds.

    ``schema`` is the feature schema hash that the serving side checks. Raises ``TypeError`` for an estimator
    without a compiled form.
    """
    (calibrated,) = trained.estimator.calibrated_classifiers_
    return {
        "format": COMPILED_FORMAT,
        "name": name,
        "version": version,
        "schema": schema,
        "features": list(trained.feature_names),
        "model": _compile_estimator(calibrated.estimator.estimator),
        "calibration": _compile_calibration(calibrated.calibrators[0]),
        "thresholds": {kind: _compile_band(band) for kind, band in trained.bands.items()},
        "training": {
            "rows": trained.rows,
            "seed": trained.seed,
            "chosen": trained.chosen_candidate,
            **trained.settings,
        },
    }


def _compile_estimator(base: Any) -> dict[str, Any]:
    if hasattr(base, "steps"):
        return _compile_linear(base)
    if hasattr(base, "_predictors"):
        return _compile_forest(base)
    raise TypeError(f"{type(base).__name__} has no compiled form.")


def _compile_linear(pipeline: Any) -> dict[str, Any]:
    scaler, regression = pipeline[0], pipeline[-1]
    return {
        "form": "linear",
        "intercept": float(regression.intercept_[0]),
        "coefficients": regression.coef_[0].tolist(),
        "means": scaler.mean_.tolist(),
        "scales": scaler.scale_.tolist(),
    }


def _compile_forest(boosted: Any) -> dict[str, Any]:
    trees = [_compile_tree(predictors[0].nodes) for predictors in boosted._predictors]
    return {"form": "forest", "baseline": float(boosted._baseline_prediction.ravel()[0]), "trees": trees}


def _compile_tree(nodes: NDArray[Any]) -> list[list[Any]]:
    """Return columns by node: feature (-1 at a leaf), threshold, left, right, mean score below the node."""
    leaf = nodes["is_leaf"] == 1
    feature = np.where(leaf, -1, nodes["feature_idx"]).tolist()
    threshold = np.where(leaf, 0.0, nodes["num_threshold"]).tolist()
    return [
        feature,
        threshold,
        nodes["left"].tolist(),
        nodes["right"].tolist(),
        _compute_node_means(nodes, leaf),
    ]


def _compute_node_means(nodes: NDArray[Any], leaf: BoolArray) -> list[float]:
    """Return leaf values, and for inner nodes the mean of both children weighted by training rows."""
    values = [float(value) for value in nodes["value"]]
    for at in range(len(nodes) - 1, -1, -1):
        if not leaf[at]:
            sides = (int(nodes["left"][at]), int(nodes["right"][at]))
            rows = [float(nodes["count"][side]) for side in sides]
            values[at] = sum(n * values[side] for n, side in zip(rows, sides, strict=True)) / sum(rows)
    return values


def _compile_calibration(calibrator: Any) -> dict[str, Any]:
    if hasattr(calibrator, "a_"):
        return {"method": "sigmoid", "slope": -float(calibrator.a_), "intercept": -float(calibrator.b_)}
    scores, probabilities = calibrator.X_thresholds_.tolist(), calibrator.y_thresholds_.tolist()
    return {"method": "isotonic", "scores": scores, "probabilities": probabilities}


def _compile_band(band: AbstentionBand) -> dict[str, Any]:
    promises: Mapping[str, Any] = {"immaterial": asdict(band.immaterial), "material": asdict(band.material)}
    return {
        "immaterial_below": band.immaterial_below,
        "material_above": band.material_above,
        "promises": promises,
    }
