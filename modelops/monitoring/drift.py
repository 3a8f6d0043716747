"""Has what is compared changed? Distances of histograms, and when to believe them.

Pure mathematics over counts: the last axis of every array is the bins of a histogram, so all figures of a
window are one call. A shift is believed when it is large (an effect floor), larger than chance explains at
this sample size, significant among all figures looked at, and seen in two of the last three windows.
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
"""Observations, at least, before a window is judged at all."""

FALSE_ALARM_RATE = 0.001
"""Share of windows without change in which chance alone passes the PSI threshold of one figure."""

FALSE_DISCOVERY_RATE = 0.01
"""False discoveries allowed among the figures of one window (Benjamini-Hochberg)."""

MIN_PSI = 0.10
"""Smallest PSI worth anybody's time, however significant."""

MIN_JS_DISTANCE = 0.05
"""Smallest Jensen-Shannon distance worth anybody's time, in [0, 1]."""

MIN_SHIFTED_WINDOWS, RECENT_WINDOWS = 2, 3
"""A shift is believed when it is seen in this many of this many windows."""


@dataclass(frozen=True, slots=True)
class DistributionShift:
    """How far one figure moved in one window.

    ``psi`` and ``js`` are effects, ``p`` is the chance of such a difference without change (chi-square, or
    Kolmogorov-Smirnov where that sees more), ``adjusted`` the same among all figures of the window, ``seen``
    whether it is large and significant.
    """

    figure: str
    n: int
    psi: float
    threshold: float
    js: float
    ks: float
    p: float
    adjusted: float
    seen: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, ready for JSON."""
        return asdict(self)


def psi(reference: ArrayLike, current: ArrayLike) -> FloatArray:
    """Population stability index of each row of counts: sum of (q - p) ln(q / p), 0 without difference.

    Half an observation is added to every bin, so that an empty one is rare instead of impossible.
    """
    expected, seen = compute_shares(reference, 0.5), compute_shares(current, 0.5)
    value: FloatArray = ((seen - expected) * np.log(seen / expected)).sum(axis=-1)
    return value


def psi_threshold(n: ArrayLike, m: ArrayLike, bins: int, chance: float = FALSE_ALARM_RATE) -> FloatArray:
    """PSI that chance alone exceeds with this probability: (1/n + 1/m) times a chi-square quantile.

    Source: B. Yurdakul, Statistical Properties of Population Stability Index (2018).
    """
    quantile = chdtri(max(1, bins - 1), chance)
    value: FloatArray = (1 / np.asarray(n, dtype=float) + 1 / np.asarray(m, dtype=float)) * quantile
    return value


def js_distance(reference: ArrayLike, current: ArrayLike) -> FloatArray:
    """Jensen-Shannon distance in [0, 1]: the root of the divergence in bits."""
    p, q = compute_shares(reference), compute_shares(current)
    middle = (p + q) / 2
    divergence = (_kl_divergence(p, middle) + _kl_divergence(q, middle)) / 2
    value: FloatArray = np.sqrt(np.clip(divergence, 0.0, 1.0))
    return value


def chi_square(reference: ArrayLike, current: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Two-sample chi-square of homogeneity: statistic and p-value; bins empty in both do not count."""
    one, other = np.asarray(reference, dtype=float), np.asarray(current, dtype=float)
    n, m = one.sum(axis=-1, keepdims=True), other.sum(axis=-1, keepdims=True)
    both = one + other
    gap = (np.sqrt(m / n) * one - np.sqrt(n / m) * other) ** 2
    statistic: FloatArray = np.divide(gap, both, out=np.zeros_like(gap), where=both > 0).sum(axis=-1)
    freedom = np.maximum((both > 0).sum(axis=-1) - 1, 1)
    return statistic, chdtrc(freedom, statistic)


def kolmogorov_smirnov(reference: ArrayLike, current: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Greatest gap of the two running shares over ordered bins, and its p-value (too large where values tie).

    Source: M. A. Stephens, JRSS B 32 (1970), for the correction of small samples.
    """
    one, other = np.asarray(reference, dtype=float), np.asarray(current, dtype=float)
    n, m = one.sum(axis=-1), other.sum(axis=-1)
    gap: FloatArray = np.abs(np.cumsum(compute_shares(one) - compute_shares(other), axis=-1)).max(axis=-1)
    root = np.sqrt(n * m / (n + m))
    return gap, kolmogorov((root + 0.12 + 0.11 / root) * gap)


def benjamini_hochberg(p_values: ArrayLike) -> FloatArray:
    """Adjusted p-values along the last axis: at or under ``q``, at most ``q`` of those found are false.

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
    """Compare every figure both sides count, the furthest moved first. Empty for too small a window."""
    names = [name for name in reference if name in current and len(reference[name]) > 1]
    if not names or min(sum(current[name]) for name in names) < MIN_OBSERVATIONS:
        return []
    raw = [
        shift
        for same in _group_by_bins(names, reference)
        for shift in _measure_shifts(same, reference, current)
    ]
    adjusted = benjamini_hochberg([shift.p for shift in raw])
    found = [_judge_shift(shift, float(value), floor) for shift, value in zip(raw, adjusted, strict=True)]
    return sorted(found, key=lambda shift: -shift.psi)


def find_persistent_shifts(windows: Sequence[Collection[str]]) -> set[str]:
    """Return the figures seen in two of the last three windows; the newest window comes last."""
    newest = windows[-RECENT_WINDOWS:]
    names = set().union(*newest) if newest else set()
    return {name for name in names if sum(name in window for window in newest) >= MIN_SHIFTED_WINDOWS}


def count_moved(reference: Sequence[int], current: Sequence[int]) -> int:
    """How many of the current observations fall elsewhere than the reference would have put them."""
    share = float(np.abs(compute_shares(current) - compute_shares(reference)).sum()) / 2
    return round(share * sum(current))


def _group_by_bins(names: Sequence[str], reference: Mapping[str, Sequence[int]]) -> list[list[str]]:
    """Figures with equally many bins together: each group is one array."""
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
        DistributionShift(name, int(size), psi_, limit, js, gap, chance, adjusted=1.0, seen=False)
        for name, size, psi_, limit, js, gap, chance in rows
    ]


def _judge_shift(shift: DistributionShift, adjusted: float, floor: float) -> DistributionShift:
    large = shift.psi > max(floor, shift.threshold) and shift.js > MIN_JS_DISTANCE
    return replace(shift, adjusted=adjusted, seen=large and adjusted <= FALSE_DISCOVERY_RATE)


def _kl_divergence(p: FloatArray, middle: FloatArray) -> FloatArray:
    """Divergence of p from the middle in bits; an empty bin adds nothing."""
    ratio = np.divide(p, middle, out=np.ones_like(p), where=p > 0)
    total: FloatArray = (p * np.log2(ratio)).sum(axis=-1)
    return total
