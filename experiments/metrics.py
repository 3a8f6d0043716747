"""The metrics of experiments: what is measured, in which unit, and which direction is better. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

ACCURACY = "accuracy"
"""The primary metric decided by reviewed disagreements of both versions on the same traffic."""
RECORDED = "recorded"
"""The primary metric whose values clients record."""
GOLD_RECALL = "gold_recall"
"""The guardrail on gold items: material differences that a version does not call immaterial."""
ERROR = "error"
"""Name under which failed comparisons are recorded; no client may use it."""


class Unit(StrEnum):
    """What the values of a metric are."""

    SHARE = "share"
    MILLISECONDS = "ms"
    HOURS = "hours"
    NUMBER = "number"


class Direction(StrEnum):
    """Which change of a metric is an improvement."""

    LOWER = "lower"
    HIGHER = "higher"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of one user: a sum over a count, for example reviews over predictions.

    ``relative_margin`` says that a guardrail on it allows a change relative to A's value; otherwise the
    change is in the unit of the metric.
    """

    id: str
    title: str
    description: str
    unit: Unit
    better: Direction
    relative_margin: bool = False


_AUTOMATIC = (
    Metric(
        "override_rate",
        "Override rate",
        "Of the predictions that reviewers settled: share decided otherwise than the version did.",
        Unit.SHARE,
        Direction.LOWER,
    ),
    Metric(
        "appeal_rate",
        "Appeal rate",
        "Of the predictions: share to which the client objected.",
        Unit.SHARE,
        Direction.LOWER,
    ),
    Metric(
        "review_share",
        "Review share",
        "Of the predictions: share with the verdict review.",
        Unit.SHARE,
        Direction.LOWER,
    ),
    Metric(
        "decision_hours",
        "Time to decision",
        "Hours from the prediction to the decision that settled it.",
        Unit.HOURS,
        Direction.LOWER,
        relative_margin=True,
    ),
    Metric(
        "agreement",
        "Agreement of reviewers",
        "Of the predictions that two reviewers decided blind: share on which they agree.",
        Unit.SHARE,
        Direction.HIGHER,
    ),
    Metric(
        "latency_ms",
        "Latency",
        "Milliseconds to compare two names.",
        Unit.MILLISECONDS,
        Direction.LOWER,
        relative_margin=True,
    ),
    Metric(
        "error_rate",
        "Error rate",
        "Of the comparisons: share that failed inside the program.",
        Unit.SHARE,
        Direction.LOWER,
    ),
    Metric(
        "material_share",
        "Material share",
        "Of the predictions: share with the verdict material.",
        Unit.SHARE,
        Direction.NEITHER,
    ),
)
AUTOMATIC_METRICS: dict[str, Metric] = {metric.id: metric for metric in _AUTOMATIC}
"""Metrics per arm from what the product stores of every prediction, by id."""

GUARDRAIL_METRICS = ("latency_ms", "error_rate", "review_share", "override_rate", "appeal_rate", GOLD_RECALL)
"""Metrics that can guard an experiment."""

DEFAULT_MARGINS = {"latency_ms": 0.25, "error_rate": 0.02, "review_share": 0.10, GOLD_RECALL: 0.0}
"""The guardrails a new experiment has, with how much worse than A each lets B be."""

PRIMARY_CHOICES = (
    (ACCURACY, "Accuracy (reviewed disagreements)"),
    *((metric.id, metric.title) for metric in _AUTOMATIC if metric.better != Direction.NEITHER),
    (RECORDED, "A metric that clients record"),
)
GUARDRAIL_CHOICES = tuple(
    (id_, AUTOMATIC_METRICS[id_].title if id_ in AUTOMATIC_METRICS else "Gold items: recall of material")
    for id_ in GUARDRAIL_METRICS
)


def list_texts() -> list[str]:
    """Return every text of the metrics that a catalogue translates, each once."""
    described = [text for metric in _AUTOMATIC for text in (metric.title, metric.description)]
    chosen = [title for _, title in (*PRIMARY_CHOICES, *GUARDRAIL_CHOICES)]
    return list(dict.fromkeys([*described, *chosen]))


METRIC_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""Names of recorded metrics."""


def build_recorded_metric(name: str, higher_is_better: bool = True) -> Metric:
    """Return the metric of values that clients record under a name."""
    better = Direction.HIGHER if higher_is_better else Direction.LOWER
    return Metric(name, name.replace("_", " ").capitalize(), "Recorded by clients.", Unit.NUMBER, better)


def is_recordable(name: str) -> bool:
    """Say whether clients may record values under a name."""
    reserved = name == ERROR or name in AUTOMATIC_METRICS or name in (ACCURACY, RECORDED, GOLD_RECALL)
    return METRIC_NAME.fullmatch(name) is not None and not reserved
