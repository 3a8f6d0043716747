"""How sure the labelled estimates are, however often one looks: confidence sequences. Pure mathematics.

An ordinary 95 % interval that is looked at every hour misses the truth sooner or later; a confidence sequence
holds at all times together. The estimates come from the random audit alone, each label weighing one over the
chance with which its answer was picked.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

DELTA = 0.05
"""Chance that the sequence ever leaves the truth out."""

_BISECTION_STEPS = 60
"""Halvings when an end of the interval is sought: beyond what a float can tell apart."""


@dataclass(frozen=True, slots=True)
class AnytimeEstimate:
    """A share with its anytime-valid interval, all in 0 to 1, and the labels it rests on.

    Without a label nothing is known: the interval is all of 0 to 1.
    """

    value: float
    low: float
    high: float
    n: int

    def is_below(self, threshold: float) -> bool:
        """Say whether the labels show the share to be below a threshold."""
        return self.n > 0 and self.high < threshold


@dataclass(frozen=True, slots=True)
class AuditedLabel:
    """One audited answer: what was said, what was true (true is *material*), and its chance to be picked."""

    predicted_material: bool
    is_material: bool
    sampling_probability: float


@dataclass(frozen=True, slots=True)
class PerformanceEstimate:
    """Accuracy of all answers; precision and recall of *material*."""

    accuracy: AnytimeEstimate
    precision: AnytimeEstimate
    recall: AnytimeEstimate

    def to_dict(self) -> dict[str, AnytimeEstimate]:
        """By name."""
        return {name: getattr(self, name) for name in self.__slots__}


def compute_confidence_sequence(hits: int, n: int, delta: float = DELTA) -> AnytimeEstimate:
    """Return the share of hits with its confidence sequence at ``n`` observations.

    Those p for which the mixture likelihood ratio (uniform prior) stays under 1/delta (Ville's inequality).
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
    """Return a share over all traffic from ``chance -> (hits, n)`` of what was picked with that chance.

    One sequence a chance, the error shared among them, put together in the proportions of the traffic they
    stand for (labels over chance).
    """
    kept = {chance: counts for chance, counts in hits.items() if counts[1]}
    if not kept:
        return AnytimeEstimate(math.nan, 0.0, 1.0, 0)
    total = sum(n / chance for chance, (_, n) in kept.items())
    parts = [
        (n / chance / total, compute_confidence_sequence(k, n, delta / len(kept)))
        for chance, (k, n) in kept.items()
    ]
    value, low, high = (
        sum(share * getattr(part, name) for share, part in parts) for name in ("value", "low", "high")
    )
    return AnytimeEstimate(value, low, high, sum(n for _, n in kept.values()))


def compute_performance(labels: Iterable[AuditedLabel], delta: float = DELTA) -> PerformanceEstimate:
    """Return accuracy, precision and recall from audited answers, each with its own sequence."""
    known = list(labels)
    right = [(label.sampling_probability, label.predicted_material == label.is_material) for label in known]
    precise = [(label.sampling_probability, label.is_material) for label in known if label.predicted_material]
    caught = [(label.sampling_probability, label.predicted_material) for label in known if label.is_material]
    return PerformanceEstimate(
        *(estimate_weighted_share(_count_by_probability(rows), delta) for rows in (right, precise, caught))
    )


def compute_restart_delta(number: int, delta: float = DELTA) -> float:
    """Return the error that the ``number``-th restart (from 1) may spend, so that all together spend delta.

    A sequence that runs for years hides a fall of this week behind the years; so new ones begin.
    """
    return delta * 6 / (math.pi * number) ** 2


def _count_by_probability(rows: Iterable[tuple[float, bool]]) -> dict[float, tuple[int, int]]:
    """Hits and labels by chance, rounded to two digits: more strata would only widen the interval."""
    found: dict[float, tuple[int, int]] = {}
    for exact, hit in rows:
        chance = float(f"{exact:.1e}")
        k, n = found.get(chance, (0, 0))
        found[chance] = (k + hit, n + 1)
    return found


def _find_interval_end(hits: int, n: int, delta: float, far: float) -> float:
    """The end of the interval between the share and 0 or 1."""
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
