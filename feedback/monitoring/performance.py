"""Hourly and daily monitoring of live models: counts, drift, accuracy, alerts.

Each run covers one closed window and can be repeated: it replaces the rows written before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Avg, Count, F, Min, Q
from django.db.models.functions import Greatest

from feedback.models import Feedback, FeedbackQuerySet
from matching.models import Prediction, ReviewStream, VerdictChoice
from matching.monitoring import hourly_counts
from modelops.alerting.alerts import record_observation
from modelops.models import (
    Alert,
    Deployment,
    HourlyCount,
    ModelMetric,
    ModelVersion,
    ServingRole,
    TrafficSource,
)
from modelops.monitoring import reporting
from modelops.monitoring.confidence_sequences import (
    AuditedLabel,
    PerformanceEstimate,
    compute_performance,
    compute_restart_delta,
)
from modelops.monitoring.performance_drift import calculate_drift
from modelops.monitoring.reporting import HOUR
from modelops.monitoring.thresholds import get_threshold
from modelops.monitoring.windows import TrafficSlice, get_slice

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
SEQUENCE_LENGTH = 200
"""Labels after which a new sequence begins."""

MIN_ANSWERS_FOR_ESTIMATE = 200
"""Minimum number of predictions for an alert on an estimate without labels."""

HISTOGRAM_RETENTION = timedelta(days=100)
"""How long hourly histograms are kept; reports and measured figures stay."""

_STORE_DELAY = timedelta(minutes=2)
_MIN_AUDIT_SAMPLE = 30
_MIN_REVIEWED_SHARE = 0.2
_LIKELIHOOD = Greatest(F("material_probability"), 1 - F("material_probability"))
"""Probability of the likelier answer, of reviews too."""
"""Minimum reviewed share of a week's audit sample, if the sample has at least ``_MIN_AUDIT_SAMPLE`` items."""


@dataclass(frozen=True)
class MonitoringSummary:
    """Result of one monitoring run: slices counted, drift reports written, those that drifted."""

    counted: int
    reports: int
    drifted: int


def monitor_hour(hour: datetime) -> MonitoringSummary:
    """Monitor the hour from ``hour``, which must be over."""
    counted = hourly_counts.count_hour(hour)
    end = hour + HOUR
    reports = [reporting.report_hours(get_slice(row), end, count_reviewed) for row in counted]
    models = list_champions()
    for model in models:
        store_metrics(model, f"{hour:%Y-%m-%dT%H}", hour, end)
    _resolve_stale_alerts(
        {str(model.version) for model in models} | {str(row.model.version) for row in counted}
    )
    return _build_summary(counted, reports)


def monitor_day(day: datetime) -> MonitoringSummary:
    """Monitor the 24 hours from ``day``, which must be over."""
    end = day + DAY
    rows = HourlyCount.objects.filter(hour__gte=day, hour__lt=end).select_related("model")
    slices = {str(of): of for of in map(get_slice, rows)}
    reports = [reporting.report_day(of, end, count_reviewed) for of in slices.values()]
    for model in list_champions():
        store_metrics(model, f"{day:%Y-%m-%d}", day, end)
    _observe_audit_coverage(end)
    HourlyCount.objects.filter(hour__lt=day - HISTOGRAM_RETENTION).delete()
    hourly_counts.delete_old_samples(end)
    return _build_summary(slices, reports)


def list_open_hours(now: datetime) -> list[datetime]:
    """Return the closed hours of the last day that can be monitored, oldest first.

    Hours before the first deployment are left out. An hour is ready two minutes after its end, when its
    predictions are stored.
    """
    began = Deployment.objects.aggregate(first=Min("at"))["first"]
    if began is None:
        return []
    last = (now - _STORE_DELAY).replace(minute=0, second=0, microsecond=0) - HOUR
    hours = [last - number * HOUR for number in range(24)]
    return [hour for hour in reversed(hours) if hour + HOUR > began]


