"""How good a model is, with intervals: pure numbers in, pure numbers out.

Label and prediction 1 mean *material*. F1 is given for both positives, because each is somebody's question:
``f1_immaterial`` asks how well equal names are found, ``f1_material`` how well different ones are caught.
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
"""Largest share of auto-decided *immaterial* that may really be material."""


@dataclass(frozen=True, slots=True)
class RateEstimate:
    """A share with its 95 % interval, all in 0 to 1 (``nan`` when ``n`` is 0), and what it counts of."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        """Percent with interval, for tables."""
        return (
            "-"
            if not self.n or math.isnan(self.value)
            else f"{self.value:6.1%} [{self.low:.1%}, {self.high:.1%}]"
        )


@dataclass(frozen=True, slots=True)
class ClassificationMetrics:
    """Everything measured on one slice. Errors among auto-decided pairs are counted by direction."""

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
        """Plain numbers, ready for JSON; what cannot be measured is ``None``."""
        return {name: _to_json_value(value) for name, value in asdict(self).items()}


def wilson_interval(hits: int, n: int) -> RateEstimate:
    """Share with its 95 % Wilson score interval. Source: E. B. Wilson, JASA 22 (1927)."""
    if n == 0:
        return RateEstimate(math.nan, math.nan, math.nan, 0)
    share, square = hits / n, Z95**2
    centre = (share + square / (2 * n)) / (1 + square / n)
    half = Z95 * math.sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return RateEstimate(share, min(share, max(0.0, centre - half)), max(share, min(1.0, centre + half)), n)


def bootstrap_rate(
    statistic: Callable[[FloatArray], FloatArray], counts: Sequence[int], rounds: int = 400, seed: int = 1
) -> RateEstimate:
    """A statistic of multinomial counts with its 95 % percentile interval.

    ``statistic`` maps rows of cell counts to values. The same seed gives the same interval.
    """
    total = sum(counts)
    if total == 0:
        return RateEstimate(math.nan, math.nan, math.nan, 0)
    table = np.asarray(counts, dtype=float)
    drawn = np.random.default_rng(seed).multinomial(total, table / total, size=rounds).astype(float)
    value, drawn_values = float(statistic(table[None, :])[0]), statistic(drawn)
    known = drawn_values[np.isfinite(drawn_values)]
    low, high = np.percentile(known, [2.5, 97.5]) if len(known) else (math.nan, math.nan)
    return RateEstimate(value, float(low), float(high), total)


def expected_calibration_error(labels: ArrayLike, probabilities: ArrayLike, bins: int = 15) -> float:
    """Mean gap between probability said and share seen, over bins of equal count (0 is perfect)."""
    truth, said = np.asarray(labels, dtype=float), np.asarray(probabilities, dtype=float)
    if not len(said):
        return math.nan
    edges = np.unique(np.quantile(said, np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, said, "right")
    gaps = np.bincount(place, truth) - np.bincount(place, said)
    return float(np.abs(gaps).sum() / len(said))


def chance_calibration_error(
    probabilities: ArrayLike, bins: int = 15, rounds: int = 400, seed: int = 1
) -> float:
    """Calibration error that probabilities which mean what they say exceed once in a hundred, by chance.

    With few rows every bin is a guess, and the error of a perfect model is far above 0. The same seed gives
    the same figure; ``nan`` without a row.
    """
    said = np.asarray(probabilities, dtype=float)
    dice = np.random.default_rng(seed)
    drawn = [dice.random(len(said)) < said for _ in range(rounds)]
    return float(np.quantile([expected_calibration_error(truth, said, bins) for truth in drawn], 0.99))


def brier_score(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """Mean squared distance of probability and truth (0 is perfect, 0.25 is a coin)."""
    truth, said = np.asarray(labels, dtype=float), np.asarray(probabilities, dtype=float)
    return float(np.mean((truth - said) ** 2)) if len(said) else math.nan


def log_loss(labels: ArrayLike, probabilities: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Mean negative log-likelihood in nats, probabilities kept 1e-9 from 0 and 1."""
    truth, said = np.asarray(labels, dtype=float), np.asarray(probabilities, dtype=float)
    said = np.clip(said, 1e-9, 1 - 1e-9)
    losses = -(truth * np.log(said) + (1 - truth) * np.log1p(-said))
    return float(np.average(losses, weights=None if weights is None else np.asarray(weights, dtype=float)))


def compute_metrics(
    labels: ArrayLike, probabilities: ArrayLike, verdicts: Sequence[str] | None = None
) -> ClassificationMetrics:
    """Quality of probabilities (above 0.5 predicts material) and of verdicts, where given.

    ``verdicts`` are ``immaterial``, ``review`` or ``material``; without them every pair counts as decided.
    """
    truth = np.asarray(labels, dtype=bool)
    said = np.asarray(probabilities, dtype=float)
    guess = said > 0.5
    given = np.asarray(verdicts if verdicts is not None else np.where(guess, "material", "immaterial"))
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
        review_share=wilson_interval(int((given == "review").sum()), len(truth)),
        missed_material=_estimate_error_rate(truth, given == "immaterial"),
        false_material=_estimate_error_rate(~truth, given == "material"),
        calibration_error=expected_calibration_error(truth, said),
        brier=brier_score(truth, said),
    )


def compute_metrics_by_slice(
    labels: ArrayLike,
    probabilities: ArrayLike,
    slices: Sequence[str],
    verdicts: Sequence[str] | None = None,
) -> dict[str, ClassificationMetrics]:
    """Quality of every slice (a tag, a kind, a script), the largest first."""
    truth, said = np.asarray(labels, dtype=bool), np.asarray(probabilities, dtype=float)
    names, found = np.asarray(slices, dtype=object), {}
    sizes = {name: int((names == name).sum()) for name in dict.fromkeys(slices)}
    for name in sorted(sizes, key=lambda name: (-sizes[name], name)):
        chosen = np.flatnonzero(names == name)
        given = None if verdicts is None else [verdicts[int(at)] for at in chosen]
        found[name] = compute_metrics(truth[chosen], said[chosen], given)
    return found


def _count_confusion(truth: BoolArray, guess: BoolArray) -> tuple[int, int, int, int]:
    """Material seen and said, seen only (missed), said only (false), neither."""
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
