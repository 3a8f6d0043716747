"""Queries of the dashboard across the apps; each is bounded by a period or by an index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Count, Min, Q

from feedback.models import Feedback, ReviewItem
from matching.models import Prediction, VerdictChoice
from modelops.models import (
    Alert,
    Deployment,
    DriftReport,
    HourlyCount,
    PromotionRequest,
    TrafficSource,
    TrainingRun,
)


@dataclass(frozen=True)
class PredictionCounts:
    """Predictions of a period: by verdict, and from the cache."""

    verdicts: Mapping[str, int]
    cached_count: int

    @property
    def total(self) -> int:
        """Number of all predictions."""
        return sum(self.verdicts.values())

    def share(self, verdict: str) -> float:
        """Return the share of a verdict in [0, 1]; 0 without predictions."""
        return self.verdicts.get(verdict, 0) / self.total if self.total else 0.0

    @property
    def cached_share(self) -> float:
        """Share from the cache in [0, 1]; 0 without predictions."""
        return self.cached_count / self.total if self.total else 0.0


@dataclass(frozen=True)
class QueueSummary:
    """Open items of the review queue: number by stream, and the time of the oldest."""

    stream_counts: Mapping[str, int]
    oldest_at: datetime | None

    @property
    def total(self) -> int:
        """Number of all open items."""
        return sum(self.stream_counts.values())


def count_predictions(since: datetime) -> PredictionCounts:
    """Return the predictions since a moment."""
    rows = Prediction.objects.filter(created_at__gte=since).order_by().values("verdict")
    counted = list(rows.annotate(n=Count("pk"), from_cache=Count("pk", filter=Q(cached=True))))
    verdicts = dict.fromkeys(VerdictChoice.values, 0) | {row["verdict"]: row["n"] for row in counted}
    return PredictionCounts(verdicts, sum(row["from_cache"] for row in counted))


@dataclass(frozen=True)
class DailyCounts:
    """Predictions of one day by verdict."""

    day: date
    verdicts: Mapping[str, int]


def list_daily_counts(first: date, last: date) -> list[DailyCounts]:
    """Return the predictions of every day from ``first`` to ``last``, from the hourly counts.

    Predictions of the last day that no hourly count covers yet are counted from their rows.
    """
    counts_by_day = {first + timedelta(days=at): Counter[str]() for at in range((last - first).days + 1)}
    begin, end = (datetime.combine(day, time.min, UTC) for day in (first, last + timedelta(days=1)))
    rows = HourlyCount.objects.filter(source=TrafficSource.SINGLE, hour__gte=begin, hour__lt=end).order_by()
    columns = ("hour", "counts__verdict", "reference__binning__labels__verdict")
    counted = end - timedelta(days=1)
    for hour, counts, labels in rows.values_list(*columns).iterator():
        counts_by_day[hour.date()].update(dict(zip(labels, counts, strict=True)))
        counted = max(counted, hour + timedelta(hours=1))
    counts_by_day[last].update(count_predictions(counted).verdicts)
    return [
        DailyCounts(day, {name: counts[name] for name in VerdictChoice.values})
        for day, counts in counts_by_day.items()
    ]


def list_firing_alerts() -> list[Alert]:
    """Return firing alerts, newest first; at most 20."""
    return list(Alert.objects.firing()[:20])


def count_drifted(since: datetime) -> int:
    """Return how many daily reports since a moment found drift."""
    return DriftReport.objects.filter(end__gte=since, span=DriftReport.Span.DAY, drifted=True).count()


def summarise_queue() -> QueueSummary:
    """Return the summary of the open review queue."""
    rows = ReviewItem.objects.open().order_by().values("stream")
    counted = list(rows.annotate(n=Count("pk"), oldest=Min("created_at")))
    streams = {row["stream"]: row["n"] for row in counted}
    return QueueSummary(streams, min((row["oldest"] for row in counted), default=None))


def count_waiting_labels() -> int:
    """Return how many labels no training run has used yet."""
    return Feedback.objects.for_training().pending().count()


def list_live_deployments() -> list[Deployment]:
    """Return the live deployments by profile and role."""
    return list(Deployment.objects.live().order_by("profile", "role"))


def count_open_requests() -> int:
    """Return how many promotion requests are open."""
    return PromotionRequest.objects.filter(closed_at=None).count()


def get_last_training() -> TrainingRun | None:
    """Return the newest training run."""
    return TrainingRun.objects.select_related("model").first()
