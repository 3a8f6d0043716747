"""Drift: distances between histograms, and the test that a shift is real.

Pure mathematics over counts: the last axis of every array is the bins of a histogram, so all figures of a
window take one call. A shift counts as drift when it is large (an effect floor), larger than chance
explains at this sample size, significant among all figures of the window, and present in two of the last
three windows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, chdtri, kolmogorov

from modelops.arrays import FloatArray
from modelops.monitoring.bins import compute_shares

MIN_OBSERVATIONS = 200
"""Smallest number of observations of a window that is tested."""

FALSE_ALARM_RATE = 0.001
"""Probability that chance alone exceeds the PSI threshold of one figure in a window without drift."""

FALSE_DISCOVERY_RATE = 0.01
"""Allowed share of false discoveries among the figures of one window (Benjamini-Hochberg)."""

MIN_PSI = 0.10
"""Smallest relevant PSI, however significant."""

MIN_JS_DISTANCE = 0.05
"""Smallest relevant Jensen-Shannon distance, in [0, 1]."""

MIN_SHIFTED_WINDOWS, RECENT_WINDOWS = 2, 3
"""A shift counts as drift when it is present in this many of this many windows."""


@dataclass(frozen=True, slots=True)
class DistributionShift:
    """The shift of one figure in one window.

    ``psi``, ``js`` and ``ks`` are effect sizes, ``threshold`` is the PSI that chance reaches, ``p`` the
    p-value (chi-square, or Kolmogorov-Smirnov where that is smaller), ``adjusted`` the p-value adjusted for
    all figures of the window; ``seen`` says whether the shift is large and significant.
    """

    figure: str
    n: int
    psi: float
    threshold: float
    js: float
    ks: float
    p: float
    adjusted: float
    is_significant: bool

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers, ready for JSON."""
        return asdict(self)


def psi(reference: ArrayLike, current: ArrayLike) -> FloatArray:
    """Return the population stability index of each row of counts: sum of (q - p) ln(q / p), 0 if equal.

    Half an observation is added to every bin, so that empty bins have a finite logarithm.
    """
    expected, observed = compute_shares(reference, 0.5), compute_shares(current, 0.5)
    value: FloatArray = ((observed - expected) * np.log(observed / expected)).sum(axis=-1)
    return value


def psi_threshold(n: ArrayLike, m: ArrayLike, bins: int, chance: float = FALSE_ALARM_RATE) -> FloatArray:
    """Return the PSI that chance exceeds with this probability: (1/n + 1/m) times a chi-square quantile.

    Source: B. Yurdakul, Statistical Properties of Population Stability Index (2018).
    """
    quantile = chdtri(max(1, bins - 1), chance)
    value: FloatArray = (1 / np.asarray(n, dtype=float) + 1 / np.asarray(m, dtype=float)) * quantile
    return value


def js_distance(reference: ArrayLike, current: ArrayLike) -> FloatArray:
    """Return the Jensen-Shannon distance in [0, 1]: the root of the divergence in bits."""
    p, q = compute_shares(reference), compute_shares(current)
    middle = (p + q) / 2
    divergence = (_kl_divergence(p, middle) + _kl_divergence(q, middle)) / 2
    value: FloatArray = np.sqrt(np.clip(divergence, 0.0, 1.0))
    return value


