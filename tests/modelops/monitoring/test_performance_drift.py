"""Performance drift: the loss of a metric since training, and when it is beyond chance."""

import pytest

from modelops.monitoring.confidence_sequences import AnytimeEstimate, PerformanceEstimate
from modelops.monitoring.performance_drift import calculate_drift

NOTHING = AnytimeEstimate(0.0, 0.0, 1.0, 0)


def estimate(value: float, low: float, high: float, n: int = 200) -> PerformanceEstimate:
    return PerformanceEstimate(
        AnytimeEstimate(value, low, high, n), NOTHING, AnytimeEstimate(0.9, 0.8, 0.95, n)
    )


def test_a_loss_is_the_baseline_less_the_labelled_estimate() -> None:
    accuracy, recall = calculate_drift(
        {"accuracy": 0.95, "recall_material": 0.85}, estimate(0.80, 0.74, 0.84)
    )
    assert (accuracy.name, recall.name) == ("accuracy", "recall")
    assert accuracy.score == pytest.approx(0.15)
    assert accuracy.sure_loss == pytest.approx(0.11)
    assert recall.score == pytest.approx(-0.05)


def test_a_loss_exceeds_a_threshold_only_with_its_whole_interval() -> None:
    (accuracy,) = calculate_drift({"accuracy": 0.95}, estimate(0.80, 0.74, 0.84))
    assert accuracy.exceeds(0.10)
    assert not accuracy.exceeds(0.12)
    (uncertain,) = calculate_drift({"accuracy": 0.95}, estimate(0.80, 0.60, 0.93, n=12))
    assert not uncertain.exceeds(0.10)


def test_a_metric_without_a_label_or_without_a_baseline_has_no_drift() -> None:
    assert calculate_drift({"precision_material": 0.9}, estimate(0.8, 0.7, 0.9)) == []
    assert calculate_drift({}, estimate(0.8, 0.7, 0.9)) == []
