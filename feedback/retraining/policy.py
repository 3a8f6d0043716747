"""Training without being asked: conditions, obstacles, one decision, and what becomes of the candidate.

Every decision is a row with its reasons, also the decision not to train. A candidate that passes its gates
becomes shadow by itself; challenger or champion it becomes only by two people. Drift without error is for
people to look into: it trains nothing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.audit import trail
from feedback.models import Feedback
from feedback.monitoring.performance import DAY, WEEK, estimate_performance, list_champions
from matching.monitoring import hourly_counts
from modelops.alerting.alerts import raise_alert
from modelops.deployment.promotion import PromotionError, deploy_shadow
from modelops.models import (
    Deployment,
    DriftReport,
    HourlyCount,
    ModelVersion,
    Reference,
    RunStatus,
    TrafficSource,
    TrainingDecision,
    TrainingRun,
)
from modelops.monitoring.confidence_sequences import AnytimeEstimate, PerformanceEstimate
from modelops.monitoring.thresholds import get_threshold
from modelops.monitoring.windows import TrafficSlice
from modelops.training import runs
from modelops.training.runs import TrainingBusyError

MIN_LABELS_WITH_DRIFT = 50
"""Audited answers, at least, before drift and a low estimate together train a candidate."""


@dataclass(frozen=True, slots=True)
class TrainingCondition:
    """One reason to train: what was measured, its limit, whether it is met, and in words."""

    name: str
    measured: float | None
    limit: float
    met: bool
    said: str


def decide_training(
    now: datetime, parameters: dict[str, Any] | None = None, routine: bool = False
) -> TrainingDecision:
    """Decide whether to train now, keep why, and put a run into the queue if so.

    ``routine`` marks the daily decision, the only one that trains because of elapsed time. The caller has a
    worker take the run after the commit. Raises ``LookupError`` before anything is live.
    """
    model = _get_champion()
    conditions = _evaluate_conditions(model, now, routine)
    met = [condition for condition in conditions if condition.met]
    obstacles = _find_obstacles(now) if met else []
    with transaction.atomic():
        run = _request_run(met, parameters or {}, obstacles) if met and not obstacles else None
        row = TrainingDecision.objects.create(
            at=now,
            model=model,
            train=run is not None,
            because=_format_reason(met, obstacles)[:300],
            conditions=[asdict(condition) for condition in conditions],
            obstacles=obstacles,
            run=run,
        )
        if run:
            trail.record_event("training.decided", row, None, because=row.because)
    return row


def deploy_candidate_as_shadow(run: TrainingRun) -> Deployment | None:
    """Make the candidate of a run that was begun by itself shadow, if its gates are green."""
    if run.model is None or not run.decisions.exists():
        return None
    freeze_references(run.model, run.created_at)
    try:
        return deploy_shadow(run.model, f"passed its gates after: {run.trigger}")
    except PromotionError as refusal:
        raise_alert("candidate_refused", str(run.model.version), f"{run.model}: {refusal}")
        return None


def freeze_references(model: ModelVersion, now: datetime) -> list[Reference]:
    """Keep what the traffic of the last week looks like to a new version, by profile and kind."""
    recent = HourlyCount.objects.filter(hour__gt=now - WEEK).order_by().values_list("profile", "kind")
    return [
        hourly_counts.get_reference(TrafficSlice(model, profile, kind))
        for profile, kind in sorted(set(recent))
    ]


def _get_champion() -> ModelVersion:
    found = list_champions()
    if not found:
        raise LookupError("no model has been made live")
    return found[0]


def _evaluate_conditions(model: ModelVersion, now: datetime, routine: bool) -> list[TrainingCondition]:
    found = estimate_performance(model, now)
    waiting = Feedback.objects.for_training().pending().count()
    return [
        *(_check_performance(name, estimate) for name, estimate in found.to_dict().items()),
        _check_label_count(waiting),
        _check_elapsed_time(model, now, waiting, routine),
        _check_drift(now, found),
    ]


def _check_performance(name: str, estimate: AnytimeEstimate) -> TrainingCondition:
    allowed = get_threshold(name)
    if not estimate.n:
        return TrainingCondition(name, None, allowed, False, "no audited answer yet")
    met = estimate.is_below(allowed)
    said = f"{estimate.value:.1%} of {estimate.n} audited answers ({estimate.low:.1%} to {estimate.high:.1%})"
    return TrainingCondition(name, estimate.value, allowed, met, said)


def _check_label_count(waiting: int) -> TrainingCondition:
    needed = get_threshold("feedback")
    return TrainingCondition(
        "feedback", waiting, needed, waiting >= needed, f"{waiting:,} labels not learnt from"
    )


def _check_elapsed_time(model: ModelVersion, now: datetime, waiting: int, routine: bool) -> TrainingCondition:
    last = TrainingRun.objects.filter(status=RunStatus.SUCCEEDED).order_by("-created_at").first()
    since = last.created_at if last else model.created_at
    days, allowed = (now - since) / DAY, get_threshold("elapsed_days")
    said = f"{days:.1f} days since the last training, {waiting:,} new labels"
    return TrainingCondition(
        "elapsed", round(days, 2), allowed, routine and waiting > 0 and days >= allowed, said
    )


def _check_drift(now: datetime, found: PerformanceEstimate) -> TrainingCondition:
    """Drift counts only together with error: the estimate itself, not yet its bound, is below the limit.

    The error is measured on single questions, so only their drift can be its cause.
    """
    newest = DriftReport.objects.filter(
        drifted=True, source=TrafficSource.SINGLE, end__gt=now - DAY, end__lte=now
    )
    worst = max(newest.values_list("worst", flat=True), default=0.0)
    accuracy = found.accuracy
    wrong = accuracy.n >= MIN_LABELS_WITH_DRIFT and accuracy.value < get_threshold("accuracy")
    met = worst > get_threshold("drift") and wrong
    said = f"largest PSI {worst:.2f} in a day" + (
        "" if wrong else "; no error with it, so people look into it"
    )
    return TrainingCondition(
        "drift", round(worst, 4), get_threshold("drift"), met, said if worst else "no drift in a day"
    )


def _find_obstacles(now: datetime) -> list[str]:
    found = []
    if TrainingRun.objects.unfinished().exists():
        found.append("a training run is under way or waits")
    begun = TrainingDecision.objects.filter(train=True)
    last = TrainingRun.objects.exclude(status=RunStatus.CANCELLED).order_by("-created_at").first()
    moments = [last.created_at if last else None, _get_latest_time(begun)]
    newest = max((moment for moment in moments if moment), default=None)
    hours = get_threshold("cooldown_hours")
    if newest and now - newest < timedelta(hours=hours):
        found.append(f"the last training was less than {hours:g} hours ago")
    budget = get_threshold("budget_per_week")
    if begun.filter(at__gt=now - WEEK, at__lte=now).count() >= budget:
        found.append(f"the budget of {budget:g} trainings in seven days is spent")
    if not Feedback.objects.for_training().pending().exists():
        found.append("there is no new label to learn from")
    return found


def _get_latest_time(begun: Any) -> datetime | None:
    newest: datetime | None = begun.order_by("-at").values_list("at", flat=True).first()
    return newest


def _request_run(
    met: list[TrainingCondition], parameters: dict[str, Any], obstacles: list[str]
) -> TrainingRun | None:
    try:
        with transaction.atomic():
            return runs.queue_run(f"by itself: {', '.join(one.name for one in met)}", None, parameters)
    except TrainingBusyError as busy:
        obstacles.append(str(busy))
        return None


def _format_reason(met: list[TrainingCondition], obstacles: list[str]) -> str:
    if not met:
        return "No condition is met."
    reasons = "; ".join(f"{one.name}: {one.said}" for one in met)
    return f"Not now ({'; '.join(obstacles)}), though {reasons}." if obstacles else f"{reasons}."
