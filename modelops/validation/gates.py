"""What a version must show before it answers, beside the champion, on rows neither has learnt from.

Pure numbers in, findings out. A *hard* gate cannot be overridden by anybody: the bytes must be the registered
ones and fit this program. The others are findings that an approver may overrule with a stated reason.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from modelops.arrays import BoolArray, FloatArray
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
"""Most accuracy a version may lose on a slice, by the dimension of the slice."""
MIN_SLICE_ROWS = 30
"""Rows of a slice, at least, to be judged."""
MAX_CALIBRATION_ERROR, CALIBRATION_MARGIN = 0.05, 0.01
"""Largest calibration error that is always allowed, and how much above the champion's otherwise."""
MAX_LATENCY_SECONDS, MAX_LATENCY_RATIO = 1e-3, 2.0
"""Median seconds of one score that are always allowed, and how many times the champion's otherwise."""

_Z99 = 2.5758293035489004


@dataclass(frozen=True)
class GateResult:
    """One finding: green, amber (nothing to judge by) or red, with a sentence and a table."""

    name: str
    title: str
    state: str
    said: str
    hard: bool = False
    rows: Sequence[Mapping[str, Any]] = field(default_factory=tuple)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {**asdict(self), "rows": [dict(row) for row in self.rows]}


@dataclass(frozen=True)
class ValidationScores:
    """An exam somebody sat: probabilities of every row, and where they decide alone."""

    probabilities: FloatArray
    thresholds: Mapping[str, DecisionThresholds]


def paired_difference(mine_only: int, theirs_only: int, n: int) -> tuple[float, float, float]:
    """Difference of two accuracies on the same rows, with its 99 % interval.

    ``mine_only`` rows only the first got right, ``theirs_only`` only the second. Source: Agresti and Min,
    Statistics in Medicine 24 (2005), with one half added to each cell.
    """
    if not n:
        return math.nan, math.nan, math.nan
    wins, losses, total = mine_only + 0.5, theirs_only + 0.5, n + 2
    centre = (wins - losses) / total
    half = _Z99 * math.sqrt(max(0.0, wins + losses - (wins - losses) ** 2 / total)) / total
    return (mine_only - theirs_only) / n, centre - half, centre + half


def check_slices(exam: ValidationSet, mine: ValidationScores, theirs: ValidationScores | None) -> GateResult:
    """No slice may be worse than the champion's by more than its margin, beyond chance."""
    title = "Every slice against the champion"
    if theirs is None:
        return GateResult("slices", title, AMBER, "There is no champion that this program can ask.")
    everything = np.ones(len(exam), dtype=bool)
    groups = [("all", "", everything), *exam.list_slices(MIN_SLICE_ROWS)]
    rows = [_compare_slice(exam, mine.probabilities, theirs.probabilities, *group) for group in groups]
    worse = [row for row in rows if row["state"] == RED]
    named = ", ".join(_format_slice_name(row) for row in worse)
    said = f"{len(rows)} slices; worse on: {named}." if worse else f"{len(rows)} slices, none is worse."
    return GateResult("slices", title, RED if worse else GREEN, said, rows=rows)


def check_missed_material(
    exam: ValidationSet, mine: ValidationScores, profile: str = "general"
) -> GateResult:
    """Of what the version calls *immaterial*, not more than promised may be material."""
    verdicts = exam.compute_verdicts(mine.probabilities, mine.thresholds, profile)
    decided = exam.model_decides[profile] & (verdicts == IMMATERIAL)
    missed = wilson_interval(int((decided & exam.labels).sum()), int(decided.sum()))
    title = "Missed material differences"
    if not missed.n:
        return GateResult("promise", title, AMBER, "It decides nothing as immaterial alone on these rows.")
    broken = missed.low > MAX_MISSED_MATERIAL
    said = (
        f"Of {missed.n:,} rows it calls immaterial {missed.value:.2%} are material "
        f"(95 %: {missed.low:.2%} to {missed.high:.2%}; promised: {MAX_MISSED_MATERIAL:.0%})."
    )
    return GateResult("promise", title, RED if broken else GREEN, said)


def check_calibration(
    exam: ValidationSet, mine: ValidationScores, theirs: ValidationScores | None
) -> GateResult:
    """Probabilities must mean what they say, as far as so many rows can tell."""
    counted = exam.model_decides["general"]
    found = expected_calibration_error(exam.labels[counted], mine.probabilities[counted])
    before = (
        expected_calibration_error(exam.labels[counted], theirs.probabilities[counted])
        if theirs
        else math.nan
    )
    allowed = (
        MAX_CALIBRATION_ERROR
        if math.isnan(before)
        else max(MAX_CALIBRATION_ERROR, before + CALIBRATION_MARGIN)
    )
    beside = "" if math.isnan(before) else f", the champion's {before:.3f}"
    chance = chance_calibration_error(mine.probabilities[counted])
    said = (
        f"Calibration error {found:.3f}{beside}; at most {allowed:.3f}, "
        f"or what chance explains on {int(counted.sum()):,} rows: {chance:.3f}."
    )
    state = AMBER if math.isnan(found) else RED if found > max(allowed, chance) else GREEN
    return GateResult("calibration", "Calibration", state, said)


def check_latency(
    mine: Callable[[], object], theirs: Callable[[], object] | None, rounds: int = 200
) -> GateResult:
    """One score must not take much longer than the champion's; both take turns in this process."""
    asked = [mine] if theirs is None else [mine, theirs]
    taken: list[list[float]] = [[] for _ in asked]
    for _ in range(rounds):
        for times, ask in zip(taken, asked, strict=True):
            began = time.perf_counter()
            ask()
            times.append(time.perf_counter() - began)
    medians = [float(np.median(times)) for times in taken]
    allowed = max(MAX_LATENCY_SECONDS, MAX_LATENCY_RATIO * medians[1]) if theirs else MAX_LATENCY_SECONDS
    beside = f", the champion's {medians[1] * 1e6:.0f} µs" if theirs else ""
    said = f"One score takes {medians[0] * 1e6:.0f} µs{beside}; at most {allowed * 1e6:.0f} µs."
    return GateResult("latency", "Latency", RED if medians[0] > allowed else GREEN, said)


def _compare_slice(
    exam: ValidationSet, mine: FloatArray, theirs: FloatArray, dimension: str, name: str, inside: BoolArray
) -> dict[str, Any]:
    right = (mine > 0.5) == exam.labels
    before = (theirs > 0.5) == exam.labels
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
