"""Gates: checks of a version against the champion, on rows neither was trained on.

Pure functions of numbers. A *hard* gate cannot be overruled by anybody: the bytes must be the registered ones
and fit this program. An approver may overrule the others with a reason.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from modelops.arrays import BoolArray, FloatArray
from modelops.sentences import GateSentence
from modelops.training.evaluation import (
    MAX_MISSED_MATERIAL,
    chance_calibration_error,
    expected_calibration_error,
    wilson_interval,
)
from modelops.validation.validation_set import IMMATERIAL, DecisionThresholds, ValidationSet

GREEN, AMBER, RED = "green", "amber", "red"

ACCURACY_MARGINS = {
    "all": 0.01,
    "kind": 0.02,
    "profile": 0.02,
    "script": 0.03,
    "difference": 0.03,
    "tag": 0.03,
}
"""Largest allowed loss of accuracy on a slice, by the dimension of the slice."""
MIN_SLICE_ROWS = 30
"""Smallest number of rows of a slice that is checked."""
MAX_CALIBRATION_ERROR, CALIBRATION_MARGIN = 0.05, 0.01
"""Largest calibration error that is always allowed, and how much above the champion's otherwise."""
MAX_LATENCY_SECONDS, MAX_LATENCY_RATIO = 1e-3, 2.0
"""Median seconds of one score that are always allowed, and how many times the champion's otherwise."""

_Z99 = 2.5758293035489004


@dataclass(frozen=True)
class GateResult:
    """The result of one gate: green, amber (no data) or red, with a one-sentence summary and a table."""

    name: str
    title: str
    state: str
    summary: str
    hard: bool = False
    rows: Sequence[Mapping[str, Any]] = field(default_factory=tuple)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON-ready form that is stored with a promotion request."""
        return {**asdict(self), "rows": [dict(row) for row in self.rows]}


@dataclass(frozen=True)
class ValidationScores:
    """Scores of a model on a validation set: probabilities by row, thresholds by kind."""

    probabilities: FloatArray
    thresholds: Mapping[str, DecisionThresholds]


def paired_difference(mine_only: int, theirs_only: int, n: int) -> tuple[float, float, float]:
    """Return the difference of two accuracies on the same rows, with its 99 % interval.

    ``mine_only`` rows only the first got right, ``theirs_only`` only the second. Source: Agresti and Min,
    Statistics in Medicine 24 (2005), with one half added to each cell.
    """
    if not n:
        return math.nan, math.nan, math.nan
    wins, losses, total = mine_only + 0.5, theirs_only + 0.5, n + 2
    centre = (wins - losses) / total
    half = _Z99 * math.sqrt(max(0.0, wins + losses - (wins - losses) ** 2 / total)) / total
    return (mine_only - theirs_only) / n, max(-1.0, centre - half), min(1.0, centre + half)


def check_slices(
    validation_set: ValidationSet, mine: ValidationScores, theirs: ValidationScores | None
) -> GateResult:
    """Check that no slice is worse than the champion's by more than its margin, beyond chance."""
    title = "Every slice against the champion"
    if theirs is None:
        return GateResult("slices", title, AMBER, GateSentence.NO_CHAMPION.value)
    everything = np.ones(len(validation_set), dtype=bool)
    groups = [("all", "", everything), *validation_set.list_slices(MIN_SLICE_ROWS)]
    rows = [
        _compare_slice(validation_set, mine.probabilities, theirs.probabilities, *group) for group in groups
    ]
    worse = [row for row in rows if row["state"] == RED]
    named = ", ".join(_format_slice_name(row) for row in worse)
    sentence = GateSentence.SLICES_WORSE if worse else GateSentence.SLICES_PASSED
    finding = sentence.format(n=len(rows), slices=named)
    return GateResult("slices", title, RED if worse else GREEN, finding, rows=rows)


