"""Prometheus metrics of the whole installation, read from its stores when they are asked for.

Every web program shows the same values, so rules and dashboards take the maximum of a metric over them. Each
query is bounded by what is open, live or recent: none grows with history.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import orjson
import redis
import structlog
from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, F, Max, Min, Sum
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from feedback.models import ReviewItem
from matching.models import BatchJob
from modelops.alert_rules import ALERT_RULES
from modelops.alerting import heartbeats
from modelops.models import (
    Alert,
    Deployment,
    DriftReport,
    Heartbeat,
    ModelMetric,
    ModelVersion,
    RunStatus,
    ServingProcess,
    ServingRole,
)
from modelops.monitoring.thresholds import get_threshold

QUEUES = sorted({route["queue"] for route in settings.CELERY_TASK_ROUTES.values()} | {"default"})
_RECENT = timedelta(days=2)
"""Figures of models and reports of drift that are older are not shown."""

_STATES = ("current", "behind")
_BASES = {
    "labelled": "labelled",
    "labelled, at least": "labelled_at_least",
    "labelled, at most": "labelled_at_most",
    "estimated": "estimated",
}
"""What a figure of a model rests on, by its name in the table and in the label."""

Values = Mapping[tuple[str, ...], float]

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class InstallationMetric:
    """One gauge: its name, meaning and labels, and the function that reads its values now."""

    name: str
    meaning: str
    labels: tuple[str, ...]
    read: Callable[[datetime], Values]

    def build_family(self) -> GaugeMetricFamily:
        """Return the metric without values."""
        return GaugeMetricFamily(self.name, self.meaning, labels=self.labels)


class InstallationCollector(Collector):
    """Reads every metric; one whose store does not respond is left out, and that is shown too."""

    def describe(self) -> Iterable[Metric]:
        """Return the metrics without values."""
        return [*(metric.build_family() for metric in METRICS), _build_unreadable_family()]

    def collect(self) -> Iterable[Metric]:
        """Return the metrics with their values now."""
        now, unreadable, families = timezone.now(), 0, []
        for metric in METRICS:
            family = metric.build_family()
            try:
                for labels, value in metric.read(now).items():
                    family.add_metric(labels, value)
            except (DatabaseError, redis.RedisError) as error:
                log.warning("metric_unreadable", metric=metric.name, error=type(error).__name__)
                unreadable += 1
            families.append(family)
        missing = _build_unreadable_family()
        missing.add_metric((), unreadable)
        return [*families, missing]


def _build_unreadable_family() -> GaugeMetricFamily:
    return GaugeMetricFamily("lnc_metrics_unreadable", "Metrics of the installation that could not be read.")


def _get_broker() -> redis.Redis:
    return redis.Redis.from_url(settings.CELERY_BROKER_URL, socket_timeout=1, socket_connect_timeout=1)


def _read_queue_lengths(_now: datetime) -> Values:
    with _get_broker() as broker, broker.pipeline(transaction=False) as pipeline:
        for queue in QUEUES:
            pipeline.llen(queue)
        return {(queue,): float(length) for queue, length in zip(QUEUES, pipeline.execute(), strict=True)}


def _read_queue_ages(_now: datetime) -> Values:
    """Return the age of the message that is taken next, which is the oldest; 0 for an empty queue."""
    with _get_broker() as broker, broker.pipeline(transaction=False) as pipeline:
        for queue in QUEUES:
            pipeline.lindex(queue, -1)
        return {(queue,): _read_age(text) for queue, text in zip(QUEUES, pipeline.execute(), strict=True)}


def _read_age(message: bytes | None) -> float:
    if message is None:
        return 0.0
    sent: float = orjson.loads(message)["headers"].get("sent_at") or time.time()
    return max(0.0, time.time() - sent)


def _count_jobs(_now: datetime) -> Values:
    counts = dict(BatchJob.objects.unfinished().order_by().values_list("status").annotate(n=Count("pk")))
    return {(status,): float(counts.get(status, 0)) for status in (RunStatus.QUEUED, RunStatus.RUNNING)}


def _count_waiting_rows(_now: datetime) -> Values:
    waiting = BatchJob.objects.unfinished().aggregate(n=Sum(F("rows_total") - F("rows_done")))["n"]
    return {(): float(waiting or 0)}


def _read_job_silence(now: datetime) -> Values:
    """Return for how long the unfinished job that was served longest ago has not advanced."""
    served = Greatest(Coalesce("served_at", "created_at"), Coalesce("leased_until", "created_at"))
    oldest = BatchJob.objects.unfinished().aggregate(at=Min(served))["at"]
    return {(): _measure_seconds(oldest, now)}


def _summarise_reviews(_now: datetime) -> list[tuple[str, int, datetime]]:
    open_items = ReviewItem.objects.filter(state__in=[ReviewItem.State.OPEN, ReviewItem.State.CLAIMED])
    counted = open_items.order_by().values_list("stream").annotate(n=Count("pk"), oldest=Min("created_at"))
    return list(counted)


def _count_reviews(now: datetime) -> Values:
    return {(stream,): float(count) for stream, count, _ in _summarise_reviews(now)}


def _read_review_age(now: datetime) -> Values:
    return {(): max((_measure_seconds(at, now) for _, _, at in _summarise_reviews(now)), default=0.0)}


def _read_last_decision(_now: datetime) -> Values:
    newest = ReviewItem.objects.filter(done_at__isnull=False).aggregate(at=Max("done_at"))["at"]
    return {(): newest.timestamp()} if newest else {}


def _count_alerts(_now: datetime) -> Values:
    counts = dict(Alert.objects.firing().order_by().values_list("rule").annotate(n=Count("pk")))
    return {(rule, ALERT_RULES[rule].severity): float(counts.get(rule, 0)) for rule in ALERT_RULES}


def _read_silences(now: datetime) -> Values:
    return {(part.name,): _measure_seconds(part.silent_since, now) for part in heartbeats.list_components()}


def _read_backup(_now: datetime) -> Values:
    at = Heartbeat.objects.filter(name=heartbeats.BACKUP).values_list("at", flat=True).first()
    return {(): at.timestamp()} if at else {}


def _read_generation(_now: datetime) -> Values:
    newest = Deployment.objects.live().aggregate(newest=Max("generation"))["newest"]
    return {(): float(newest or 0)}


def _count_processes(now: datetime) -> Values:
    """Return how many processes that answer are on the newest generation, and how many are not."""
    kinds = ServingProcess.Kind.values
    counts: dict[tuple[str, ...], float] = {(kind, state): 0.0 for kind in kinds for state in _STATES}
    newest = _read_generation(now)[()]
    for kind, generation in ServingProcess.objects.alive(now).values_list("kind", "generation"):
        counts[kind, _STATES[generation < newest]] += 1
    return counts


def _list_champions() -> list[ModelVersion]:
    live = Deployment.objects.live().filter(role=ServingRole.CHAMPION)
    return list(ModelVersion.objects.filter(deployments__in=live).distinct().only("version"))


def _read_figures(figure: str, now: datetime) -> Values:
    """Return the newest value of a figure of each champion, by what it rests on."""
    values: dict[tuple[str, ...], float] = {}
    for model in _list_champions():
        for basis, label in _BASES.items():
            rows = ModelMetric.objects.filter(model=model, metric_name=f"{figure} ({basis})", slice="")
            newest = rows.filter(recorded_at__gte=now - _RECENT).order_by("-recorded_at").first()
            if newest:
                window = "last_hour" if label == "estimated" else "newest_labels"
                values[model.version, label, window] = float(newest.metric_value)
    return values


def _read_drift(now: datetime) -> Values:
    """Return the largest PSI of each champion's newest hourly and daily reports."""
    series = ("model__version", "profile", "kind", "source", "span")
    reports = DriftReport.objects.filter(model__in=_list_champions(), end__gte=now - _RECENT)
    newest = reports.order_by(*series, "-end").distinct(*series).values_list(*series, "largest_psi")
    return {labels: psi for *labels, psi in newest for labels in [tuple(labels)]}


