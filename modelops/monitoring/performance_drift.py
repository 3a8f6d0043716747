"""Performance drift: how much accuracy, precision and recall have lost since a version was trained.

The baseline was measured at training on held-out pairs; the current value is the labelled estimate from the
random audit of traffic. These are different rows, so a loss may be due to another mix of names as well as to
the model; either way the version is no longer as good as it was said to be. Pure mathematics.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelops.monitoring.confidence_sequences import AnytimeEstimate, PerformanceEstimate

BASELINE_METRICS = {
    "accuracy": "accuracy",
    "precision": "precision_material",
    "recall": "recall_material",
}
"""Metric at training that is the baseline of each estimate."""


@dataclass(frozen=True, slots=True)
class PerformanceDrift:
    """The loss of one metric since training, in shares: 0.05 is five points, a gain is negative."""

    name: str
    baseline: float
    current: AnytimeEstimate

    @property
    def score(self) -> float:
        """The measured loss."""
        return self.baseline - self.current.value

    @property
    def sure_loss(self) -> float:
        """The loss that the labels show beyond chance: down to the upper end of the confidence sequence."""
        return self.baseline - self.current.high

    def exceeds(self, threshold: float) -> bool:
        """Say whether the loss is above a threshold beyond chance."""
        return self.current.is_below(self.baseline - threshold)


def calculate_drift(metrics: Mapping[str, Any], current: PerformanceEstimate) -> list[PerformanceDrift]:
    """Return the drift of every metric that has both a baseline and a label.

    ``metrics`` are those of the version at training (:data:`BASELINE_METRICS`).
    """
    return [
        PerformanceDrift(name, float(metrics[metric]), estimate)
        for name, metric in BASELINE_METRICS.items()
        if metric in metrics and (estimate := getattr(current, name)).n
    ]
