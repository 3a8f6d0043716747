"""Metrics of a classifier with intervals, from numbers alone.

Label and prediction 1 mean *material*. Precision, recall and F1 are computed for both classes:
``f1_immaterial`` measures how well immaterial differences are recognised, ``f1_material`` how well material
ones are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from modelops.arrays import BoolArray, FloatArray

Z95 = 1.959963984540054
MAX_MISSED_MATERIAL = 0.01
"""Largest allowed share of material pairs among those decided as *immaterial* without review."""


@dataclass(frozen=True, slots=True)
class RateEstimate:
    """A share with its 95 % interval, all in 0 to 1 (``nan`` when ``n`` is 0), of ``n`` observations."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        """Return percent with interval, for tables."""
        return (
            "-"
            if not self.n or math.isnan(self.value)
            else f"{self.value:6.1%} [{self.low:.1%}, {self.high:.1%}]"
        )


@dataclass(frozen=True, slots=True)
class ClassificationMetrics:
    """Metrics of one slice.

    ``missed_material`` and ``false_material`` are the error rates among pairs decided without review, by
    direction. ``specificity`` (of *immaterial* as the positive class) equals ``recall_material``.
    """

    n: int
    material: int
    accuracy: RateEstimate
    precision_immaterial: RateEstimate
    recall_immaterial: RateEstimate
    f1_immaterial: RateEstimate
    precision_material: RateEstimate
    recall_material: RateEstimate
    f1_material: RateEstimate
    specificity: RateEstimate
    review_share: RateEstimate
    missed_material: RateEstimate
    false_material: RateEstimate
    calibration_error: float
    brier: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers, ready for JSON; ``None`` for what cannot be measured."""
        return {name: _to_json_value(value) for name, value in asdict(self).items()}


def wilson_interval(hits: int, n: int) -> RateEstimate:
    """Return a share with its 95 % Wilson score interval. Source: E. B. Wilson, JASA 22 (1927)."""
    if n == 0:
        return RateEstimate(math.nan, math.nan, math.nan, 0)
    share, square = hits / n, Z95**2
    centre = (share + square / (2 * n)) / (1 + square / n)
    half = Z95 * math.sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return RateEstimate(share, min(share, max(0.0, centre - half)), max(share, min(1.0, centre + half)), n)


def bootstrap_rate(
    statistic: Callable[[FloatArray], FloatArray], counts: Sequence[int], rounds: int = 400, seed: int = 1
) -> RateEstimate:
    """Return a statistic of multinomial counts with its 95 % bootstrap percentile interval.

    ``statistic`` maps rows of cell counts to values. The same seed gives the same interval.
    """
    total = sum(counts)
    if total == 0:
        return RateEstimate(math.nan, math.nan, math.nan, 0)
    table = np.asarray(counts, dtype=float)
    drawn = np.random.default_rng(seed).multinomial(total, table / total, size=rounds).astype(float)
    value, drawn_values = float(statistic(table[None, :])[0]), statistic(drawn)
    finite = drawn_values[np.isfinite(drawn_values)]
    low, high = np.percentile(finite, [2.5, 97.5]) if len(finite) else (math.nan, math.nan)
    return RateEstimate(value, float(low), float(high), total)


