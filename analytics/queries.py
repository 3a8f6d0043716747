"""Queries of the overview across the apps; each is bounded by a period or by an index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from feedback.models import Feedback, ReviewItem
from modelops.models import Alert, Deployment, DriftReport, TrainingRun


@dataclass(frozen=True)
class QueueSummary:
    """Open items of the review queue: number by stream, and the time of the oldest."""

    stream_counts: Mapping[str, int]
    oldest_at: datetime | None

    @property
    def total(self) -> int:
        """Number of all open items."""
        return sum(self.stream_counts.values())


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


def get_last_training() -> TrainingRun | None:
    """Return the newest training run."""
    return TrainingRun.objects.select_related("model").first()
