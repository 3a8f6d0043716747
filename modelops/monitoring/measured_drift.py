"""The performance drift of the live versions, read from the metrics that monitoring has stored."""

from __future__ import annotations

from dataclasses import dataclass

from modelops.models import Deployment, ModelMetric, ModelVersion, ServingRole
from modelops.monitoring.confidence_sequences import AnytimeEstimate, PerformanceEstimate
from modelops.monitoring.performance_drift import PerformanceDrift, calculate_drift
from modelops.monitoring.thresholds import get_threshold

_NO_LABEL = AnytimeEstimate(0.0, 0.0, 1.0, 0)


@dataclass(frozen=True, slots=True)
class MeasuredDrift:
    """The drift of one metric of a live version, and whether it is above the threshold beyond chance."""

    version: str
    drift: PerformanceDrift
    is_exceeded: bool


def list_measured_drift() -> list[MeasuredDrift]:
    """Return the drift of every champion by the newest stored estimates; at most nine queries a champion."""
    live = Deployment.objects.live().filter(role=ServingRole.CHAMPION)
    versions = ModelVersion.objects.filter(deployments__in=live).distinct()
    threshold = get_threshold("performance_drift")
    return [
        MeasuredDrift(str(version), drift, drift.exceeds(threshold))
        for version in versions.only("name", "version", "metrics")
        for drift in calculate_drift(version.metrics, _read_performance(version))
    ]


def _read_performance(version: ModelVersion) -> PerformanceEstimate:
    return PerformanceEstimate(
        *(_read_estimate(version, name) for name in ("accuracy", "precision", "recall"))
    )


def _read_estimate(version: ModelVersion, name: str) -> AnytimeEstimate:
    value, low, high = (
        ModelMetric.objects.filter(model=version, metric_name=f"{name} ({part})", slice="").first()
        for part in ("labelled", "labelled, at least", "labelled, at most")
    )
    if value is None or low is None or high is None:
        return _NO_LABEL
    bounds = float(low.metric_value), float(high.metric_value)
    return AnytimeEstimate(float(value.metric_value), *bounds, value.n or 0)
