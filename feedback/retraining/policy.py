"""Automatic training: conditions, obstacles, the decision, and the shadow deployment of the candidate.

Every decision is stored as a row with its reasons, including a decision not to train. A candidate that passes
its gates is deployed as shadow automatically; a promotion to challenger or champion needs two people. Drift
without error triggers no training: people investigate it.
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
from modelops.monitoring.performance_drift import calculate_drift
from modelops.monitoring.thresholds import get_threshold
from modelops.monitoring.windows import TrafficSlice
from modelops.sentences import TrainingSentence
from modelops.training import runs
from modelops.training.runs import TrainingBusyError

MIN_LABELS_WITH_DRIFT = 50
"""Minimum number of audited predictions for drift with a low accuracy estimate to trigger a training."""


@dataclass(frozen=True, slots=True)
class TrainingCondition:
    """A reason to train: the measured value, its threshold, whether it is met, a one-sentence summary."""

    name: str
    measured: float | None
    limit: float
    met: bool
    summary: str


def decide_training(
    now: datetime, parameters: dict[str, Any] | None = None, routine: bool = False
) -> TrainingDecision:
    """Decide whether to train now, store the decision with its reasons, and queue a run if it is positive.

    ``routine`` marks the daily decision, the only one that trains because of elapsed time. The caller sends
    the run to a worker after the commit. Raises ``LookupError`` if no model is live.
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
            should_train=run is not None,
            reason=_format_reason(met, obstacles)[:300],
            conditions=[asdict(condition) for condition in conditions],
            obstacles=obstacles,
            run=run,
        )
        if run:
            trail.record_event("training.decided", row, None, reason=row.reason)
    return row


def deploy_candidate_as_shadow(run: TrainingRun) -> Deployment | None:
    """Deploy the candidate of an automatic run as shadow if its gates are green; return the deployment.

    Returns ``None`` for a run that a person requested and for a refused candidate, which raises an alert.
    """
    if run.model is None or not run.decisions.exists():
        return None
    freeze_references(run.model, run.created_at)
    try:
        return deploy_shadow(run.model, TrainingSentence.SHADOWED.format(sentence=run.trigger))
    except PromotionError as refusal:
        raise_alert("candidate_refused", str(run.model.version), f"{run.model}: {refusal}")
        return None


def freeze_references(model: ModelVersion, now: datetime) -> list[Reference]:
    """Store the reference distribution of a new version over last week's traffic, by profile and kind."""
    recent = HourlyCount.objects.filter(hour__gt=now - WEEK).order_by().values_list("profile", "kind")
    return [
        hourly_counts.get_reference(TrafficSlice(model, profile, kind))
        for profile, kind in sorted(set(recent))
    ]


def _get_champion() -> ModelVersion:
    champions = list_champions()
    if not champions:
        raise LookupError("no model has been made live")
    return champions[0]


def _evaluate_conditions(model: ModelVersion, now: datetime, routine: bool) -> list[TrainingCondition]:
    performance = estimate_performance(model, now)
    waiting = Feedback.objects.waiting_for_training().count()
    return [
        *(_check_performance(name, estimate) for name, estimate in performance.to_dict().items()),
        _check_label_count(waiting),
        _check_elapsed_time(model, now, waiting, routine),
        _check_performance_drift(model, performance),
        _check_drift(now, performance),
    ]


def _check_performance(name: str, estimate: AnytimeEstimate) -> TrainingCondition:
    threshold = get_threshold(name)
    if not estimate.n:
        return TrainingCondition(name, None, threshold, False, TrainingSentence.NOT_AUDITED.value)
    met = estimate.is_below(threshold)
    sentence = TrainingSentence.AUDITED.format(
        share=estimate.value, n=estimate.n, low=estimate.low, high=estimate.high
    )
    return TrainingCondition(name, estimate.value, threshold, met, sentence)


def _check_label_count(waiting: int) -> TrainingCondition:
    threshold = get_threshold("feedback")
    sentence = TrainingSentence.WAITING_LABELS.format(n=waiting)
    return TrainingCondition("feedback", waiting, threshold, waiting >= threshold, sentence)


