"""Candidate beside champion on the same rows: each measure of both, their difference and its interval.

Pure functions of numbers. Both models answer every row of one validation set, so a difference is due to the
models and never to the rows.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from modelops.arrays import BoolArray, FloatArray
from modelops.training.evaluation import expected_calibration_error
from modelops.validation.gates import ValidationScores, paired_difference
from modelops.validation.validation_set import IMMATERIAL, MATERIAL, REVIEW, ValidationSet

VERDICT_PROFILE = "general"
"""The profile under which verdicts are measured; every validation set has it."""

_BOOTSTRAP_ROUNDS, _BOOTSTRAP_SEED = 400, 1
_MISSED = "missed_material"


@dataclass(frozen=True, slots=True)
class PairedMeasure:
    """One measure of a candidate and of the champion on the same ``n`` rows.

    ``difference`` is candidate minus champion, ``low`` to ``high`` its 99 % interval; without a champion all
    of them are ``None``. ``gate`` names the gate that judges the measure, ``""`` where none does.
    """

    title: str
    n: int
    candidate: float
    champion: float | None
    difference: float | None
    low: float | None
    high: float | None
    higher_is_better: bool
    gate: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON-ready form, with ``outcome`` (better, worse, or no difference beyond chance)."""
        return {**asdict(self), "outcome": self.outcome}

    @property
    def outcome(self) -> str:
        """What the interval says: ``better``, ``worse``, ``same``, or ``""`` without a champion."""
        if self.low is None or self.high is None:
            return ""
        if self.low <= 0 <= self.high:
            return "same"
        return "better" if (self.low > 0) == self.higher_is_better else "worse"


def compare_on_same_rows(
    rows: ValidationSet, mine: ValidationScores, theirs: ValidationScores | None
) -> list[PairedMeasure]:
    """Return the measures of a candidate (``mine``) beside the champion (``theirs``)."""
    material, decides = rows.labels, rows.model_decides[VERDICT_PROFILE]
    every = np.ones(len(rows), dtype=bool)
    shares = (
        ("Accuracy", _find_right_rows, every, True, "slices"),
        ("Recall of material", _find_right_rows, material, True, ""),
        ("Recall of immaterial", _find_right_rows, ~material, True, ""),
        ("Material pairs decided as immaterial", _find_immaterial_rows, material & decides, False, _MISSED),
        ("Immaterial pairs decided as material", _find_material_rows, ~material & decides, False, ""),
        ("Left to a reviewer", _find_review_rows, decides, False, ""),
    )
    measures = [
        _measure_share(title, find(rows, mine), find(rows, theirs) if theirs else None, inside, higher, gate)
        for title, find, inside, higher, gate in shares
        if inside.any()
    ]
    return [*measures, _measure_calibration(rows, mine, theirs)] if decides.any() else measures


def _measure_share(
    title: str,
    mine: BoolArray,
    theirs: BoolArray | None,
    inside: BoolArray,
    higher_is_better: bool,
    gate: str,
) -> PairedMeasure:
    """Return the share of the rows ``inside`` that each model marks, with the paired difference."""
    n, candidate = int(inside.sum()), float(mine[inside].mean())
    if theirs is None:
        return PairedMeasure(title, n, candidate, None, None, None, None, higher_is_better, gate)
    wins, losses = int((mine & ~theirs & inside).sum()), int((theirs & ~mine & inside).sum())
    paired = paired_difference(wins, losses, n)
    return PairedMeasure(title, n, candidate, float(theirs[inside].mean()), *paired, higher_is_better, gate)


def _measure_calibration(
    rows: ValidationSet, mine: ValidationScores, theirs: ValidationScores | None
) -> PairedMeasure:
    decides = rows.model_decides[VERDICT_PROFILE]
    labels, own, n = rows.labels[decides], mine.probabilities[decides], int(decides.sum())
    candidate, title = expected_calibration_error(labels, own), "Calibration error"
    if theirs is None:
        return PairedMeasure(title, n, candidate, None, None, None, None, False, "calibration")
    other = theirs.probabilities[decides]
    champion = expected_calibration_error(labels, other)
    low, high = _bootstrap_calibration(labels, own, other)
    return PairedMeasure(title, n, candidate, champion, candidate - champion, low, high, False, "calibration")


def _bootstrap_calibration(labels: BoolArray, mine: FloatArray, theirs: FloatArray) -> tuple[float, float]:
    """Return the 99 % percentile interval of the difference of two calibration errors on resampled rows."""
    if np.array_equal(mine, theirs):
        return 0.0, 0.0
    dice, n = np.random.default_rng(_BOOTSTRAP_SEED), len(labels)
    differences = []
    for _ in range(_BOOTSTRAP_ROUNDS):
        drawn = dice.integers(0, n, n)
        truth = labels[drawn]
        own = expected_calibration_error(truth, mine[drawn])
        differences.append(own - expected_calibration_error(truth, theirs[drawn]))
    low, high = np.percentile([value for value in differences if not math.isnan(value)], [0.5, 99.5])
    return float(low), float(high)


def _find_right_rows(rows: ValidationSet, scores: ValidationScores) -> BoolArray:
    right: BoolArray = (scores.probabilities > 0.5) == rows.labels
    return right


def _find_immaterial_rows(rows: ValidationSet, scores: ValidationScores) -> BoolArray:
    return _find_verdict_rows(rows, scores, IMMATERIAL)


def _find_material_rows(rows: ValidationSet, scores: ValidationScores) -> BoolArray:
    return _find_verdict_rows(rows, scores, MATERIAL)


def _find_review_rows(rows: ValidationSet, scores: ValidationScores) -> BoolArray:
    return _find_verdict_rows(rows, scores, REVIEW)


def _find_verdict_rows(rows: ValidationSet, scores: ValidationScores, verdict: int) -> BoolArray:
    verdicts = rows.compute_verdicts(scores.probabilities, scores.thresholds, VERDICT_PROFILE)
    matching_rows: BoolArray = verdicts == verdict
    return matching_rows