def list_champions() -> list[ModelVersion]:
    """Return the versions that are champion of some profile now."""
    live = Deployment.objects.live().filter(role=ServingRole.CHAMPION)
    return list(ModelVersion.objects.filter(deployments__in=live).distinct())


def count_reviewed(of: TrafficSlice, start: datetime, end: datetime) -> tuple[int, int]:
    """Return how many predictions of a slice in a period were reviewed, and how many of them were wrong.

    Rows of bulk jobs are not stored as predictions, so they are never reviewed.
    """
    if of.source == TrafficSource.BULK:
        return 0, 0
    rows = Feedback.objects.by_reviewers().filter(
        prediction__model=of.model,
        prediction__profile=of.profile,
        prediction__kind=of.kind,
        prediction__created_at__gte=start,
        prediction__created_at__lt=end,
        user_correction__isnull=False,
    )
    wrong = Count("prediction", distinct=True, filter=~Q(user_correction=F("prediction__prediction")))
    counts = rows.aggregate(n=Count("prediction", distinct=True), wrong=wrong)
    return counts["n"], counts["wrong"]


def estimate_performance(
    model: ModelVersion, now: datetime, profile: str = "", share: float = 1.0
) -> PerformanceEstimate:
    """Estimate the performance of a version from its newest random-audit labels, 200 to 400 once available.

    ``profile`` restricts the estimate to one profile; ``share`` is the part of the error probability that it
    may spend. A new sequence begins every 200 labels and is used from the next one on. Each spends its own
    part of the error, so hourly checks stay valid over years and old labels do not hide a recent drop.
    """
    rows = _select_audit_labels(model, now)
    rows = rows.filter(prediction__profile=profile) if profile else rows
    blocks = rows.count() // SEQUENCE_LENGTH
    columns = ("prediction__prediction", "user_correction", "prediction__selection_probability")
    newest = rows.order_by("created_at", "pk").values_list(*columns)[max(0, blocks - 1) * SEQUENCE_LENGTH :]
    labels = (AuditedLabel(predicted, bool(label), chance or 1.0) for predicted, label, chance in newest)
    return compute_performance(labels, compute_restart_delta(blocks + 1) * share)


def estimate_by_profile(model: ModelVersion, now: datetime) -> dict[str, PerformanceEstimate]:
    """Estimate performance for each profile with audit labels; the profiles share the error probability."""
    names = sorted(
        set(_select_audit_labels(model, now).order_by().values_list("prediction__profile", flat=True))
    )
    return {name: estimate_performance(model, now, name, 1 / len(names)) for name in names}


@transaction.atomic
def store_metrics(model: ModelVersion, window: str, start: datetime, end: datetime) -> list[ModelMetric]:
    """Write the metrics of a version in a window to ``model_metrics`` and update the alerts on low values."""
    estimates = {"": estimate_performance(model, end), **estimate_by_profile(model, end)}
    answers = list(_generate_answer_metrics(model, start, end))
    rows = [("", *row) for row in answers]
    rows += [
        (profile, *row)
        for profile, estimate in estimates.items()
        for row in _generate_label_metrics(estimate)
    ]
    rows += [("", *row) for row in _generate_drift_metrics(model, estimates[""])]
    ModelMetric.objects.filter(model=model, window=window).delete()
    stored = [
        ModelMetric(
            model=model,
            metric_name=name,
            metric_value=Decimal(f"{value:.6f}"),
            n=n,
            window=window,
            slice=profile,
            recorded_at=end,
        )
        for profile, name, value, n in rows
    ]
    ModelMetric.objects.bulk_create(stored)
    for profile, estimate in estimates.items():
        _observe_performance(f"{model.version}, {profile}" if profile else str(model.version), estimate)
    _observe_estimate(model, answers)
    return stored