def _read_thresholds(_now: datetime) -> Values:
    return {(name,): get_threshold(name) for name in ("accuracy", "precision", "recall", "drift")}


def _measure_seconds(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0


_MODEL_LABELS = ("model_version", "basis", "window")
METRICS = (
    InstallationMetric("lnc_queue_length", "Messages that wait in a queue.", ("queue",), _read_queue_lengths),
    InstallationMetric(
        "lnc_queue_age_seconds", "Age of the oldest message of a queue.", ("queue",), _read_queue_ages
    ),
    InstallationMetric("lnc_jobs", "Unfinished bulk jobs.", ("status",), _count_jobs),
    InstallationMetric(
        "lnc_job_rows_waiting", "Rows of bulk jobs not compared yet.", (), _count_waiting_rows
    ),
    InstallationMetric(
        "lnc_job_silence_seconds",
        "Longest time since an unfinished bulk job advanced.",
        (),
        _read_job_silence,
    ),
    InstallationMetric("lnc_review_items", "Open items of the review queue.", ("stream",), _count_reviews),
    InstallationMetric(
        "lnc_review_age_seconds", "Age of the oldest open item of the review queue.", (), _read_review_age
    ),
    InstallationMetric(
        "lnc_review_last_decision_timestamp_seconds",
        "Time of the newest review decision.",
        (),
        _read_last_decision,
    ),
    InstallationMetric("lnc_alerts_firing", "Firing alerts.", ("rule", "severity"), _count_alerts),
    InstallationMetric(
        "lnc_silence_seconds",
        "Silence of a background component; of the sealer, the age of the oldest unsealed audit event.",
        ("component",),
        _read_silences,
    ),
    InstallationMetric("lnc_backup_timestamp_seconds", "Time of the newest backup.", (), _read_backup),
    InstallationMetric("lnc_live_generation", "Newest generation of live models.", (), _read_generation),
    InstallationMetric(
        "lnc_serving_processes",
        "Processes that answer, by whether they serve it.",
        ("kind", "state"),
        _count_processes,
    ),
    *(
        InstallationMetric(
            f"lnc_model_{figure}_ratio",
            f"{figure.capitalize()} of each champion.",
            _MODEL_LABELS,
            partial(_read_figures, figure),
        )
        for figure in ("accuracy", "precision", "recall")
    ),
    InstallationMetric(
        "lnc_model_drift_psi",
        "Largest population stability index of the newest report of drift.",
        ("model_version", "profile", "kind", "source", "window"),
        _read_drift,
    ),
    InstallationMetric("lnc_threshold", "Thresholds that people set.", ("name",), _read_thresholds),
)
"""All metrics of the installation."""
