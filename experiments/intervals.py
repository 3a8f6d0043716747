"""Always-valid intervals for the difference of two arms, one value per user. Pure mathematics.

The interval is the set of differences that a mixture sequential probability ratio test with a normal
mixture has not rejected (Robbins 1970; Johari, Koomen, Pekelis, Walsh 2017). It holds at every look at once,
so it may be read daily. With V the variance of the estimate and t the scale of the mixture, its half-width is

    sqrt(V (V + t²) / t² · (2 ln(1 / alpha) + ln((V + t²) / V)))

It is narrowest where the true difference is about as large as the scale. The variance is enlarged for few
users (normal tails understate what few values can do).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ALPHA = 0.05
"""Chance that an always-valid interval ever misses the true difference."""
MIN_USERS = 10
"""Users of each arm below which nothing is concluded."""

UNBOUNDED = (-math.inf, math.inf)
"""Bounds of a metric of which none are known."""

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with the bounds of its interval, in the unit of the metric."""

    estimate: float
    low: float
    high: float

    def excludes(self, value: float) -> bool:
        """Say whether a value lies outside."""
        return not self.low <= value <= self.high

    def clip(self, bounds: tuple[float, float]) -> Interval:
        """Return the part within the bounds: the truth is never in what is cut off."""
        least, most = bounds
        return Interval(*(min(max(at, least), most) for at in (self.estimate, self.low, self.high)))


@dataclass(frozen=True, slots=True)
class ArmSummary:
    """One arm: its users and the mean over them; ``interval`` is ``None`` below two users."""

    users: int
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class ArmComparison:
    """Two arms beside each other.

    ``difference`` is B minus A and ``lift`` the same relative to A. ``variance_removed`` in [0, 1) is the
    share of the variance that the period before explained (CUPED); ``variance`` is that of the difference.
    """

    a: ArmSummary
    b: ArmSummary
    difference: Interval | None = None
    lift: Interval | None = None
    variance_removed: float = 0.0
    variance: float = 0.0

    @property
    def has_enough_users(self) -> bool:
        """Whether both arms have enough users for a conclusion."""
        return min(self.a.users, self.b.users) >= MIN_USERS


def compute_half_width(variance: float, scale: float, alpha: float = ALPHA) -> float:
    """Return half the width of the interval for an estimate of this variance; see the module."""
    if variance <= 0:
        return 0.0
    total = variance + scale**2
    return math.sqrt(variance * total / scale**2 * (2 * math.log(1 / alpha) + math.log(total / variance)))


def adjust_for_before(
    values: tuple[Values, Values], before: tuple[Values, Values]
) -> tuple[tuple[Values, Values], float]:
    """Return the values of both arms without what the period before explains, and the variance removed.

    CUPED (Deng, Xu, Kohavi, Walker 2013). ``before`` is ``nan`` for a user without a period before, who keeps
    the value.
    """
    after_all, before_all = np.concatenate(values), np.concatenate(before)
    known = ~np.isnan(before_all)
    if known.sum() < MIN_USERS or np.ptp(before_all[known]) == 0:
        return values, 0.0
    centre = before_all[known].mean()
    theta = np.cov(after_all[known], before_all[known])[0, 1] / before_all[known].var(ddof=1)
    a, b = (
        arm - theta * np.nan_to_num(earlier - centre) for arm, earlier in zip(values, before, strict=True)
    )
    variance = after_all.var()
    removed = 1 - np.concatenate((a, b)).var() / variance if variance else 0.0
    return ((a, b), float(removed)) if removed > 0 else (values, 0.0)


def compare_arms(
    values: tuple[Values, Values],
    scale: float,
    before: tuple[Values, Values] | None = None,
    alpha: float = ALPHA,
    bounds: tuple[float, float] = UNBOUNDED,
) -> ArmComparison:
    """Compare one value per user of A and of B.

    ``scale`` is the difference of interest in the unit of the values, above 0. Raises ``ValueError`` for
    another one. ``bounds`` are the least and the greatest value that a user can have, for example (0, 1).
    """
    if scale <= 0:
        raise ValueError("the scale must be positive")
    adjusted, removed = adjust_for_before(values, before) if before else (values, 0.0)
    a, b = (_summarise(arm, scale, alpha, bounds) for arm in adjusted)
    if a.interval is None or b.interval is None:
        return ArmComparison(a, b)
    variances = [_estimate_variance(arm) for arm in adjusted]
    means = a.interval.estimate, b.interval.estimate
    width = bounds[1] - bounds[0]
    difference = _build_interval(means[1] - means[0], sum(variances), scale, alpha).clip((-width, width))
    lift = _compute_lift(means, variances, scale, alpha)
    return ArmComparison(a, b, difference, lift, removed, sum(variances))


def _compute_lift(
    means: tuple[float, float], variances: list[float], scale: float, alpha: float
) -> Interval | None:
    """Return the difference relative to A, by the delta method; ``None`` where A's mean is not positive."""
    mean_a, mean_b = means
    if mean_a <= 0:
        return None
    variance = variances[1] / mean_a**2 + variances[0] * mean_b**2 / mean_a**4
    return _build_interval(mean_b / mean_a - 1, variance, scale / mean_a, alpha)


def _summarise(values: Values, scale: float, alpha: float, bounds: tuple[float, float]) -> ArmSummary:
    if len(values) < 2:
        return ArmSummary(len(values), None)
    interval = _build_interval(float(values.mean()), _estimate_variance(values), scale, alpha)
    return ArmSummary(len(values), interval.clip(bounds))


def _estimate_variance(values: Values) -> float:
    """Return the variance of the mean, enlarged as a t distribution of so few values would be."""
    n = len(values)
    return float(values.var(ddof=1)) / n * (n + 1) / max(n - 3, 1)


def _build_interval(estimate: float, variance: float, scale: float, alpha: float) -> Interval:
    half = compute_half_width(variance, scale, alpha)
    return Interval(estimate, estimate - half, estimate + half)
