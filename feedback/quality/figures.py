"""Figures of review quality, each with its interval and count: of all reviewers and of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import ceil, floor, sqrt
from statistics import median
from typing import NamedTuple
from uuid import UUID

from feedback.models import Feedback, ReviewStage
from feedback.quality.agreement import bootstrap_interval, krippendorff_alpha
from feedback.quality.report import (
    MAX_DECISIONS,
    BlindDecision,
    BlindDecisionSample,
    DecisionPair,
    GroupAgreement,
    Proportion,
    SampleFilter,
    measure_pairs,
    select_reviewer_pairs,
)
from matching.models import ReviewStream

_Z = 1.96
_BOOTSTRAP_ROUNDS = 200
_MAX_BOOTSTRAP_PAIRS = 1_000
_DECIMALS = 4


class Measure(StrEnum):
    """What a figure measures."""

    DECISIONS = "decisions"
    """First and second reviews decided blind, gold items left out."""
    DECISION_SECONDS = "decision_seconds"
    """Median seconds from claim to decision."""
    TURNAROUND_SECONDS = "turnaround_seconds"
    """Median seconds from the creation of an item to its decision."""
    SAME_DECISION = "same_decision"
    """Share of items with two decisions on which both are the same."""
    COHEN_KAPPA = "cohen_kappa"
    GWET_AC1 = "gwet_ac1"
    KRIPPENDORFF_ALPHA = "krippendorff_alpha"
    GOLD_ACCURACY = "gold_accuracy"
    """Share of gold items decided as known."""
    OVERTURN_RATE = "overturn_rate"
    """Share of first decisions that a second review overturned, of those that are settled."""


class Figure(NamedTuple):
    """A value with its 95 % interval; ``None`` where undefined. It rests on ``n`` decisions or items."""

    measure: Measure
    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class QualityFigures:
    """Figures of all reviewers together, and of each by id, most decisions first."""

    all: Sequence[Figure]
    reviewers: Mapping[UUID, Sequence[Figure]]
    is_cut: bool
    """Whether there were more decisions than a sample holds; the oldest are left out then."""


class _Outcome(NamedTuple):
    """Whose first decision a second review settled, and whether it was overturned."""

    reviewer_id: UUID
    is_overturned: bool


def measure_quality(since: datetime, restriction: SampleFilter) -> QualityFigures:
    """Return the figures of the decisions since a moment."""
    sample = BlindDecisionSample(since, restriction)
    outcomes = _list_outcomes(sample.decision_pairs)
    gold = sample.measure_gold_accuracy()
    by_reviewer: dict[UUID, list[BlindDecision]] = defaultdict(list)
    for decision in sample.decisions:
        by_reviewer[decision.reviewer_id].append(decision)
    ranked = sorted(by_reviewer, key=lambda key: (-len(by_reviewer[key]), str(key)))
    every = Proportion(sum(row.hits for row in gold.values()), sum(row.n for row in gold.values()))
    return QualityFigures(
        _build_figures(sample.decisions, sample.decision_pairs, every, outcomes),
        {
            key: _build_figures(
                by_reviewer[key],
                select_reviewer_pairs(sample.decision_pairs, key),
                gold.get(key, Proportion(0, 0)),
                [outcome for outcome in outcomes if outcome.reviewer_id == key],
            )
            for key in ranked
        },
        len(sample.decisions) >= MAX_DECISIONS,
    )


def compute_median_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Return the 95 % interval of a median by order statistics; ``None`` for fewer than six values."""
    if len(values) < 6:
        return None
    ordered, n = sorted(values), len(values)
    low, high = floor(n / 2 - _Z * sqrt(n) / 2), ceil(1 + n / 2 + _Z * sqrt(n) / 2)
    return ordered[max(low, 1) - 1], ordered[min(high, n) - 1]


def _build_figures(
    decisions: Sequence[BlindDecision],
    pairs: Sequence[DecisionPair],
    gold: Proportion,
    outcomes: Sequence[_Outcome],
) -> list[Figure]:
    real = [decision for decision in decisions if decision.stream != ReviewStream.GOLD]
    overturned = Proportion(sum(outcome.is_overturned for outcome in outcomes), len(outcomes))
    waited = [(row.decided_at - row.queued_at).total_seconds() for row in real if row.queued_at]
    return [
        Figure(Measure.DECISIONS, len(real), None, None, len(real)),
        _build_median(Measure.DECISION_SECONDS, [row.seconds for row in real if row.seconds is not None]),
        _build_median(Measure.TURNAROUND_SECONDS, waited),
        *_build_agreement(measure_pairs("", pairs), pairs),
        _build_share(Measure.GOLD_ACCURACY, gold),
        _build_share(Measure.OVERTURN_RATE, overturned),
    ]


def _build_agreement(agreement: GroupAgreement | None, pairs: Sequence[DecisionPair]) -> list[Figure]:
    n = agreement.coefficients.n if agreement else 0
    same = Proportion(round(agreement.coefficients.percent * n) if agreement else 0, n)
    if agreement is None or not agreement.is_stated:
        names = (Measure.COHEN_KAPPA, Measure.GWET_AC1, Measure.KRIPPENDORFF_ALPHA)
        unstated = [Figure(name, None, None, None, n) for name in names]
        return [_build_share(Measure.SAME_DECISION, same), *unstated]
    measured = agreement.coefficients
    answers = [(first.answer, second.answer) for first, second in pairs]
    alpha = bootstrap_interval(answers[:_MAX_BOOTSTRAP_PAIRS], krippendorff_alpha, _BOOTSTRAP_ROUNDS)
    return [
        _build_share(Measure.SAME_DECISION, same),
        _build_value(Measure.COHEN_KAPPA, measured.kappa, agreement.kappa_interval, measured.n),
        _build_value(Measure.GWET_AC1, measured.ac1, agreement.ac1_interval, measured.n),
        _build_value(Measure.KRIPPENDORFF_ALPHA, measured.alpha, alpha, measured.n),
    ]


def _build_share(measure: Measure, share: Proportion) -> Figure:
    return _build_value(measure, share.share, share.bounds, share.n)


def _build_median(measure: Measure, values: Sequence[float]) -> Figure:
    return _build_value(
        measure, median(values) if values else None, compute_median_interval(values), len(values)
    )


def _build_value(
    measure: Measure, value: float | None, interval: tuple[float, float] | None, n: int
) -> Figure:
    """Return a figure, rounded once, so that page, file and API state the same number."""
    low, high = interval or (None, None)
    parts = [None if part is None else round(part, _DECIMALS) for part in (value, low, high)]
    return Figure(measure, parts[0], parts[1], parts[2], n)


def _list_outcomes(pairs: Sequence[DecisionPair]) -> list[_Outcome]:
    """Return what became of first decisions with a second one, unless an adjudication waits."""
    differing = {first.prediction_id for first, second in pairs if not _agree(first, second)}
    adjudications = Feedback.objects.by_reviewers().filter(
        prediction__in=differing, stage=ReviewStage.ADJUDICATION
    )
    settled = dict(adjudications.order_by("id").values_list("prediction_id", "user_correction"))
    outcomes = []
    for first, second in pairs:
        if _agree(first, second):
            outcomes.append(_Outcome(first.reviewer_id, False))
        elif first.prediction_id in settled:
            outcomes.append(_Outcome(first.reviewer_id, settled[first.prediction_id] is not first.answer))
    return outcomes


def _agree(first: BlindDecision, second: BlindDecision) -> bool:
    """Return whether no adjudication follows: both decided the same, and could tell."""
    return first.answer is second.answer and first.answer is not None