def check_missed_material(
    validation_set: ValidationSet, mine: ValidationScores, profile: str = "general"
) -> GateResult:
    """Check that among pairs decided as *immaterial* no more than allowed are material."""
    verdicts = validation_set.compute_verdicts(mine.probabilities, mine.thresholds, profile)
    decided = validation_set.model_decides[profile] & (verdicts == IMMATERIAL)
    missed = wilson_interval(int((decided & validation_set.labels).sum()), int(decided.sum()))
    title = "Missed material differences"
    if not missed.n:
        return GateResult("missed_material", title, AMBER, GateSentence.NONE_IMMATERIAL.value)
    broken = missed.low > MAX_MISSED_MATERIAL
    finding = GateSentence.MISSED_MATERIAL.format(
        n=missed.n, share=missed.value, low=missed.low, high=missed.high, allowed=MAX_MISSED_MATERIAL
    )
    return GateResult("missed_material", title, RED if broken else GREEN, finding)


def check_calibration(
    validation_set: ValidationSet, mine: ValidationScores, theirs: ValidationScores | None
) -> GateResult:
    """Check the calibration error against fixed, relative and chance bounds."""
    counted = validation_set.model_decides["general"]
    error = expected_calibration_error(validation_set.labels[counted], mine.probabilities[counted])
    before = (
        expected_calibration_error(validation_set.labels[counted], theirs.probabilities[counted])
        if theirs
        else math.nan
    )
    allowed = (
        MAX_CALIBRATION_ERROR
        if math.isnan(before)
        else max(MAX_CALIBRATION_ERROR, before + CALIBRATION_MARGIN)
    )
    chance = chance_calibration_error(mine.probabilities[counted])
    sentence = GateSentence.CALIBRATION if math.isnan(before) else GateSentence.CALIBRATION_COMPARED
    finding = sentence.format(
        error=error, champion=before, allowed=allowed, n=int(counted.sum()), chance=chance
    )
    state = AMBER if math.isnan(error) else RED if error > max(allowed, chance) else GREEN
    return GateResult("calibration", "Calibration", state, finding)


def check_latency(
    mine: Callable[[], object], theirs: Callable[[], object] | None, rounds: int = 200
) -> GateResult:
    """Check that one score takes not much longer than the champion's; both are timed in turns."""
    scorers = [mine] if theirs is None else [mine, theirs]
    taken: list[list[float]] = [[] for _ in scorers]
    for _ in range(rounds):
        for times, score in zip(taken, scorers, strict=True):
            began = time.perf_counter()
            score()
            times.append(time.perf_counter() - began)
    medians = [float(np.median(times)) for times in taken]
    allowed = max(MAX_LATENCY_SECONDS, MAX_LATENCY_RATIO * medians[1]) if theirs else MAX_LATENCY_SECONDS
    sentence = GateSentence.LATENCY_COMPARED if theirs else GateSentence.LATENCY
    finding = sentence.format(median=medians[0] * 1e6, champion=medians[-1] * 1e6, allowed=allowed * 1e6)
    return GateResult("latency", "Latency", RED if medians[0] > allowed else GREEN, finding)


def _compare_slice(
    validation_set: ValidationSet,
    mine: FloatArray,
    theirs: FloatArray,
    dimension: str,
    name: str,
    inside: BoolArray,
) -> dict[str, Any]:
    right = (mine > 0.5) == validation_set.labels
    before = (theirs > 0.5) == validation_set.labels
    n = int(inside.sum())
    difference, low, high = paired_difference(
        int((right & ~before & inside).sum()), int((before & ~right & inside).sum()), n
    )
    worse = difference < -ACCURACY_MARGINS[dimension] and high < 0
    return {
        "dimension": dimension,
        "slice": name,
        "n": n,
        "accuracy": float(right[inside].mean()),
        "champion": float(before[inside].mean()),
        "difference": difference,
        "low": low,
        "high": high,
        "margin": ACCURACY_MARGINS[dimension],
        "state": RED if worse else GREEN,
    }


def _format_slice_name(row: Mapping[str, Any]) -> str:
    return f"{row['dimension']} {row['slice']}".strip()
