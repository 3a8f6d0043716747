"""Planned looks at the difference of two arms: one a day until the planned end. Pure mathematics.

A group sequential design that spends its error (Lan and DeMets 1983) by the function of O'Brien and Fleming:
after the share t of the planned looks it may have spent

    alpha(t) = 4 - 4 Φ(z(1 - alpha / 4) / √t)

The bound of each look is the one that two equal versions first cross there with the probability this look
may spend; how looks depend on each other follows from their information, one over the variance of the
difference. Looks are planned, so nothing is lost to looks that nobody takes: the bounds are narrower than
those of :mod:`experiments.intervals`, which hold at any moment, and they end with the last planned look.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from experiments.intervals import ALPHA, ArmComparison, Interval

MAX_BOUND = 8.0
"""Largest bound in standard errors; that of looks which may spend next to nothing yet."""

_POINTS = 101
_TOLERANCE = 5e-4

Floats = NDArray[np.float64]
_ORIGIN, _CERTAIN = np.zeros(1), np.ones(1)


def compute_spent_error(share: float, alpha: float = ALPHA) -> float:
    """Return the error that may be spent after this share of the looks, in (0, 1]."""
    standard = NormalDist()
    return 4 * standard.cdf(-standard.inv_cdf(1 - alpha / 4) / math.sqrt(share))


def compute_bounds(information: Sequence[float], planned: int, alpha: float = ALPHA) -> list[float]:
    """Return the bound of each look so far, in standard errors of its difference.

    ``information`` is one over the variance of the difference at the looks 1, 2, ... of ``planned``. A look
    that adds no information concludes nothing, and leaves its error to the next.
    """
    bounds: list[float] = []
    walk, spent = ScoreWalk(), 0.0
    for look, seen in enumerate(information, start=1):
        if seen <= walk.information:
            bounds.append(MAX_BOUND)
            continue
        allowed = compute_spent_error(look / planned, alpha) - spent
        bound, used = _find_bound(walk, seen, allowed)
        walk, spent = walk.go_on(seen, bound), spent + used
        bounds.append(bound)
    return bounds


class ScoreWalk:
    """The score process of a difference while no look has concluded: where it is, with which density.

    At information I without a look before it is normal with mean ``drift`` · I and variance I.
    """

    def __init__(
        self,
        information: float = 0.0,
        drift: float = 0.0,
        points: Floats = _ORIGIN,
        weights: Floats = _CERTAIN,
    ) -> None:
        self.information = information
        self._drift = drift
        self._points, self._weights = points, weights

    def compute_crossing(self, seen: float, bound: float) -> float:
        """Return the probability to be beyond a bound (in standard errors) first at this information."""
        mean, spread = self._look_ahead(seen)
        reach = bound * math.sqrt(seen)
        beyond = compute_normal_tail((reach - mean) / spread) + compute_normal_tail((reach + mean) / spread)
        return float(self._weights @ beyond)

    def go_on(self, seen: float, bound: float) -> ScoreWalk:
        """Return the process at this information, inside of the bound; trapezoidal rule."""
        mean, spread = self._look_ahead(seen)
        reach = bound * math.sqrt(seen)
        grid = np.linspace(-reach, reach, _POINTS)
        arrive = np.exp(-(((grid[:, None] - mean) / spread) ** 2) / 2) / (spread * math.sqrt(2 * math.pi))
        weights = arrive @ self._weights * (grid[1] - grid[0])
        weights[[0, -1]] /= 2
        return ScoreWalk(seen, self._drift, grid, weights)

    def _look_ahead(self, seen: float) -> tuple[Floats, float]:
        step = seen - self.information
        return self._points + self._drift * step, math.sqrt(step)


def compute_normal_tail(values: Floats) -> Floats:
    """Return the shares of a standard normal above each value; scipy would cost a web process its import."""
    return np.array([math.erfc(value / math.sqrt(2)) / 2 for value in values])


def find_deciding_look(
    looks: Sequence[ArmComparison | None], planned: int
) -> tuple[int, list[Interval | None]]:
    """Return the look that decides (from 1; 0 for none) and the interval of the difference at each look.

    A look without users enough, or after the deciding one, has an interval but decides nothing.
    """
    information = [1 / look.variance if look is not None and look.variance > 0 else 0.0 for look in looks]
    bounds = compute_bounds(information, planned)
    intervals = [_build_interval(look, bound) for look, bound in zip(looks, bounds, strict=True)]
    for number, (look, interval) in enumerate(zip(looks, intervals, strict=True), start=1):
        if look is not None and interval is not None and look.has_enough_users and interval.excludes(0):
            return number, intervals
    return 0, intervals


def _build_interval(look: ArmComparison | None, bound: float) -> Interval | None:
    if look is None or look.difference is None:
        return None
    estimate, half = look.difference.estimate, bound * math.sqrt(look.variance)
    return Interval(estimate, estimate - half, estimate + half)


def _find_bound(walk: ScoreWalk, seen: float, allowed: float) -> tuple[float, float]:
    """Return the bound that is first crossed here with the allowed probability, and what it uses of it."""
    low, high = 0.0, MAX_BOUND
    while high - low > _TOLERANCE:
        middle = (low + high) / 2
        low, high = (middle, high) if walk.compute_crossing(seen, middle) > allowed else (low, middle)
    return high, walk.compute_crossing(seen, high)
