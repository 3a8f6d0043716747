"""Thresholds at which a probability decides without review: Learn-Then-Test.

Source: Angelopoulos, Bates, Candès, Jordan, Lei, "Learn then Test" (2021), with exact binomial (Clopper-
Pearson) bounds and fixed-sequence testing from the most to the least certain pairs, started at three places
with a third of the error allowance each. A direction without a guarantee decides nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import betaincinv

from modelops.arrays import BoolArray, FloatArray, IntArray
from modelops.training.evaluation import MAX_MISSED_MATERIAL

MAX_FALSE_MATERIAL = 0.03
"""Largest allowed share of immaterial pairs among those decided as *material* without review."""
MAX_IMMATERIAL_PROBABILITY = 0.05
"""Highest probability of *material* at which the model may decide *immaterial* without review."""
MIN_MATERIAL_PROBABILITY = 0.9
"""Lowest probability of *material* at which the model may decide *material* without review."""
DELTA = 0.05
"""Largest probability that a guarantee does not hold."""

_SEQUENCE_STARTS = 3


@dataclass(frozen=True, slots=True)
class ThresholdGuarantee:
    """One direction: beyond ``threshold`` the model decides; of ``n`` such pairs ``errors`` were wrong.

    With confidence 1 - ``delta`` at most ``bound`` of such decisions are wrong (``bound`` <= ``target``).
    ``threshold`` is ``None`` without a guarantee; then nothing is decided.
    """

    threshold: float | None
    target: float
    delta: float
    n: int
    errors: int
    bound: float


@dataclass(frozen=True, slots=True)
class AbstentionBand:
    """The thresholds of one slice: the model decides below the first and above the second."""

    immaterial: ThresholdGuarantee
    material: ThresholdGuarantee

    @property
    def immaterial_below(self) -> float:
        """Highest probability decided as immaterial, at most
        :data:`MAX_IMMATERIAL_PROBABILITY`; below 0 when none is.
        """
        chosen = self.immaterial.threshold
        return -1.0 if chosen is None else min(chosen, MAX_IMMATERIAL_PROBABILITY)

    @property
    def material_above(self) -> float:
        """Lowest probability decided as material, at least :data:`MIN_MATERIAL_PROBABILITY`; above 1 when
        none is.
        """
        chosen = self.material.threshold
        return 2.0 if chosen is None else max(chosen, MIN_MATERIAL_PROBABILITY)


def clopper_pearson(errors: int, n: int, delta: float = DELTA) -> float:
    """Return the upper bound of an error rate with confidence 1 - ``delta``, exact for the binomial."""
    return 1.0 if errors >= n else float(betaincinv(errors + 1, n - errors, 1 - delta))


def minimum_sample_size(target: float, delta: float = DELTA) -> int:
    """Return the number of decisions without any error that guarantees the target."""
    return math.ceil(math.log(delta) / math.log1p(-target))


def learn_then_test(
    surest_first: FloatArray,
    wrong: BoolArray,
    target: float,
    delta: float = DELTA,
) -> ThresholdGuarantee:
    """Return the widest threshold whose error rate is at most the target with confidence 1 - ``delta``.

    ``surest_first`` are probabilities of the error, ascending; ``wrong`` says whether deciding the pair is
    wrong.
    """
    ends = _count_by_threshold(surest_first)
    counts = np.cumsum(wrong, dtype=np.int64)
    share = delta / _SEQUENCE_STARTS
    first = minimum_sample_size(target, share)
    passed = [
        _test_sequence(ends, counts, first * 2**start, target, share) for start in range(_SEQUENCE_STARTS)
    ]
    best = max(passed)
    if best == 0:
        return ThresholdGuarantee(None, target, delta, 0, 0, 1.0)
    errors = int(counts[best - 1])
    return ThresholdGuarantee(
        float(surest_first[best - 1]), target, delta, best, errors, clopper_pearson(errors, best, share)
    )


def compute_abstention_band(
    probabilities: FloatArray, material: BoolArray, settled: BoolArray | None = None
) -> AbstentionBand:
    """Return both thresholds from calibrated probabilities of pairs the model was not trained on.

    ``settled`` holds the labels of pairs that a rule decides as immaterial.
    """
    before = np.zeros(0, dtype=bool) if settled is None else settled
    return AbstentionBand(
        guarantee_immaterial(probabilities, material, before), guarantee_material(probabilities, material)
    )


def guarantee_immaterial(
    probabilities: FloatArray, material: BoolArray, settled: BoolArray
) -> ThresholdGuarantee:
    """Return the guarantee of all *immaterial* verdicts, of rules and model together.

    Pairs that a rule decides (``settled``) come first in its sequence. No pair above
    :data:`MAX_IMMATERIAL_PROBABILITY` is decided so, even where the joint error rate would allow it.
    """
    rising = np.argsort(probabilities, kind="stable")
    return learn_then_test(
        np.concatenate([np.zeros(len(settled)), np.maximum(probabilities[rising], 1e-12)]),
        np.concatenate([settled, material[rising]]),
        MAX_MISSED_MATERIAL,
    )


def guarantee_material(probabilities: FloatArray, material: BoolArray) -> ThresholdGuarantee:
    """Return the guarantee of the *material* verdicts of the model."""
    falling = np.argsort(probabilities, kind="stable")[::-1]
    decided = learn_then_test(1 - probabilities[falling], ~material[falling], MAX_FALSE_MATERIAL)
    above = None if decided.threshold is None else 1 - decided.threshold
    return replace(decided, threshold=above)


def _count_by_threshold(values: FloatArray) -> IntArray:
    """Return the number of pairs that each distinct threshold decides: ties are decided together."""
    if not len(values):
        return np.array([], dtype=np.int64)
    last = np.flatnonzero(np.diff(values) > 0) + 1
    return np.append(last, len(values))


def _test_sequence(ends: IntArray, counts: IntArray, first: int, target: float, delta: float) -> int:
    """Test wider thresholds until one fails; return the number of pairs that the last good one decides."""
    sizes = ends[ends >= first]
    errors = counts[sizes - 1]
    bounds = betaincinv(errors + 1, np.maximum(sizes - errors, 1), 1 - delta)
    failed = np.flatnonzero((bounds > target) | (errors == sizes))
    good = sizes[: failed[0]] if len(failed) else sizes
    return int(good[-1]) if len(good) else 0