def _select_audit_labels(model: ModelVersion, now: datetime) -> FeedbackQuerySet:
    return Feedback.objects.audit_labels().filter(prediction__model=model, created_at__lte=now)


def _generate_label_metrics(performance: PerformanceEstimate) -> Iterable[tuple[str, float, int]]:
    for name, estimate in performance.to_dict().items():
        if estimate.n:
            yield f"{name} (labelled)", estimate.value, estimate.n
            yield f"{name} (labelled, at least)", estimate.low, estimate.n
            yield f"{name} (labelled, at most)", estimate.high, estimate.n


def _generate_drift_metrics(
    model: ModelVersion, performance: PerformanceEstimate
) -> Iterable[tuple[str, float, int]]:
    """Yield the loss of each metric since training; a gain is negative."""
    for drift in calculate_drift(model.metrics, performance):
        yield f"{drift.name} (loss since training)", drift.score, drift.current.n


def _generate_answer_metrics(
    model: ModelVersion, start: datetime, end: datetime
) -> Iterable[tuple[str, float, int]]:
    """Yield the metrics that need no labels; mean likelihood estimates accuracy if scores are calibrated."""
    answers = Prediction.objects.filter(model=model, created_at__gte=start, created_at__lt=end).order_by()
    counts = answers.aggregate(
        n=Count("pk"),
        sure=Avg(_LIKELIHOOD),
        review=Count("pk", filter=Q(verdict=VerdictChoice.REVIEW)),
        material=Count("pk", filter=Q(prediction=True)),
    )
    if counts["n"]:
        yield "accuracy (estimated)", float(counts["sure"]), counts["n"]
        yield "review share", counts["review"] / counts["n"], counts["n"]
        yield "material share", counts["material"] / counts["n"], counts["n"]


def _observe_performance(scope: str, performance: PerformanceEstimate) -> None:
    for name, estimate in performance.to_dict().items():
        if estimate.n:
            allowed = get_threshold(name)
            what = (
                f"{estimate.n} audited answers say {estimate.value:.1%}, at most {estimate.high:.1%}; "
                f"the threshold is {allowed:.0%}."
            )
            record_observation(f"{name}_low", scope, estimate.is_below(allowed), what)


def _observe_estimate(model: ModelVersion, answers: Iterable[tuple[str, float, int]]) -> None:
    for name, value, n in answers:
        if name == "accuracy (estimated)" and n >= MIN_ANSWERS_FOR_ESTIMATE:
            what = f"Estimated without labels: {value:.1%} over {n:,} answers."
            record_observation("estimate_low", str(model.version), value < get_threshold("accuracy"), what)


def _observe_audit_coverage(now: datetime) -> None:
    """Update the alert on an audit sample that too few reviewers have worked on."""
    picked = Prediction.objects.filter(
        stream=ReviewStream.AUDIT, created_at__gte=now - WEEK, created_at__lt=now
    )
    n = picked.count()
    done = (
        Feedback.objects.by_reviewers().filter(prediction__in=picked).values("prediction").distinct().count()
    )
    failing = n >= _MIN_AUDIT_SAMPLE and done < _MIN_REVIEWED_SHARE * n
    what = f"{done:,} of {n:,} random answers of the last seven days were reviewed."
    record_observation("labels_missing", "", failing, what)


def _resolve_stale_alerts(answering: set[str]) -> None:
    """Resolve alerts on versions that no longer serve: no other check observes them."""
    rules = ("drift", "estimate_low", "accuracy_low", "precision_low", "recall_low")
    for rule, scope in Alert.objects.open().filter(rule__in=rules).values_list("rule", "scope"):
        if scope.split(",")[0] not in answering:
            record_observation(rule, scope, failing=False)


def _build_summary(counted: Any, reports: Iterable[Any]) -> MonitoringSummary:
    written = [report for report in reports if report is not None]
    return MonitoringSummary(len(counted), len(written), sum(report.drifted for report in written))