def _check_elapsed_time(model: ModelVersion, now: datetime, waiting: int, routine: bool) -> TrainingCondition:
    last = TrainingRun.objects.filter(status=RunStatus.SUCCEEDED).order_by("-created_at").first()
    start = last.created_at if last else model.created_at
    days, threshold = (now - start) / DAY, get_threshold("elapsed_days")
    sentence = TrainingSentence.ELAPSED.format(days=days, n=waiting)
    return TrainingCondition(
        "elapsed", round(days, 2), threshold, routine and waiting > 0 and days >= threshold, sentence
    )


def _check_performance_drift(model: ModelVersion, performance: PerformanceEstimate) -> TrainingCondition:
    """Return the condition on the largest loss since training, which must be beyond chance to be met."""
    threshold = get_threshold("performance_drift")
    drifts = calculate_drift(model.metrics, performance)
    if not drifts:
        reason = TrainingSentence.NO_BASELINE.value
        return TrainingCondition("performance_drift", None, threshold, False, reason)
    worst = max(drifts, key=lambda drift: drift.sure_loss)
    current = worst.current
    sentence = TrainingSentence.LOSS.format(
        figure=worst.name, share=current.value, n=current.n, high=current.high, baseline=worst.baseline
    )
    met = worst.exceeds(threshold)
    return TrainingCondition("performance_drift", round(worst.score, 4), threshold, met, sentence)


def _check_drift(now: datetime, performance: PerformanceEstimate) -> TrainingCondition:
    """Return the drift condition, which is met only if the accuracy estimate is also below its threshold.

    The point estimate is compared, not its confidence bound. Accuracy is measured on single comparison
    requests, so only their drift can be the cause.
    """
    newest = DriftReport.objects.filter(
        drifted=True, source=TrafficSource.SINGLE, end__gt=now - DAY, end__lte=now
    )
    worst = max(newest.values_list("largest_psi", flat=True), default=0.0)
    accuracy = performance.accuracy
    inaccurate = accuracy.n >= MIN_LABELS_WITH_DRIFT and accuracy.value < get_threshold("accuracy")
    met = worst > get_threshold("drift") and inaccurate
    found = TrainingSentence.DRIFT if inaccurate else TrainingSentence.HARMLESS_DRIFT
    sentence = (found if worst else TrainingSentence.NO_DRIFT).format(psi=worst)
    return TrainingCondition("drift", round(worst, 4), get_threshold("drift"), met, sentence)


def _find_obstacles(now: datetime) -> list[str]:
    obstacles = []
    if TrainingRun.objects.unfinished().exists():
        obstacles.append(TrainingSentence.UNFINISHED.value)
    positive = TrainingDecision.objects.filter(should_train=True)
    last = TrainingRun.objects.exclude(status=RunStatus.CANCELLED).order_by("-created_at").first()
    times = [last.created_at if last else None, _get_latest_time(positive)]
    newest = max((time for time in times if time), default=None)
    hours = get_threshold("cooldown_hours")
    if newest and now - newest < timedelta(hours=hours):
        obstacles.append(TrainingSentence.COOLDOWN.format(hours=hours))
    budget = get_threshold("budget_per_week")
    if positive.filter(at__gt=now - WEEK, at__lte=now).count() >= budget:
        obstacles.append(TrainingSentence.BUDGET.format(budget=budget))
    if not Feedback.objects.waiting_for_training().exists():
        obstacles.append(TrainingSentence.NO_LABEL.value)
    return obstacles


def _get_latest_time(begun: Any) -> datetime | None:
    newest: datetime | None = begun.order_by("-at").values_list("at", flat=True).first()
    return newest


def _request_run(
    met: list[TrainingCondition], parameters: dict[str, Any], obstacles: list[str]
) -> TrainingRun | None:
    try:
        with transaction.atomic():
            names = ", ".join([condition.name for condition in met])
            return runs.queue_run(TrainingSentence.AUTOMATIC.format(conditions=names), None, parameters)
    except TrainingBusyError as busy:
        obstacles.append(str(busy))
        return None


def _format_reason(met: list[TrainingCondition], obstacles: list[str]) -> str:
    if not met:
        return TrainingSentence.NO_CONDITION.value
    reasons = [TrainingSentence.CONDITION.format(condition=row.name, sentence=row.summary) for row in met]
    sentence = TrainingSentence.OBSTRUCTED if obstacles else TrainingSentence.DECIDED
    return sentence.format(obstacle_sentences="; ".join(obstacles), condition_sentences="; ".join(reasons))