def chi_square(reference: ArrayLike, current: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return statistic and p-value of the chi-square test of homogeneity, without bins empty in both."""
    first, second = np.asarray(reference, dtype=float), np.asarray(current, dtype=float)
    n, m = first.sum(axis=-1, keepdims=True), second.sum(axis=-1, keepdims=True)
    both = first + second
    gap = (np.sqrt(m / n) * first - np.sqrt(n / m) * second) ** 2
    statistic: FloatArray = np.divide(gap, both, out=np.zeros_like(gap), where=both > 0).sum(axis=-1)
    freedom = np.maximum((both > 0).sum(axis=-1) - 1, 1)
    return statistic, chdtrc(freedom, statistic)


def kolmogorov_smirnov(reference: ArrayLike, current: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return the largest gap of the cumulative shares and its p-value (conservative for ties).

    Source: M. A. Stephens, JRSS B 32 (1970), for the correction of small samples.
    """
    one, other = np.asarray(reference, dtype=float), np.asarray(current, dtype=float)
    n, m = one.sum(axis=-1), other.sum(axis=-1)
    gap: FloatArray = np.abs(np.cumsum(compute_shares(one) - compute_shares(other), axis=-1)).max(axis=-1)
    root = np.sqrt(n * m / (n + m))
    return gap, kolmogorov((root + 0.12 + 0.11 / root) * gap)


def benjamini_hochberg(p_values: ArrayLike) -> FloatArray:
    """Return adjusted p-values along the last axis; at or below ``q`` the false discovery rate is ``q``.

    Source: Y. Benjamini, Y. Hochberg, JRSS B 57 (1995).
    """
    p = np.asarray(p_values, dtype=float)
    count = p.shape[-1]
    order = np.argsort(p, axis=-1)
    scaled = np.take_along_axis(p, order, -1) * count / np.arange(1, count + 1)
    falling = np.minimum.accumulate(scaled[..., ::-1], axis=-1)[..., ::-1]
    adjusted = np.empty_like(falling)
    np.put_along_axis(adjusted, order, np.clip(falling, 0, 1), -1)
    return adjusted


def compute_shifts(
    reference: Mapping[str, Sequence[int]], current: Mapping[str, Sequence[int]], floor: float = MIN_PSI
) -> list[DistributionShift]:
    """Return the shifts of all figures both sides count, largest first; none for too small a window."""
    names = [name for name in reference if name in current and len(reference[name]) > 1]
    if not names or min(sum(current[name]) for name in names) < MIN_OBSERVATIONS:
        return []
    raw = [
        shift
        for same in _group_by_bins(names, reference)
        for shift in _measure_shifts(same, reference, current)
    ]
    adjusted = benjamini_hochberg([shift.p for shift in raw])
    shifts = [_judge_shift(shift, float(value), floor) for shift, value in zip(raw, adjusted, strict=True)]
    return sorted(shifts, key=lambda shift: -shift.psi)


def find_persistent_shifts(windows: Sequence[Collection[str]]) -> set[str]:
    """Return the figures that shifted in two of the last three windows; the newest window comes last."""
    newest = windows[-RECENT_WINDOWS:]
    names = set().union(*newest) if newest else set()
    return {name for name in names if sum(name in window for window in newest) >= MIN_SHIFTED_WINDOWS}


def count_changed_verdicts(reference: Sequence[int], current: Sequence[int]) -> int:
    """Return how many current observations are in another bin than the reference distribution predicts."""
    share = float(np.abs(compute_shares(current) - compute_shares(reference)).sum()) / 2
    return round(share * sum(current))


def _group_by_bins(names: Sequence[str], reference: Mapping[str, Sequence[int]]) -> list[list[str]]:
    """Return figures grouped by number of bins; each group becomes one array."""
    groups: dict[int, list[str]] = {}
    for name in names:
        groups.setdefault(len(reference[name]), []).append(name)
    return list(groups.values())


def _measure_shifts(
    names: Sequence[str], reference: Mapping[str, Sequence[int]], current: Mapping[str, Sequence[int]]
) -> list[DistributionShift]:
    one, other = (np.array([side[name] for name in names], dtype=float) for side in (reference, current))
    n, m = other.sum(axis=-1), one.sum(axis=-1)
    gaps, by_order = kolmogorov_smirnov(one, other)
    p = np.minimum(1.0, 2 * np.minimum(chi_square(one, other)[1], by_order))
    threshold = psi_threshold(n, m, one.shape[-1])
    columns = (n, psi(one, other), threshold, js_distance(one, other), gaps, p)
    rows = zip(names, *(column.tolist() for column in columns), strict=True)
    return [
        DistributionShift(
            name, int(size), psi_, psi_limit, js, gap, p_value, adjusted=1.0, is_significant=False
        )
        for name, size, psi_, psi_limit, js, gap, p_value in rows
    ]


def _judge_shift(shift: DistributionShift, adjusted: float, floor: float) -> DistributionShift:
    large = shift.psi > max(floor, shift.threshold) and shift.js > MIN_JS_DISTANCE
    return replace(shift, adjusted=adjusted, is_significant=large and adjusted <= FALSE_DISCOVERY_RATE)


def _kl_divergence(p: FloatArray, middle: FloatArray) -> FloatArray:
    """Return the Kullback-Leibler divergence of p from the middle in bits; an empty bin adds nothing."""
    ratio = np.divide(p, middle, out=np.ones_like(p), where=p > 0)
    total: FloatArray = (p * np.log2(ratio)).sum(axis=-1)
    return total