def expected_calibration_error(labels: ArrayLike, probabilities: ArrayLike, bins: int = 15) -> float:
    """Return the mean gap between predicted probability and observed share, over bins of equal count."""
    truth, predicted = np.asarray(labels, dtype=float), np.asarray(probabilities, dtype=float)
    if not len(predicted):
        return math.nan
    edges = np.unique(np.quantile(predicted, np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, predicted, "right")
    gaps = np.bincount(place, truth) - np.bincount(place, predicted)
    return float(np.abs(gaps).sum() / len(predicted))


def chance_calibration_error(
    probabilities: ArrayLike, bins: int = 15, rounds: int = 400, seed: int = 1
) -> float:
    """Return the calibration error that a perfectly calibrated model exceeds by chance once in a hundred.

    With few rows the error of a perfect model is far above 0. The same seed gives the same value; ``nan``
    without a row.
    """
    predicted = np.asarray(probabilities, dtype=float)
    dice = np.random.default_rng(seed)
    drawn = [dice.random(len(predicted)) < predicted for _ in range(rounds)]
    return float(np.quantile([expected_calibration_error(truth, predicted, bins) for truth in drawn], 0.99))


def brier_score(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """Return the mean squared error of the probabilities (0 is perfect, 0.25 is a coin toss)."""
    truth, predicted = np.asarray(labels, dtype=float), np.asarray(probabilities, dtype=float)
    return float(np.mean((truth - predicted) ** 2)) if len(predicted) else math.nan


def log_loss(labels: ArrayLike, probabilities: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the mean negative log-likelihood in nats; probabilities are clipped to 1e-9 from 0 and 1."""
    truth, predicted = np.asarray(labels, dtype=float), np.asarray(probabilities, dtype=float)
    predicted = np.clip(predicted, 1e-9, 1 - 1e-9)
    losses = -(truth * np.log(predicted) + (1 - truth) * np.log1p(-predicted))
    return float(np.average(losses, weights=None if weights is None else np.asarray(weights, dtype=float)))


def compute_metrics(
    labels: ArrayLike, probabilities: ArrayLike, verdicts: Sequence[str] | None = None
) -> ClassificationMetrics:
    """Return metrics of probabilities (above 0.5 predicts material) and of verdicts, where given.

    ``verdicts`` are ``immaterial``, ``review`` or ``material``; without them every pair counts as decided.
    """
    truth = np.asarray(labels, dtype=bool)
    predicted = np.asarray(probabilities, dtype=float)
    guess = predicted > 0.5
    decided = np.asarray(verdicts if verdicts is not None else np.where(guess, "material", "immaterial"))
    cells = _count_confusion(truth, guess)
    both, missed, false, neither = cells
    return ClassificationMetrics(
        n=len(truth),
        material=int(truth.sum()),
        accuracy=wilson_interval(both + neither, len(truth)),
        precision_immaterial=wilson_interval(neither, neither + missed),
        recall_immaterial=wilson_interval(neither, neither + false),
        f1_immaterial=bootstrap_rate(lambda t: _f1_score(t[:, 3], t[:, 1], t[:, 2]), cells),
        precision_material=wilson_interval(both, both + false),
        recall_material=wilson_interval(both, both + missed),
        f1_material=bootstrap_rate(lambda t: _f1_score(t[:, 0], t[:, 1], t[:, 2]), cells),
        specificity=wilson_interval(both, both + missed),
        review_share=wilson_interval(int((decided == "review").sum()), len(truth)),
        missed_material=_estimate_error_rate(truth, decided == "immaterial"),
        false_material=_estimate_error_rate(~truth, decided == "material"),
        calibration_error=expected_calibration_error(truth, predicted),
        brier=brier_score(truth, predicted),
    )


def compute_metrics_by_slice(
    labels: ArrayLike,
    probabilities: ArrayLike,
    slices: Sequence[str],
    verdicts: Sequence[str] | None = None,
) -> dict[str, ClassificationMetrics]:
    """Return the metrics of every slice (a tag, a kind, a script), largest first."""
    truth, predicted = np.asarray(labels, dtype=bool), np.asarray(probabilities, dtype=float)
    names, metrics = np.asarray(slices, dtype=object), {}
    sizes = {name: int((names == name).sum()) for name in dict.fromkeys(slices)}
    for name in sorted(sizes, key=lambda name: (-sizes[name], name)):
        chosen = np.flatnonzero(names == name)
        chosen_verdicts = None if verdicts is None else [verdicts[int(at)] for at in chosen]
        metrics[name] = compute_metrics(truth[chosen], predicted[chosen], chosen_verdicts)
    return metrics


def _count_confusion(truth: BoolArray, guess: BoolArray) -> tuple[int, int, int, int]:
    """Return true positives, false negatives, false positives and true negatives of *material*."""
    pairs = ((truth & guess), (truth & ~guess), (~truth & guess), (~truth & ~guess))
    both, missed, false, neither = (int(cell.sum()) for cell in pairs)
    return both, missed, false, neither


def _f1_score(hits: FloatArray, one: FloatArray, other: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore", divide="ignore"):
        scores: FloatArray = 2 * hits / (2 * hits + one + other)
    return scores


def _estimate_error_rate(wrong: BoolArray, decided: BoolArray) -> RateEstimate:
    return wilson_interval(int((wrong & decided).sum()), int(decided.sum()))


def _to_json_value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _to_json_value(part) for name, part in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value
