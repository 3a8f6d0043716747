"""Confidence sequences: intervals of labelled estimates that stay valid however often they are read.

An ordinary 95 % interval that is read every hour misses the true value sooner or later; a confidence sequence
holds at all times together. The estimates use the random audit alone; each label is weighted by the inverse
of the sampling probability of its prediction. Pure mathematics.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

DELTA = 0.05
"""Probability that the sequence ever excludes the true value."""

_BISECTION_STEPS = 60
"""Bisection steps for an end of the interval: beyond the resolution of a float."""


@dataclass(frozen=True, slots=True)
class AnytimeEstimate:
    """A share with its anytime-valid interval, all in 0 to 1, from ``n`` labels.

    Without a label the interval is 0 to 1.
    """

    value: float
    low: float
    high: float
    n: int

    def is_below(self, threshold: float) -> bool:
        """Say whether the whole interval lies below a threshold."""
        return self.n > 0 and self.high < threshold


@dataclass(frozen=True, slots=True)
class AuditedLabel:
    """An audited prediction: predicted and true class (``True`` is *material*), and sampling probability."""

    predicted_material: bool
    is_material: bool
    sampling_probability: float


@dataclass(frozen=True, slots=True)
class PerformanceEstimate:
    """Accuracy of all predictions; precision and recall of *material*."""

    accuracy: AnytimeEstimate
    precision: AnytimeEstimate
    recall: AnytimeEstimate

    def to_dict(self) -> dict[str, AnytimeEstimate]:
        """Return the estimates by name."""
        return {name: getattr(self, name) for name in self.__slots__}


def compute_confidence_sequence(hits: int, n: int, delta: float = DELTA) -> AnytimeEstimate:
    """Return the share of hits with its confidence sequence at ``n`` observations.

    The interval holds all p whose mixture likelihood ratio (uniform prior) stays under 1/delta (Ville).
    Source: H. Robbins, Annals of Mathematical Statistics 41 (1970). Raises ``ValueError`` unless
    0 <= hits <= n and delta is in (0, 1).
    """
    if not 0 <= hits <= n or not 0 < delta < 1:
        raise ValueError("hits must lie between 0 and n, and delta between 0 and 1")
    if n == 0:
        return AnytimeEstimate(math.nan, 0.0, 1.0, 0)
    share = hits / n
    return AnytimeEstimate(
        share, _find_interval_end(hits, n, delta, 0.0), _find_interval_end(hits, n, delta, 1.0), n
    )


def estimate_weighted_share(hits: Mapping[float, tuple[int, int]], delta: float = DELTA) -> AnytimeEstimate:
    """Return a share over all traffic from ``(hits, n)`` by sampling probability.

    Each probability is a stratum with its own sequence; delta is divided among the strata, and they are
    weighted by the traffic they represent (labels over probability).
    """
    strata = {chance: counts for chance, counts in hits.items() if counts[1]}
    if not strata:
        return AnytimeEstimate(math.nan, 0.0, 1.0, 0)
    total = sum(n / chance for chance, (_, n) in strata.items())
    parts = [
        (n / chance / total, compute_confidence_sequence(k, n, delta / len(strata)))
        for chance, (k, n) in strata.items()
    ]
    value, low, high = (
        sum(share * getattr(part, name) for share, part in parts) for name in ("value", "low", "high")
    )
    return AnytimeEstimate(value, low, high, sum(n for _, n in strata.values()))


def compute_performance(labels: Iterable[AuditedLabel], delta: float = DELTA) -> PerformanceEstimate:
    """Return accuracy, precision and recall from audited predictions, each with its own sequence."""
    audited = list(labels)
    right = [(label.sampling_probability, label.predicted_material == label.is_material) for label in audited]
    precise = [
        (label.sampling_probability, label.is_material) for label in audited if label.predicted_material
    ]
    caught = [
        (label.sampling_probability, label.predicted_material) for label in audited if label.is_material
    ]
    return PerformanceEstimate(
        *(estimate_weighted_share(_count_by_probability(rows), delta) for rows in (right, precise, caught))
    )


def compute_restart_delta(number: int, delta: float = DELTA) -> float:
    """Return the delta of restart ``number`` (from 1), so that all restarts together spend ``delta``.

    Sequences are restarted because one that runs for years would hide a drop of this week.
    """
    return delta * 6 / (math.pi * number) ** 2


def _count_by_probability(rows: Iterable[tuple[float, bool]]) -> dict[float, tuple[int, int]]:
    """Return hits and labels by rounded probability: more strata would widen the interval."""
    counts: dict[float, tuple[int, int]] = {}
    for exact, hit in rows:
        chance = float(f"{exact:.1e}")
        k, n = counts.get(chance, (0, 0))
        counts[chance] = (k + hit, n + 1)
    return counts


def _find_interval_end(hits: int, n: int, delta: float, far: float) -> float:
    """Return the end of the interval between the share and ``far`` (0 or 1)."""
    near = hits / n
    if near == far:
        return far
    for _ in range(_BISECTION_STEPS):
        middle = (near + far) / 2
        near, far = (middle, far) if _is_plausible(middle, hits, n, delta) else (near, middle)
    return near


def _is_plausible(p: float, hits: int, n: int, delta: float) -> bool:
    likelihood = _log_power(p, hits) + _log_power(1 - p, n - hits)
    mixture = math.lgamma(hits + 1) + math.lgamma(n - hits + 1) - math.lgamma(n + 2)
    return mixture - likelihood < -math.log(delta)


def _log_power(base: float, exponent: int) -> float:
    if exponent == 0:
        return 0.0
    return exponent * math.log(base) if base > 0 else -math.inf
